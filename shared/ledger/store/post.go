package store

import (
	"context"
	"errors"
	"io"
	"time"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/table"
)

// MaxBatch is how many entries one transaction writes beside its shard.
const MaxBatch = table.MaxActions - 1

// maxTries is how many shards and days a batch is tried on before ErrBusy.
const maxTries = 24

// Poster writes entries into books. It is safe for many goroutines, and faster the longer it lives, for it remembers shards.
type Poster struct {
	store *Store
	clock clock.Clock
	lanes lanes
}

// NewPoster makes a poster. random picks shards; it is used by one goroutine at a time.
func (s *Store) NewPoster(c clock.Clock, random io.Reader) *Poster {
	return &Poster{store: s, clock: c, lanes: lanes{random: random, books: map[ledger.Book]*bookLanes{}}}
}

// Post writes entries of one book, each once, in transactions of up to MaxBatch; zone is the partner's, whose business day
// they fall into. The answer tells of each entry, in their order: nil, it is in the ledger, now or since before; an
// ErrEntry or ErrDiffers, it must not be; any other error, whether it is there is not known, and the same may be posted
// again. One round trip for a transaction on a shard that the poster knows.
func (p *Poster) Post(ctx context.Context, b ledger.Book, zone *time.Location, entries []ledger.Entry) []error {
	outcomes := make([]error, len(entries))
	var batch []ledger.Entry
	var at []int // where the batch's entries stand among all
	write := func() {
		for i, err := range p.batch(ctx, b, zone, batch) {
			outcomes[at[i]] = err
		}
		batch, at = nil, nil
	}
	first := make(map[string]int, len(entries))
	twice := map[int]int{}
	for i, e := range entries {
		e.At = e.At.UTC().Truncate(time.Millisecond)
		if err := e.Validate(); err != nil || e.Book != b {
			outcomes[i] = invalid(err)
			continue
		}
		if was, again := first[e.ID]; again {
			twice[i] = was
			continue
		}
		first[e.ID] = i
		batch, at = append(batch, e), append(at, i)
		if len(batch) == MaxBatch {
			write()
		}
	}
	write()
	for i, was := range twice {
		if outcomes[i] = outcomes[was]; outcomes[i] == nil && !entries[i].SameAs(entries[was]) {
			outcomes[i] = ErrDiffers
		}
	}
	return outcomes
}

func invalid(err error) error {
	if err != nil {
		return err
	}
	return ledger.ErrEntry.At("book", "it is another's")
}

// batch writes up to MaxBatch different entries, leaving out those that are there already.
func (p *Poster) batch(ctx context.Context, b ledger.Book, zone *time.Location, entries []ledger.Entry) []error {
	outcomes := make([]error, len(entries))
	left := make([]int, len(entries))
	for i := range left {
		left[i] = i
	}
	try := &attempt{Poster: p, book: b, zone: zone, entries: entries, outcomes: outcomes}
	for n := 0; len(left) > 0 && n < maxTries; n++ {
		var err error
		if left, err = try.write(ctx, left); err != nil {
			for _, i := range left {
				outcomes[i] = err
			}
			return outcomes
		}
	}
	for _, i := range left {
		outcomes[i] = ErrBusy
	}
	return outcomes
}

// attempt is the writing of one batch, through as many shards as it takes.
type attempt struct {
	*Poster
	book     ledger.Book
	zone     *time.Location
	entries  []ledger.Entry
	outcomes []error
	avoid    uint16 // shards that others are writing to at this moment
	shared   uint16 // shards that others have written to since they were read
}

// write tries one shard, and gives the entries that are left to write: none after success.
func (a *attempt) write(ctx context.Context, left []int) ([]int, error) {
	now := a.clock.Now().UTC().Truncate(time.Millisecond)
	today := ledger.DayOf(now, a.zone)
	n, is, err := a.lane(ctx, today, now)
	if err != nil {
		return left, err
	}
	next := lane{ours: is.ours} // what is known of the shard afterwards
	defer func() { a.lanes.put(a.book, n, next) }()
	if is.open < today { // the day is over: closing it is everybody's duty
		a.lanes.forget(a.book)
		_, err := a.store.CloseDay(ctx, a.book, is.open, today, now)
		return left, err
	}
	ends, err := is.open.Next().Begins(a.zone)
	if err != nil {
		return left, fault.Internal(err)
	}
	batch := make([]ledger.Entry, len(left))
	for i, at := range left {
		batch[i] = a.entries[at]
	}
	posted := is.after(now, len(batch))
	actions, err := post(a.book, n, is, posted.last, ends, batch)
	if err != nil {
		return left, err
	}
	err = a.store.table.Write(ctx, actions...)
	switch {
	case err == nil:
		if next = posted; !is.ours || a.shared&(1<<n) != 0 {
			next = lane{}
		}
		next.met = false
		return nil, nil
	case table.IsRefused(err):
		next = a.learn(n, is, err)
		return a.sift(left, err)
	case errors.Is(err, table.ErrConflict):
		if next = is; !is.ours || is.met {
			next = lane{}
		}
		next.met = next.ours
		a.avoid |= 1 << n
		return left, nil
	default:
		return left, err
	}
}

