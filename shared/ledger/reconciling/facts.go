package reconciling

import (
	"context"
	"iter"
	"slices"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/reconcile"
)

// maxLate is how long after it happened an entry may be posted: a posting may lie among the dead letters for as long as a queue
// keeps them.
const maxLate = 14 * 24 * time.Hour

// facts lists what the ledger has of an account and a period, over all partners and currencies.
func (r *Reconciler) facts(ctx context.Context, m ids.Mode, account ids.ID, run reconcile.Run) iter.Seq2[reconcile.Operation, error] {
	// A business day begins earlier or later than a day of UTC, in whatever zone, and entries stand in the day of their posting.
	const day = 24 * time.Hour
	first := ledger.DayOf(run.From.Add(-day), time.UTC)
	last := ledger.DayOf(run.To.Add(maxLate+day), time.UTC)
	return func(yield func(reconcile.Operation, error) bool) {
		for b, err := range r.books(ctx, m) {
			if err != nil {
				yield(reconcile.Operation{}, err)
				return
			}
			for e, err := range r.Store.EntriesBetween(ctx, b, first, last) {
				if err != nil {
					yield(reconcile.Operation{}, err)
					return
				}
				if e.Through != account || e.At.Before(run.From) || !e.At.Before(run.To) {
					continue
				}
				if o, ok := operation(e.Entry); ok && !yield(o, nil) {
					return
				}
			}
		}
	}
}

// books lists the books of all partners in a mode.
func (r *Reconciler) books(ctx context.Context, m ids.Mode) iter.Seq2[ledger.Book, error] {
	return func(yield func(ledger.Book, error) bool) {
		for partner, err := range r.Partners(ctx) {
			var books []ledger.Book
			if err == nil {
				books, err = r.Store.Books(ctx, m, partner)
			}
			if err != nil {
				yield(ledger.Book{}, err)
				return
			}
			for _, b := range books {
				if !yield(b, nil) {
					return
				}
			}
		}
	}
}

// operation is an entry as a register would tell it. ok is false for what no register has: corrections, transfers, payouts. An
// entry from before entries had references goes by its own id, and so nothing of the bank's can meet it.
func operation(e ledger.Entry) (o reconcile.Operation, ok bool) {
	o = reconcile.Operation{
		Reference: e.Reference, Status: reconcile.Done, Fee: e.Facts.ProviderFee, FeeKnown: passesBooks(e),
		At: e.At.UTC().Truncate(time.Millisecond), Origin: e.ID,
	}
	switch e.Kind {
	case ledger.KindPaid:
		o.Kind, o.Amount = reconcile.Payment, money.Of(e.Facts.Paid, e.Currency)
	case ledger.KindRefunded:
		o.Kind, o.Amount = reconcile.Refund, money.Of(e.Facts.Refunded, e.Currency)
	default:
		return o, false
	}
	if o.Reference == "" {
		o.BankID = e.ID
	}
	return o, o.Amount.Amount > 0
}

// passesBooks reports an entry whose money the bank owes us. On a partner's own account it never does, and what the bank keeps
// there is not our affair.
func passesBooks(e ledger.Entry) bool {
	clearing := ledger.Clearing(e.Through)
	return slices.ContainsFunc(e.Postings, func(p ledger.Posting) bool { return p.From == clearing || p.To == clearing })
}
