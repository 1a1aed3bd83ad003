package world

import (
	"fmt"
	"slices"

	"giberno.ru/shared/payments"
)

// stuck reports an order with a refund that nobody can tell the end of: an operator was called for it, and has no way yet to end
// it by his word.
func stuck(w payments.Whole) bool {
	return slices.ContainsFunc(w.Alarms, func(a payments.Alarm) bool { return a.Kind == payments.StuckRefund })
}

func comesToRest(l *look) string {
	if !l.is.Closed() {
		return fmt.Sprintf("the order is %s, and its time was over at %s", l.is.Status(), l.is.Order.ExpiresAt)
	}
	for _, p := range l.is.Payments {
		if (p.Watched() || p.Call.Op != "") && !stuck(l.is) {
			return fmt.Sprintf("attempt %d is still %s (call %q)", p.N, p.Status, p.Call.Op)
		}
	}
	return ""
}

// booksAgree holds our money against the bank's, payment by payment.
func booksAgree(l *look) string {
	for _, p := range l.is.Payments {
		b, known := l.bankOf(p)
		ours := p.Captured
		switch {
		case !known && ours == 0:
		case !known:
			return fmt.Sprintf("attempt %d took %d, and the bank does not know it", p.N, ours)
		case b.Captured != ours && !everRaised(l.is, p, payments.AmountMismatch):
			return fmt.Sprintf("the bank took %d by attempt %d (%s), we have %d (%s), and nobody was called", b.Captured, p.N, b.Status, ours, p.Status)
		case b.Held > 0:
			return fmt.Sprintf("the bank still holds %d by attempt %d, which is %s", b.Held, p.N, p.Status)
		case known && !l.returnsAgree(p, b.Returned):
			back, _ := given(l.is, p.N)
			return fmt.Sprintf("the bank gave back %d of attempt %d, we have %d, and nobody was called", b.Returned, p.N, back)
		}
	}
	return ""
}

// returnsAgree: what went back at the bank is the sum of our refunds. Where the bank named a wrong sum, or its letters were not
// believed, an operator knows.
func (l *look) returnsAgree(p payments.Payment, returned int64) bool {
	back, _ := given(l.is, p.N)
	called := stuck(l.is) || everRaised(l.is, p, payments.RefundMismatch) || !l.world.honest() && everRaised(l.is, p, payments.RefundedAtBank)
	garbled := !l.world.honest() && back < returned // a bank that errs told of it in a word that nobody knows: its register has it
	return back == returned || called || garbled || l.world.watch.deaf[l.id]
}

func receiptComes(l *look) string {
	for _, p := range l.is.Payments {
		if p.Status == payments.Paid && !p.Till.IsZero() {
			if wrong := l.tillCame(p); wrong != "" {
				return wrong
			}
		}
		if p.Status != payments.Paid || !p.Fiscal {
			continue
		}
		has := slices.ContainsFunc(l.is.Receipts, func(r payments.Receipt) bool { return r.Payment == p.ID && r.Verified && r.Operation == "payment" })
		if !has && !everRaised(l.is, p, payments.ReceiptMissing) {
			return fmt.Sprintf("attempt %d is paid and has no receipt, and nobody was called", p.N)
		}
		b, _ := l.bankOf(p)
		closed := 0
		for _, r := range l.is.Receipts {
			if r.Payment == p.ID && r.Operation == payments.OfFulfilment {
				closed++
			}
		}
		if n := countIncomes(b); n > 1+closed {
			return fmt.Sprintf("the till printed %d receipts of income for attempt %d, %d of them may be closing", n, p.N, closed)
		}
	}
	return ""
}

// tbankIncome is the till's word for a receipt of income.
const tbankIncome = "Income"
