// Package overlapping is a table that behaves towards those who write at the same time as DynamoDB does: a write takes its
// time and holds its rows meanwhile, and a write that meets another one on a row is cancelled.
package overlapping

import (
	"context"
	"sync"
	"time"

	"giberno.ru/shared/platform/table"
)

// Pace is how long the service takes. The zero value answers at once.
type Pace struct {
	Read  time.Duration // of any read
	Write time.Duration // of any write
	Row   time.Duration // more for each of its rows
}

// Table cancels overlapping writes of another table.
type Table struct {
	inner table.Table
	pace  Pace
	sleep func(ctx context.Context, wait time.Duration) error

	mu        sync.Mutex
	held      map[table.Key]bool
	cancelled int
}

var _ table.Table = (*Table)(nil)

// New stands in front of inner. sleep passes the time that the service takes, and gives ctx's error when that has ended.
func New(inner table.Table, pace Pace, sleep func(ctx context.Context, wait time.Duration) error) *Table {
	return &Table{inner: inner, pace: pace, sleep: sleep, held: map[table.Key]bool{}}
}

// Cancelled is how many writes met another one.
func (t *Table) Cancelled() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.cancelled
}

// Get reads one row.
func (t *Table) Get(ctx context.Context, key table.Key) (table.Row, bool, error) {
	if err := t.sleep(ctx, t.pace.Read); err != nil {
		return table.Row{}, false, err
	}
	return t.inner.Get(ctx, key)
}

// GetMany reads up to 100 rows.
func (t *Table) GetMany(ctx context.Context, keys []table.Key) ([]table.Row, error) {
	if err := t.sleep(ctx, t.pace.Read); err != nil {
		return nil, err
	}
	return t.inner.GetMany(ctx, keys)
}

// Query reads one page.
func (t *Table) Query(ctx context.Context, q table.Query) (table.Page, error) {
	if err := t.sleep(ctx, t.pace.Read); err != nil {
		return table.Page{}, err
	}
	return t.inner.Query(ctx, q)
}

// Write holds its rows from beginning to end. Rows that another write holds are table.ErrConflict, told after the time that
// the service needs to begin.
func (t *Table) Write(ctx context.Context, actions ...table.Action) error {
	if !t.hold(actions) {
		if err := t.sleep(ctx, t.pace.Write); err != nil {
			return err
		}
		return table.ErrConflict
	}
	defer t.release(actions)
	if err := t.sleep(ctx, t.pace.Write+time.Duration(len(actions))*t.pace.Row); err != nil {
		return err
	}
	return t.inner.Write(ctx, actions...)
}

func (t *Table) hold(actions []table.Action) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range actions {
		if t.held[a.Key()] {
			t.cancelled++
			return false
		}
	}
	for _, a := range actions {
		t.held[a.Key()] = true
	}
	return true
}

func (t *Table) release(actions []table.Action) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range actions {
		delete(t.held, a.Key())
	}
}
