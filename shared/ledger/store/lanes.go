package store

import (
	"io"
	"math/bits"
	"slices"
	"sync"
	"time"

	"giberno.ru/shared/ledger"
)

// lane is a shard as a poster knows it. What is known may be stale: the write asks the table.
type lane struct {
	ours  bool // it wrote there last, and met nobody
	met   bool // but met somebody since, perhaps only passing by
	known bool
	open  ledger.Day
	count int64
	last  time.Time
}

// lanes are the shards as one poster sees them. Whoever writes keeps to the shard that he wrote to before, so that after a
// few conflicts every poster has shards of his own; and its goroutines never take the same one.
type lanes struct {
	mu     sync.Mutex
	random io.Reader
	books  map[ledger.Book]*bookLanes
}

type bookLanes struct {
	busy  uint16 // one bit for each shard
	lanes [Shards]lane
}

// maxBooks is how many books a poster remembers. What is forgotten costs one read.
const maxBooks = 4096

// take gives a shard that is known for one write, one of ours first, and not one of avoid. Its field ours says that it is, or
// will be if nobody is met there, for all of ours are busy.
func (l *lanes) take(b ledger.Book, avoid uint16) (n int, is lane, found bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	book := l.book(b)
	owned, known := book.sets()
	free := known &^ book.busy &^ avoid
	if free&owned != 0 {
		free &= owned
	}
	if free == 0 {
		return 0, lane{}, false, nil
	}
	n, is, err = l.pick(book, free)
	return n, is, true, err
}

// claim gives a shard of a book that was just read: one of ours first, else one that nobody seems to write to. If all are
// taken, any will do.
func (l *lanes) claim(b ledger.Book, avoid uint16, all shards, now time.Time) (n int, is lane, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	book := l.book(b)
	owned, _ := book.sets()
	free := ^book.busy &^ avoid
	if free == 0 {
		free = ^uint16(0)
	}
	if free&owned != 0 {
		free &= owned
	} else {
		free = all.idle(free, now)
	}
	n, is, err = l.pick(book, free)
	is.known, is.open, is.count, is.last = true, all[n].open, all[n].count, all[n].last
	return n, is, err
}

// pick takes one of a set by chance.
func (l *lanes) pick(book *bookLanes, set uint16) (n int, is lane, err error) {
	var chance [1]byte
	if _, err := io.ReadFull(l.random, chance[:]); err != nil {
		return 0, lane{}, err
	}
	owned, _ := book.sets()
	n = nth(set, int(chance[0])%bits.OnesCount16(set))
	is = book.lanes[n]
	is.ours = is.ours || owned&^book.busy == 0
	book.busy |= 1 << n
	return n, is, nil
}

// A shard is idle when nobody has written to it for so long; if none is, those that were left longest will do.
const (
	idleAfter = 2 * time.Second
	leftMost  = 4
)

// idle narrows a set of shards to those that nobody seems to write to.
func (all shards) idle(free uint16, now time.Time) (set uint16) {
	var some shards
	for _, s := range all {
		if free&(1<<s.n) == 0 {
			continue
		}
		some = append(some, s)
		if now.Sub(s.last) >= idleAfter {
			set |= 1 << s.n
		}
	}
	if set != 0 {
		return set
	}
	slices.SortStableFunc(some, func(x, y shard) int { return x.last.Compare(y.last) })
	for i, s := range some {
		if i < leftMost || s.last.Equal(some[0].last) {
			set |= 1 << s.n
		}
	}
	return set
}

// sets are the shards that are ours and those that are known, a bit for each.
func (b *bookLanes) sets() (owned, known uint16) {
	for i, is := range b.lanes {
		if is.ours {
			owned |= 1 << i
		}
		if is.known {
			known |= 1 << i
		}
	}
	return owned, known
}

// nth is the place of the i-th bit that is set.
func nth(set uint16, i int) int {
	for ; i > 0; i-- {
		set &= set - 1
	}
	return bits.TrailingZeros16(set)
}

// put gives a shard back with what is known of it now.
func (l *lanes) put(b ledger.Book, n int, is lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	book := l.book(b)
	book.busy &^= 1 << n
	book.lanes[n] = is
}

// forget drops what is known of a book's shards, but not whose they are: its day was closed.
func (l *lanes) forget(b ledger.Book) {
	l.mu.Lock()
	defer l.mu.Unlock()
	book := l.book(b)
	for i := range book.lanes {
		book.lanes[i] = lane{ours: book.lanes[i].ours}
	}
}

func (l *lanes) book(b ledger.Book) *bookLanes {
	book, known := l.books[b]
	if !known {
		if len(l.books) >= maxBooks {
			clear(l.books)
		}
		book = &bookLanes{}
		l.books[b] = book
	}
	return book
}
