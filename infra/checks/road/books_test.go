package road

import (
	"context"
	"encoding/json"

	"github.com/stretchr/testify/require"

	simulator "giberno.ru/infra/simulators/tbank"
	"giberno.ru/shared/core/ids"
	ledgerstore "giberno.ru/shared/ledger/store"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/receipts"
)

// requireBooks: what the bank took, gave back and printed is what stands here, each once, and nobody owes anything. The
// bank's side is what it read out of our bytes.
func (w *world) requireBooks(ctx context.Context, o payments.Order) payments.Whole {
	w.t.Helper()
	whole := w.load(ctx, o)
	atBank := map[string]simulator.Payment{}
	for _, p := range w.bank.Payments(1000) {
		require.NotContains(w.t, atBank, p.OrderID)
		atBank[p.OrderID] = p
	}
	printed := 0
	for _, p := range whole.Payments {
		theirs := atBank[p.Reference()]
		delete(atBank, p.Reference())
		require.False(w.t, p.Asked(), "attempt %d is still %s", p.N, p.Status)
		if p.Status != payments.Paid {
			require.Zero(w.t, theirs.Captured)
			require.Empty(w.t, theirs.Receipts)
			continue
		}
		require.Equal(w.t, theirs.Captured, p.Captured)
		w.requireReturned(whole, p, theirs)
		for _, f := range theirs.Receipts {
			w.requirePrinted(whole, p, f)
			printed++
		}
	}
	for reference, p := range atBank {
		require.Zero(w.t, p.Captured, "the bank was paid for %s, which we do not know", reference)
	}
	ready := 0
	for _, r := range whole.Receipts {
		if r.Status == payments.ReceiptReady {
			ready++
		}
	}
	require.Equal(w.t, printed, ready, "receipts")
	require.Len(w.t, w.letters, ready, "receipts that the payer was written about")
	w.requirePosted(ctx, whole)
	w.heard(whole)
	w.requireStatus(whole)
	w.requireQuiet(ctx)
	return whole
}

// requirePosted: the ledger holds everything that was taken and given back, and each once.
func (w *world) requirePosted(ctx context.Context, whole payments.Whole) {
	w.t.Helper()
	var children []ids.ID
	for _, p := range whole.Payments {
		children = append(children, p.ID)
	}
	for _, r := range whole.Refunds {
		children = append(children, r.ID)
	}
	var clearing int64
	for _, child := range children {
		e, owed, err := whole.EntryOf(child)
		require.NoError(w.t, err)
		if !owed {
			require.Empty(w.t, whole.EntryID(child))
			continue
		}
		got, found, err := ledgerstore.New(w.table).Entry(ctx, ids.Test, e.ID)
		require.NoError(w.t, err)
		require.True(w.t, found, "the ledger does not hold %s", e.ID)
		require.Equal(w.t, e, got.Entry)
		if p, ok := whole.Payment(child.N()); ok && child.Family() == ids.Payment {
			clearing += p.Captured
		}
		if r, ok := whole.Refund(child.N()); ok && child.Family() == ids.Refund {
			clearing -= r.Amount.Amount
		}
	}
	require.Equal(w.t, whole.State.Paid-whole.State.Refunded, clearing, "what the ledger holds is what the order keeps")
}

// requireReturned: each refund of a payment is there once, here and at the bank, with its receipt.
func (w *world) requireReturned(whole payments.Whole, p payments.Payment, theirs simulator.Payment) {
	w.t.Helper()
	type effect struct {
		key    string
		amount int64
	}
	var here, there []effect
	var sum int64
	for _, r := range whole.Refunds {
		require.True(w.t, r.Status.Final(), "refund %d is still %s", r.N, r.Status)
		if r.Payment != p.N || r.Status != payments.RefundSucceeded {
			continue
		}
		sum += r.Amount.Amount
		e := effect{amount: r.Amount.Amount}
		if r.Keyed {
			e.key = r.BankKey()
		}
		here = append(here, e)
		receipt, ok := whole.ReceiptOf(whole.Order.ID.Child(ids.RefundReceipt, r.N))
		require.True(w.t, ok, "refund %d has no receipt", r.N)
		require.Equal(w.t, r.Amount, receipt.Fiscal.Total)
		require.Equal(w.t, receipts.IncomeReturn, receipt.Fiscal.Kind)
	}
	for _, r := range theirs.Refunds {
		if r.Code == "" {
			there = append(there, effect{r.ExternalID, r.Amount})
		}
	}
	require.ElementsMatch(w.t, there, here, "refunds at the bank, and here")
	require.Equal(w.t, theirs.Returned, sum)
	require.Equal(w.t, p.Captured-sum, whole.Refundable(p.N), "promised is what went back")
}

