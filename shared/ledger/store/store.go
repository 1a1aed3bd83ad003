package store

import (
	"context"
	"fmt"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/table"
)

// Store reads the ledger and closes its days. Entries are written through a Poster.
type Store struct{ table table.Table }

// New makes a store over a table.
func New(t table.Table) *Store { return &Store{t} }

// ErrDiffers is an entry whose id is taken by another one that tells something else. Nothing is overwritten; an operator has
// to look.
var ErrDiffers = fault.Conflict("ledger_entry_differs", "Another entry of this name is in the ledger.")

// ErrBusy is a book that so many write to at once that no place was found. Nothing was written; try again.
var ErrBusy = fault.Unavailable("ledger_busy", "The book is being written to; try again.").After(time.Second)

// ErrNoDay is a day that was never open in its book: nothing was posted in it.
var ErrNoDay = fault.NotFound("ledger_day_not_found", "Nothing was posted on this day.")

// ErrDayAhead is a day that cannot be closed because it has not begun in its book.
var ErrDayAhead = fault.Conflict("ledger_day_ahead", "This day is not open yet.")

// ErrBehind is a list that the index does not show whole yet. Try again a little later.
var ErrBehind = fault.Unavailable("ledger_index_behind", "The list is not complete yet; try again.").After(5 * time.Second)

// Balances is what a book holds.
type Balances struct {
	Open     ledger.Day // the open business day; "" for a book that nobody has written to
	Balances ledger.Balances
	Today    ledger.Facts // of the open day, the partner's own accounts among them
	Entries  int64        // ever written
	running  ledger.Sums
}

// Running are the sums of the open day as its settlement will have them.
func (b Balances) Running() ledger.Sums { return b.running }

// Balances sums the shards of a book. One query.
func (s *Store) Balances(ctx context.Context, b ledger.Book) (Balances, error) {
	all, err := s.shards(ctx, b)
	if err != nil {
		return Balances{}, err
	}
	held, err := all.before("")
	if err != nil {
		return Balances{}, err
	}
	today, err := all.of(all.open())
	if err != nil {
		return Balances{}, err
	}
	sum := Balances{Open: all.open(), Balances: held, Today: today.facts}
	sum.running, err = today.split()
	for _, one := range all {
		sum.Entries += one.count
	}
	return sum, err
}

// maxReads is how often rows that were seen in the middle of somebody's write are read.
const maxReads = 4

// shards reads the rows of a book; none for a book that nobody has written to. A query does not wait for transactions, so rows
// of which only a part has moved are read again, and fail with ErrBusy in the end.
func (s *Store) shards(ctx context.Context, b ledger.Book) (all shards, err error) {
	for range maxReads {
		page, err := s.table.Query(ctx, table.Query{PK: bookPK(b), Prefix: shardsSK, Limit: Shards})
		if err != nil {
			return nil, err
		}
		all = make(shards, len(page.Rows))
		for i, row := range page.Rows {
			if all[i], err = readShard(b, row); err != nil {
				return nil, err
			}
		}
		if all.whole() {
			return all, nil
		}
	}
	return nil, ErrBusy.Because(fmt.Errorf("store: %d shards of %s can be read, and not all of one open day", len(all), bookPK(b)))
}

// whole reports a book of which all rows are there and have the same day open, or none is there.
func (all shards) whole() bool {
	for _, one := range all {
		if one.open != all.open() {
			return false
		}
	}
	return len(all) == 0 || len(all) == Shards
}

// Entry reads one entry. One round trip.
func (s *Store) Entry(ctx context.Context, m ids.Mode, entry string) (r ledger.Recorded, found bool, err error) {
	row, found, err := s.table.Get(ctx, entryKey(m, entry))
	if err != nil || !found {
		return r, false, err
	}
	r, err = readEntry(row)
	return r, err == nil, err
}

// Entries reads entries by their ids; those that are not there are left out. One round trip per 100.
func (s *Store) Entries(ctx context.Context, m ids.Mode, entries ...string) (map[string]ledger.Recorded, error) {
	found := make(map[string]ledger.Recorded, len(entries))
	for first := 0; first < len(entries); first += table.MaxKeys {
		part := entries[first:min(first+table.MaxKeys, len(entries))]
		keys := make([]table.Key, len(part))
		for i, entry := range part {
			keys[i] = entryKey(m, entry)
		}
		rows, err := s.table.GetMany(ctx, keys)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			r, err := readEntry(row)
			if err != nil {
				return nil, err
			}
			found[r.ID] = r
		}
	}
	return found, nil
}

// Posted tells which of the entries are in the ledger, for the sweepers of other domains. One round trip per 100.
func (s *Store) Posted(ctx context.Context, m ids.Mode, entries ...string) (map[string]bool, error) {
	found, err := s.Entries(ctx, m, entries...)
	if err != nil {
		return nil, err
	}
	posted := make(map[string]bool, len(found))
	for id := range found {
		posted[id] = true
	}
	return posted, nil
}
