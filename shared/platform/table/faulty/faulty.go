// Package faulty is a table.Table that fails as the network and the service fail: before the effect, after it, by a
// conflict, by throttling, by the death of the process. What fails is decided by a plan, so the same plan fails alike.
package faulty

import (
	"context"
	"sync/atomic"

	"giberno.ru/shared/platform/table"
)

// Fault is what happens to one call.
type Fault int

// The faults. Package queue/faulty uses the same.
const (
	None        Fault = iota
	ErrorBefore       // unavailable; nothing happened
	ErrorAfter        // unavailable; it happened: a lost answer
	Conflict          // a write met another transaction; nothing happened, and the answer says so
	Throttle          // the service did not begin
	CrashBefore       // the process dies before the call
	CrashAfter        // the process dies with the effect done and the answer unread
)

// All lists the faults for a test that tries each.
var All = []Fault{ErrorBefore, ErrorAfter, Conflict, Throttle, CrashBefore, CrashAfter}

func (f Fault) String() string {
	names := [...]string{"none", "error before", "error after", "conflict", "throttle", "crash before", "crash after"}
	if f < 0 || int(f) >= len(names) {
		return "unknown fault"
	}
	return names[f]
}

// Crashed is the type of Crash. Its method marks it for code that turns panics into errors and must let this one pass.
type Crashed struct{ _ byte }

// Crash does nothing; to have it is the mark.
func (*Crashed) Crash() {}

func (*Crashed) Error() string { return "faulty: the process died here" }

// Crash is what a crash panics with. Whoever plays the operating system recovers it and goes on with a new process.
var Crash = &Crashed{}

// Call is one call as the plan sees it.
type Call struct {
	N       int // the how manieth, from 0
	Op      string
	Keys    []table.Key    // of the rows; none for a query
	Query   *table.Query   // of a query
	Actions []table.Action // of a write
}

// The names of operations in Call.Op.
const (
	OpGet     = "get"
	OpGetMany = "get-many"
	OpQuery   = "query"
	OpWrite   = "write"
)

// Plan decides what happens to a call. It is called before the call, from the caller's goroutine; it must be safe for
// use by many.
type Plan func(Call) Fault

// Nth is the plan in which only call n fails.
func Nth(n int, f Fault) Plan {
	return func(c Call) Fault {
		if c.N == n {
			return f
		}
		return None
	}
}

// Table fails by plan in front of another table.
type Table struct {
	inner table.Table
	plan  atomic.Pointer[Plan]
	calls atomic.Int64
}

var _ table.Table = (*Table)(nil)

// New puts the plan in front of inner; a nil plan lets everything pass.
func New(inner table.Table, plan Plan) *Table {
	t := &Table{inner: inner}
	t.SetPlan(plan)
	return t
}

// SetPlan changes the plan and counts calls from 0 again.
func (t *Table) SetPlan(plan Plan) {
	if plan == nil {
		plan = func(Call) Fault { return None }
	}
	t.plan.Store(&plan)
	t.calls.Store(0)
}

// Calls is how many calls there were since the plan was set.
func (t *Table) Calls() int { return int(t.calls.Load()) }

func (t *Table) through(c Call, effect func() error) error {
	c.N = int(t.calls.Add(1)) - 1
	f := (*t.plan.Load())(c)
	return Apply(f, effect, Errors{Unavailable: table.ErrUnavailable, Conflict: table.ErrConflict, Throttled: table.ErrThrottled})
}

// Errors are what a port answers for a fault.
type Errors struct{ Unavailable, Conflict, Throttled error }

// Apply lets one fault happen to an effect. An error of the effect itself is told where its answer is not lost.
func Apply(f Fault, effect func() error, e Errors) error {
	switch f {
	case ErrorBefore:
		return e.Unavailable
	case Conflict:
		return e.Conflict
	case Throttle:
		return e.Throttled
	case CrashBefore:
		panic(Crash)
	}
	err := effect()
	switch f {
	case ErrorAfter:
		return e.Unavailable
	case CrashAfter:
		panic(Crash)
	}
	return err
}

// Get reads one row.
func (t *Table) Get(ctx context.Context, key table.Key) (row table.Row, ok bool, err error) {
	err = t.through(Call{Op: OpGet, Keys: []table.Key{key}}, func() (err error) {
		row, ok, err = t.inner.Get(ctx, key)
		return err
	})
	if err != nil {
		return table.Row{}, false, err
	}
	return row, ok, nil
}

// GetMany reads up to 100 rows.
func (t *Table) GetMany(ctx context.Context, keys []table.Key) (rows []table.Row, err error) {
	err = t.through(Call{Op: OpGetMany, Keys: keys}, func() (err error) {
		rows, err = t.inner.GetMany(ctx, keys)
		return err
	})
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// Query reads one page.
func (t *Table) Query(ctx context.Context, q table.Query) (page table.Page, err error) {
	err = t.through(Call{Op: OpQuery, Query: &q}, func() (err error) {
		page, err = t.inner.Query(ctx, q)
		return err
	})
	if err != nil {
		return table.Page{}, err
	}
	return page, nil
}

// Write carries out all actions or none.
func (t *Table) Write(ctx context.Context, actions ...table.Action) error {
	keys := make([]table.Key, len(actions))
	for i, a := range actions {
		keys[i] = a.Key()
	}
	return t.through(Call{Op: OpWrite, Keys: keys, Actions: actions}, func() error { return t.inner.Write(ctx, actions...) })
}
