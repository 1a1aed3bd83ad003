// Package stamped makes writes that can be sent twice. It stands between a store and an engine whose answers may be lost,
// and keeps the rule of the house: every conditional write carries a random writer's id; a condition that failed on a row
// which carries our id failed because our write had already happened, and is success.
//
// What is sent again, and when:
//
//   - A conflict or throttling did nothing: the same write again.
//   - After a lost answer the same write again, with the same id. Each stamped action also demands that its row does not carry
//     the id yet, so a write that had happened cannot happen twice. One row with our id proves the whole transaction, for
//     it is all or nothing.
//   - A refusal after a lost answer in which no row carries our id is ambiguous: somebody else's state, or ours, overwritten
//     by a third since. The answer is table.ErrUnavailable: read, and decide anew. A delete leaves no row to carry an id, so
//     a conditional delete that finds its row gone after a lost answer ends like that, too.
//   - Additions (Action.Add) are sent again after a lost answer only if a condition of the write makes a second application
//     impossible, such as Absent, or Equals of an attribute that the same action changes. Otherwise the stamped rows are
//     read: one with our id is success, none is table.ErrUnavailable.
//   - Other conditional writes are sent again. Should a third have overwritten our row meanwhile and the conditions still hold,
//     the same values are written a second time: a store that cannot bear that uses table.Version, as all do for money.
//   - A write of checks alone changes nothing: again, and its refusal is exact.
//   - An unconditional put, set or delete is not stamped and simply goes again: the last writer wins, as it would anyway.
//   - Reads go again.
package stamped

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"giberno.ru/shared/platform/table"
)

// Options of New. The zero value is right for production.
type Options struct {
	// Rand gives writers' ids and jitter; nil is the system's. It may be used by one goroutine at a time; the Table sees to that.
	Rand io.Reader
	// Sleep waits between tries, or less if ctx ends, which it answers with ctx's error; nil is a timer.
	Sleep func(ctx context.Context, wait time.Duration) error
	// Tries is how often one operation is sent at most; 0 is 5.
	Tries int
}

// Table stamps and repeats over another table. Rows that it gives do not show the writer's id.
type Table struct {
	inner table.Table
	mu    sync.Mutex // guards rand
	rand  io.Reader
	sleep func(context.Context, time.Duration) error
	tries int
}

var _ table.Table = (*Table)(nil)

// New makes the table that domains use over an engine.
func New(inner table.Table, o Options) *Table {
	t := &Table{inner: inner, rand: o.Rand, sleep: o.Sleep, tries: o.Tries}
	if t.rand == nil {
		t.rand = crand.Reader
	}
	if t.sleep == nil {
		t.sleep = sleepByTimer
	}
	if t.tries <= 0 {
		t.tries = 5
	}
	return t
}

// The waits between tries double from the first to the last; half of each is jitter.
const (
	firstWait = 20 * time.Millisecond
	lastWait  = 400 * time.Millisecond
)

func sleepByTimer(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pause waits before try number n (from 1). It answers the error that the operation should end with, if it should.
func (t *Table) pause(ctx context.Context, n int) error {
	wait := min(firstWait<<min(n-1, 10), lastWait)
	jitter, err := t.random(8)
	if err != nil {
		return err
	}
	half := uint64(wait / 2)
	wait = time.Duration(half + binary.LittleEndian.Uint64(jitter)%(half+1))
	return t.sleep(ctx, wait)
}

func (t *Table) random(n int) ([]byte, error) {
	b := make([]byte, n)
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, err := io.ReadFull(t.rand, b); err != nil {
		return nil, fmt.Errorf("stamped: randomness: %w", err)
	}
	return b, nil
}

// again repeats a read until it answers something else than ErrUnavailable, or the tries are used up.
func (t *Table) again(ctx context.Context, read func() error) error {
	err := read()
	for n := 1; n < t.tries && errors.Is(err, table.ErrUnavailable); n++ {
		if t.pause(ctx, n) != nil {
			return err
		}
		err = read()
	}
	return err
}

// Get reads one row.
func (t *Table) Get(ctx context.Context, key table.Key) (row table.Row, ok bool, err error) {
	err = t.again(ctx, func() (err error) {
		row, ok, err = t.inner.Get(ctx, key)
		return err
	})
	return plain(row), ok, err
}

// GetMany reads up to 100 rows.
func (t *Table) GetMany(ctx context.Context, keys []table.Key) (rows []table.Row, err error) {
	err = t.again(ctx, func() (err error) {
		rows, err = t.inner.GetMany(ctx, keys)
		return err
	})
	return allPlain(rows), err
}

// Query reads one page.
func (t *Table) Query(ctx context.Context, q table.Query) (page table.Page, err error) {
	err = t.again(ctx, func() (err error) {
		page, err = t.inner.Query(ctx, q)
		return err
	})
	page.Rows = allPlain(page.Rows)
	return page, err
}

// plain takes the writer's id off a row that an engine gave, which is ours to change.
func plain(row table.Row) table.Row {
	delete(row.Attrs, table.WriterAttr)
	return row
}

func allPlain(rows []table.Row) []table.Row {
	for i := range rows {
		rows[i] = plain(rows[i])
	}
	return rows
}