// after is what will be known of the lane once n entries are written at now. Times never go back within a shard.
func (l lane) after(now time.Time, n int) lane {
	l.count += int64(n)
	if now.After(l.last) {
		l.last = now
	}
	return l
}

// lane gives the shard to write to: one that is known, or one that is free in the book as it is read now.
func (a *attempt) lane(ctx context.Context, today ledger.Day, now time.Time) (n int, is lane, err error) {
	n, is, found, err := a.lanes.take(a.book, a.avoid)
	if found || err != nil {
		return n, is, err
	}
	for range maxTries {
		all, err := a.store.shards(ctx, a.book)
		if err != nil {
			return 0, lane{}, err
		}
		if len(all) == Shards {
			return a.lanes.claim(a.book, a.avoid, all, now)
		}
		if err := a.store.open(ctx, a.book, today); err != nil {
			return 0, lane{}, err
		}
	}
	return 0, lane{}, ErrBusy
}

func readLane(b ledger.Book, row table.Row) (lane, error) {
	s, err := readShard(b, row)
	return lane{known: err == nil, open: s.open, count: s.count, last: s.last}, err
}

// open makes the shards of a book. That they are there already is as good.
func (s *Store) open(ctx context.Context, b ledger.Book, today ledger.Day) error {
	actions := make([]table.Action, Shards)
	for n := range actions {
		actions[n] = table.Put(table.Row{Key: shardKey(b, n), Attrs: table.Attrs{
			"sv": table.N(schemaVersion), openAttr: table.S(string(today)), countAttr: table.N(0), lastAttr: table.N(0),
		}}).If(table.Absent)
	}
	err := s.table.Write(ctx, actions...)
	if table.IsRefused(err) {
		return nil
	}
	return err
}

// post is the transaction that writes a batch into one shard: its rows, which must not exist, and the shard, which must be
// as it is known. The due key stands at the day's end: whoever comes by then closes it.
func post(b ledger.Book, n int, is lane, at, ends time.Time, batch []ledger.Entry) ([]table.Action, error) {
	actions := make([]table.Action, 0, len(batch)+1)
	sum := moved{count: int64(len(batch)), balances: ledger.Balances{}}
	var split ledger.Sums
	for i, e := range batch {
		r := ledger.Recorded{Entry: e, Day: is.open, Shard: n, Seq: is.count + int64(i) + 1, PostedAt: at}
		actions = append(actions, table.Put(entryRow(r)).If(table.Absent))
		var err error
		if sum.facts, err = sum.facts.Plus(e.Facts); err != nil {
			return nil, err
		}
		if err = split.Add(e); err != nil {
			return nil, err
		}
		for _, posting := range e.Postings {
			posting.From, posting.To = posting.From.InBook(), posting.To.InBook()
			if err := sum.balances.Post(posting); err != nil {
				return nil, err
			}
		}
	}
	sum.own, sum.aside = split.Own, split.Aside
	key := shardKey(b, n)
	update := table.Update(key).If(table.Equals(openAttr, table.S(string(is.open))), table.Equals(countAttr, table.N(is.count))).
		Set(countAttr, table.N(is.count+sum.count)).Set(lastAttr, table.N(at.UnixMilli())).
		PlaceSecond(duePlace(b, is.open, key.SK, ends))
	for name, amount := range sum.sums(movedPrefix(is.open)) {
		update = update.Add(name, amount)
	}
	return append(actions, update), nil
}

// learn reads from a refusal how the shard stands now. Where the number has moved on, somebody else writes to it: this batch
// may be tried there once more, and the next one goes elsewhere.
func (a *attempt) learn(n int, is lane, err error) lane {
	var refused *table.Refused
	errors.As(err, &refused)
	last := refused.Reasons[len(refused.Reasons)-1]
	if !last.Failed {
		return is
	}
	if !last.Exists {
		return lane{}
	}
	now, err := readLane(a.book, last.Old)
	if err != nil {
		return lane{}
	}
	if now.ours = is.ours; now.count != is.count {
		if a.shared&(1<<n) != 0 {
			a.avoid |= 1 << n
			return lane{}
		}
		now.ours, a.shared = false, a.shared|1<<n
	}
	return now
}

// sift drops the entries that a refusal shows to be in the ledger already.
func (a *attempt) sift(left []int, err error) ([]int, error) {
	var fresh []int
	for i, at := range left {
		row, exists := table.OldOf(err, i)
		if !exists {
			fresh = append(fresh, at)
			continue
		}
		was, err := readEntry(row)
		switch {
		case err != nil:
			a.outcomes[at] = err
		case !was.SameAs(a.entries[at]):
			a.outcomes[at] = ErrDiffers
		}
	}
	return fresh, nil
}