// requirePrinted: a receipt of the bank's till stands here once, with its lines.
func (w *world) requirePrinted(whole payments.Whole, p payments.Payment, f simulator.FiscalReceipt) {
	w.t.Helper()
	var found []payments.Receipt
	for _, r := range whole.Receipts {
		if r.Fiscal.FN == f.FN && r.Fiscal.FD == f.Document && r.Fiscal.FP == f.Sign {
			found = append(found, r)
		}
	}
	require.Len(w.t, found, 1, "the receipt %d of the till", f.Document)
	r := found[0]
	require.Equal(w.t, p.ID, r.Payment)
	require.True(w.t, r.Verified)
	require.Equal(w.t, f.Amount, r.Fiscal.Total.Amount)
	require.Equal(w.t, map[string]receipts.Kind{"Income": receipts.Income, "IncomeReturn": receipts.IncomeReturn}[f.Type], r.Fiscal.Kind)
	var paper struct {
		Items []struct {
			Name, PaymentMethod string
			Price, Amount       int64
			Quantity            json.Number
		}
	}
	require.NoError(w.t, json.Unmarshal(f.Receipt, &paper))
	var sum int64
	for _, line := range paper.Items {
		sum += line.Amount
	}
	require.Equal(w.t, f.Amount, sum)
	items := r.Items
	switch {
	case len(items) == 0 && r.Operation == payments.OfPayment:
		items = whole.Order.Items
	case len(items) == 0, w.alike && r.Operation == payments.OfRefund:
		return // the bank's cabinet wrote it, and nobody knows of which lines; or it may be of either of two equal refunds
	}
	require.Len(w.t, paper.Items, len(items))
	for i, line := range paper.Items {
		is := items[i]
		require.Equal(w.t, []any{line.Name, line.Price, line.Amount, line.Quantity.String(), line.PaymentMethod},
			[]any{is.Name, is.Price.Amount, is.Amount.Amount, is.Quantity.String(), is.Mode})
	}
}

// requireStatus: the order's own sums are those of its winner.
func (w *world) requireStatus(whole payments.Whole) {
	w.t.Helper()
	s := whole.State
	winner, won := whole.Payment(s.Winner)
	if !won {
		require.Zero(w.t, s.Paid+s.Refunded)
		return
	}
	require.Equal(w.t, winner.Captured, s.Paid)
	require.Equal(w.t, winner.Captured-whole.Refundable(winner.N), s.Refunded)
	status := payments.OrderPartiallyRefunded
	switch s.Refunded {
	case 0:
		status = payments.OrderPaid
	case s.Paid:
		status = payments.OrderRefunded
	}
	require.Equal(w.t, status, whole.Status())
}

// gaveBack: exactly these parts of the order's one payment went back, in this order.
func gaveBack(parts ...part) func(*world, context.Context, payments.Order) {
	return func(w *world, ctx context.Context, o payments.Order) {
		w.t.Helper()
		require.Equal(w.t, parts, partsOf(w.requireBooks(ctx, o)))
	}
}

// partsOf lists what went back of the payment that won.
func partsOf(whole payments.Whole) (back []part) {
	for _, r := range whole.Refunds {
		if r.Status == payments.RefundSucceeded && r.Payment == whole.State.Winner {
			back = append(back, part{r.Amount.Amount, r.Source})
		}
	}
	return back
}

// keptOne: of several successes one is kept, and the platform gave the others back whole.
func keptOne(w *world, ctx context.Context, o payments.Order) {
	w.t.Helper()
	whole := w.requireBooks(ctx, o)
	require.Equal(w.t, payments.OrderPaid, whole.Status())
	w.requireUnwantedBack(whole, 1)
}

// keptNone: the order is cancelled, and what was paid all the same went back.
func keptNone(w *world, ctx context.Context, o payments.Order) {
	w.t.Helper()
	whole := w.requireBooks(ctx, o)
	require.Equal(w.t, payments.OrderCancelled, whole.Status())
	w.requireUnwantedBack(whole, 0)
}

func (w *world) requireUnwantedBack(whole payments.Whole, kept int) {
	w.t.Helper()
	paid, back := 0, 0
	for _, p := range whole.Payments {
		if p.Status == payments.Paid {
			paid++
		}
	}
	for _, r := range whole.Refunds {
		if r.Status == payments.RefundSucceeded {
			back++
			require.Equal(w.t, payments.BySystem, r.Source)
			require.Equal(w.t, total, r.Amount)
			require.NotEqual(w.t, whole.State.Winner, r.Payment)
		}
	}
	require.GreaterOrEqual(w.t, paid, kept+1)
	require.Equal(w.t, paid-kept, back)
}

// closed: the prepayment has its closing receipt, once; or the till never got the request, which is not repeated, and an
// operator knows.
func closed(w *world, ctx context.Context, o payments.Order) {
	w.t.Helper()
	whole := w.requireBooks(ctx, o)
	var closing []payments.Receipt
	for _, r := range whole.Receipts {
		if r.Operation == payments.OfFulfilment {
			closing = append(closing, r)
		}
	}
	require.Len(w.t, closing, 1)
	if r := closing[0]; r.Status != payments.ReceiptReady {
		require.Equal(w.t, payments.ReceiptPending, r.Status)
		require.True(w.t, whole.Raised(payments.ReceiptMissing, r.ID.String()))
		return
	}
	require.Equal(w.t, total, closing[0].Fiscal.Total)
	for _, item := range closing[0].Items {
		require.Equal(w.t, "full_payment", item.Mode)
	}
}
