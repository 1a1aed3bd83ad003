package store

import (
	"io"
	"math/bits"
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

// take gives a shard for one write, not one of avoid unless all others are taken: one of ours first, then one that is known,
// else any by chance. ours says that the shard is, or will be if nobody is met there, for all of ours are busy.
func (l *lanes) take(b ledger.Book, avoid uint16) (n int, is lane, ours bool, err error) {
	var chance [1]byte
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := io.ReadFull(l.random, chance[:]); err != nil {
		return 0, lane{}, false, err
	}
	book := l.book(b)
	owned, known := book.sets()
	free := ^book.busy &^ avoid
	if free == 0 {
		free = ^avoid
	}
	if free == 0 {
		free = ^uint16(0)
	}
	switch {
	case free&owned != 0:
		free &= owned
	case free&known != 0:
		free &= known
	}
	n = nth(free, int(chance[0])%bits.OnesCount16(free))
	ours = book.lanes[n].ours || owned&^book.busy == 0
	book.busy |= 1 << n
	return n, book.lanes[n], ours, nil
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
