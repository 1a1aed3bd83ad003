package reconciling

import (
	"context"
	"iter"
	"time"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/jobs"
	"giberno.ru/shared/ledger/reconcile"
	"giberno.ru/shared/ledger/store"
)

// Account is what a reconciliation has to know of an account at a bank.
type Account struct {
	Provider string // it says how the register is written
	Pays     ids.ID // the partner whom the bank pays by itself, his own contract; zero: it pays us
}

// Reconciler carries reconciliations out. Its fields are set once; it may be used by many goroutines.
type Reconciler struct {
	Store *store.Store
	// Partners lists every partner, in any order. A book of each of them may hold what the account took.
	Partners func(ctx context.Context) iter.Seq2[ids.ID, error]
	// Account finds an account, or fails with the fault of one that is not there.
	Account func(ctx context.Context, m ids.Mode, account ids.ID) (Account, error)
	// Post writes a correction into the ledger. nil is durable; any other error may be repeated with the same entry.
	Post func(ctx context.Context, e ledger.Entry) error
	// Whose finds the partner of a reference at a bank. nil, or found false: the operator has to name him.
	Whose func(ctx context.Context, m ids.Mode, reference string) (partner ids.ID, found bool, err error)
	// Raise opens an alarm about an account, or leaves the one that is open. It is called before the breaks are kept, so that a
	// crash between the two leaves an alarm too much and never a break that nobody heard of.
	Raise func(ctx context.Context, m ids.Mode, account ids.ID, detail string) error
	Clock clock.Clock
	// Folder is for temporary files; "" is the system's.
	Folder string
	// SortBytes is the memory of each of the two sorters; 0 is reconcile.DefaultSortMemory.
	SortBytes int
	// Limits bound the register; the zero value is reconcile.DefaultLimits.
	Limits reconcile.Limits
}

// PostWith makes the Post of a Reconciler that writes into the ledger itself.
func PostWith(poster jobs.Poster, zones jobs.Zones) func(context.Context, ledger.Entry) error {
	return func(ctx context.Context, e ledger.Entry) error {
		zone, err := zones(ctx, e.Partner)
		if err != nil {
			return err
		}
		return poster.Post(ctx, e.Book, zone, []ledger.Entry{e})[0]
	}
}

// Period is what a run covers: one account, From ≤ time < To, and how long an operation may be under way to the bank's register.
type Period struct {
	Mode     ids.Mode
	Account  ids.ID
	From, To time.Time
	Grace    time.Duration
	Operator string // who asked for it
}

// ErrPeriod is the fault of a period that is none, or longer than store.MaxPeriod.
var ErrPeriod = fault.Invalid("reconciliation_period_invalid", "The period must end after it begins, and have at most 92 days.")

// run is the period as reconcile sees it.
func (p Period) run(by reconcile.By, now time.Time) (reconcile.Run, error) {
	from, to := p.From.UTC().Truncate(time.Millisecond), p.To.UTC().Truncate(time.Millisecond)
	if !from.Before(to) || to.Sub(from) > store.MaxPeriod {
		return reconcile.Run{}, ErrPeriod
	}
	r := reconcile.Run{Account: store.Side(p.Mode, p.Account), From: from, To: to, Grace: p.Grace, By: by, Now: now.UTC().Truncate(time.Millisecond)}
	return r, r.Check()
}

// Outcome is what a run found, once all of it is kept.
type Outcome struct {
	store.Run                 // with the first problems of the import
	Changes   map[Kind]Change // by kind of break; kinds without any are left out
}

// Kind is the kind of a break.
type Kind = reconcile.BreakKind

// Change counts what a run changed about the breaks of one kind.
type Change struct {
	New      int `json:"new"`
	Still    int `json:"still"`    // found again and as they were
	Opened   int `json:"opened"`   // they were in transit, and their grace has passed
	Reopened int `json:"reopened"` // they had vanished, and are back
	Vanished int `json:"vanished"` // both sides agree now
}
