package store

import (
	"context"
	"slices"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/table"
)

// Due is a business day that something is owed to: closing it (Over), or summing it up and settling it.
type Due struct {
	Book ledger.Book
	Day  ledger.Day
	Over bool // it is still open and its time is over; else it was closed and waits for Settled
	At   time.Time
}

// DueAfter lists days of one shard of the due keys (0 … DueShards−1) that were due at now, oldest first, behind the place
// where the page before ended (nil: the first page). Each day comes once in a page, though all its shards stand there. more
// is nil when nothing is left. One round trip.
func (s *Store) DueAfter(ctx context.Context, m ids.Mode, shard int, now time.Time, after *table.Place, limit int) (due []Due, more *table.Place, err error) {
	page, err := s.table.Query(ctx, table.Query{
		Index: table.Second, PK: duePK(m, shard), To: stamp(now.Add(time.Millisecond)), Limit: limit, After: after,
	})
	if err != nil {
		return nil, nil, err
	}
	for _, row := range page.Rows {
		if d, ok := readDue(m, row.Second.SK); ok {
			due = append(due, d)
		}
	}
	return slices.Compact(due), page.More, nil
}

// OldestDue is when the longest waiting day of a shard was due; the zero time when none waits.
func (s *Store) OldestDue(ctx context.Context, m ids.Mode, shard int) (time.Time, error) {
	page, err := s.table.Query(ctx, table.Query{Index: table.Second, PK: duePK(m, shard), Limit: 1})
	if err != nil || len(page.Rows) == 0 {
		return time.Time{}, err
	}
	d, _ := readDue(m, page.Rows[0].Second.SK)
	return d.At, nil
}
