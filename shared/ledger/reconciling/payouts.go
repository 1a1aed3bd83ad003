package reconciling

import (
	"context"
	"fmt"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger/reconcile"
	"giberno.ru/shared/ledger/store"
)

// Transfer is a payment of the bank to us, as our own bank statement shows it.
type Transfer struct {
	Day      time.Time   // the beginning of its day
	Amount   money.Money // positive
	Document string      // its number at the bank
	Register ids.ID      // the reconciliation whose register it pays, where its purpose says so
}

// ErrTransfer is the fault of a transfer that cannot be compared; its fields say why.
var ErrTransfer = fault.Invalid("bank_transfer_invalid", "A transfer needs a day within the period, a positive amount and the number of its document.")

// MatchPayouts is the third way: it holds what the registers of a period say that the bank owes us against what it transferred,
// all of the period's transfers. It keeps and fails as Run does. The registers are those of the runs whose periods ended in
// From ≤ time < To.
func (r *Reconciler) MatchPayouts(ctx context.Context, p Period, list []Transfer) (Outcome, error) {
	registers, err := p.run(reconcile.ByReference, r.Clock.Now())
	if err != nil {
		return Outcome{}, err
	}
	if _, err := r.Account(ctx, p.Mode, p.Account); err != nil {
		return Outcome{}, err
	}
	transfers, err := transfersOf(list, registers)
	if err != nil {
		return Outcome{}, err
	}
	dues, err := r.dues(ctx, registers)
	if err != nil {
		return Outcome{}, err
	}
	run := registers.Payouts()
	out := Outcome{Run: kept(run, p.Operator)}
	known, err := r.known(ctx, run)
	if err != nil {
		return Outcome{}, err
	}
	moreDues, moreTransfers := reconcile.Carried(run, asKept(known))
	found, summary, err := reconcile.MatchPayouts(run, append(dues, moreDues...), append(transfers, moreTransfers...))
	if err != nil {
		return Outcome{}, err
	}
	out.Summary = summary
	if out.Changes, err = r.keep(ctx, p, run, known, found); err != nil {
		return Outcome{}, err
	}
	return out, r.Store.KeepRun(ctx, out.Run)
}

// dues is what the bank owes us for the registers of a period.
func (r *Reconciler) dues(ctx context.Context, registers reconcile.Run) (dues []reconcile.Operation, err error) {
	runs, err := r.Store.RunsEnding(ctx, registers.Account, registers.From, registers.To)
	if err != nil {
		return nil, err
	}
	for _, one := range runs {
		some, err := reconcile.Dues(one.ID.String(), one.To, one.Report.Totals)
		if err != nil {
			return nil, err
		}
		for _, due := range some {
			due.Origin = dueOrigin(one)
			dues = append(dues, due)
		}
	}
	return dues, nil
}

// dueOrigin says where a due comes from.
func dueOrigin(r store.Run) string {
	return fmt.Sprintf("register of %s to %s", r.From.Format(time.RFC3339), r.To.Format(time.RFC3339))
}

func transfersOf(list []Transfer, within reconcile.Run) (transfers []reconcile.Operation, err error) {
	if len(list) > reconcile.MaxPayouts {
		return nil, reconcile.ErrPayouts
	}
	seen := map[string]bool{}
	refusal := ErrTransfer
	for i, t := range list {
		// Within its day nobody knows when: it counts as its last moment, so that it follows all that ended on that day.
		o := reconcile.Operation{BankID: t.Document, Kind: reconcile.Payout, Status: reconcile.Done, Amount: t.Amount,
			At: t.Day.UTC().Add(24*time.Hour - time.Millisecond), Origin: fmt.Sprintf("transfer %d", i+1)}
		if !t.Register.IsZero() {
			o.Reference = t.Register.String()
		}
		at := fmt.Sprintf("body.transfers[%d]", i)
		switch bad := o.Check(); {
		case t.Day.Before(within.From) || !t.Day.Before(within.To):
			refusal = refusal.At(at+".date", "is not within the period")
		case t.Document == "" || seen[t.Document]:
			refusal = refusal.At(at+".document", "expected a number, and each only once")
		case t.Amount.Amount < 1:
			refusal = refusal.At(at+".amount.amount", "must be positive")
		case bad != nil:
			refusal = refusal.At(at, fault.As(bad).Message)
		}
		seen[t.Document] = true
		transfers = append(transfers, o)
	}
	if refusal.Fields != nil {
		return nil, refusal
	}
	return transfers, nil
}
