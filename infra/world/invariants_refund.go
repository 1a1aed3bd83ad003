package world

import (
	"fmt"
	"slices"

	"giberno.ru/infra/simulators/tbank"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
)

// refundEdges are the only ways from one status of a refund to another.
var refundEdges = map[payments.RefundStatus][]payments.RefundStatus{
	"":                            {payments.RefundAwaitsApproval, payments.RefundPending, payments.RefundSucceeded},
	payments.RefundAwaitsApproval: {payments.RefundPending, payments.RefundFailed},
	payments.RefundPending:        {payments.RefundUnknown, payments.RefundSucceeded, payments.RefundFailed},
	payments.RefundUnknown:        {payments.RefundPending, payments.RefundSucceeded, payments.RefundFailed},
	payments.RefundSucceeded:      {},
	payments.RefundFailed:         {},
}

func listedRefundEdges(l *look) string {
	for _, r := range l.is.Refunds {
		before, _ := l.was.Refund(r.N)
		if before.Status != r.Status && !slices.Contains(refundEdges[before.Status], r.Status) {
			return fmt.Sprintf("refund %d went from %q to %q", r.N, before.Status, r.Status)
		}
		if before.N != 0 && (before.Amount != r.Amount || before.Payment != r.Payment || before.Source != r.Source || r.Version < before.Version) {
			return fmt.Sprintf("refund %d is another than it was", r.N)
		}
	}
	if len(l.is.Refunds) < len(l.was.Refunds) {
		return "a refund is gone"
	}
	return ""
}

// given is how much of an attempt went back for sure, and promised how much of it may not be promised again.
func given(w payments.Whole, n int) (given, promised int64) {
	for _, r := range w.Refunds {
		switch {
		case r.Payment != n || r.Status == payments.RefundFailed:
		case r.Status == payments.RefundSucceeded:
			given, promised = given+r.Amount.Amount, promised+r.Amount.Amount
		default:
			promised += r.Amount.Amount
		}
	}
	return given, promised
}

// refundsAddUp holds refunds against the payment, STATE, and the lines that were sold.
func refundsAddUp(l *look) string {
	var ofWinner int64
	for _, p := range l.is.Payments {
		back, promised := given(l.is, p.N)
		if back > p.Captured {
			return fmt.Sprintf("of attempt %d, which took %d, there went back %d", p.N, p.Captured, back)
		}
		var stands int64
		for _, s := range l.is.State.Promised {
			if s.N == p.N {
				stands += s.Amount
			}
		}
		if stands != promised {
			return fmt.Sprintf("STATE promises %d of attempt %d, its refunds %d", stands, p.N, promised)
		}
		if p.N == l.is.State.Winner {
			ofWinner = back
		}
	}
	if ofWinner != l.is.State.Refunded {
		return fmt.Sprintf("STATE says that %d went back, the refunds say %d", l.is.State.Refunded, ofWinner)
	}
	return linesAddUp(l)
}

func linesAddUp(l *look) string {
	type sum struct {
		quantity money.Quantity
		amount   int64
	}
	back := map[[2]int]sum{}
	for _, r := range l.is.Refunds {
		if r.Status == payments.RefundFailed {
			continue
		}
		for _, i := range r.Items {
			s := back[[2]int{r.Payment, i.Line}]
			s.quantity, s.amount = s.quantity+i.Quantity, s.amount+i.Amount
			back[[2]int{r.Payment, i.Line}] = s
			if i.Line < 1 || i.Line > len(l.is.Order.Items) {
				return fmt.Sprintf("refund %d gives back line %d", r.N, i.Line)
			}
			if sold := l.is.Order.Items[i.Line-1]; (s.quantity > sold.Quantity || s.amount > sold.Amount.Amount) && r.Source != payments.ByBank {
				return fmt.Sprintf("of line %d, sold %s for %d, there came back %s for %d", i.Line, sold.Quantity, sold.Amount.Amount, s.quantity, s.amount)
			}
		}
	}
	return ""
}

// refundIsGiven: what we call given back the bank has given back.
func refundIsGiven(l *look) string {
	for _, r := range l.is.Refunds {
		before, _ := l.was.Refund(r.N)
		if r.Status != payments.RefundSucceeded || before.Status == payments.RefundSucceeded {
			continue
		}
		p, _ := l.is.Payment(r.Payment)
		b, _ := l.bankOf(p)
		if back, _ := given(l.is, r.Payment); b.Returned < back {
			return fmt.Sprintf("refund %d: %d of attempt %d went back here, %d at the bank", r.N, back, p.N, b.Returned)
		}
	}
	return ""
}

// fourEyes: a refund above the limit is sent only once another person than its author has agreed.
func fourEyes(l *look) string {
	if l.is.Order.Partner != l.world.cautious() {
		return ""
	}
	for _, r := range l.is.Refunds {
		asked := r.Source == payments.ByPartner || r.Source == payments.ByOperator
		if asked && r.Sent && r.Amount.Amount > refundLimit && (r.Approver == "" || r.Approver == r.Author) {
			return fmt.Sprintf("refund %d over %d by %s was sent with the consent of %q", r.N, r.Amount.Amount, r.Author, r.Approver)
		}
	}
	return ""
}

// failedIsNotGiven: what we call failed the bank has not carried out, where it knows the refund by name.
func failedIsNotGiven(l *look) string {
	for _, r := range l.is.Refunds {
		before, _ := l.was.Refund(r.N)
		if r.Status != payments.RefundFailed || before.Status == payments.RefundFailed {
			continue
		}
		p, _ := l.is.Payment(r.Payment)
		b, _ := l.bankOf(p)
		for _, at := range b.Refunds {
			if at.ExternalID == r.BankKey() && b.Method == "card" {
				return fmt.Sprintf("refund %d failed (%s), and the bank gave %d back under its key", r.N, r.Decline.Code, at.Amount)
			}
		}
	}
	return ""
}

// oncePerKey: every refund that the bank carried out for us is one of ours, under its own name, once.
func oncePerKey(l *look) string {
	for _, b := range l.atBank() {
		seen := map[string]bool{}
		for _, r := range b.Refunds {
			switch {
			case r.ExternalID == "" || r.Code != "": // of the cabinet, a hold released, or one that failed
				continue
			case seen[r.ExternalID]:
				return "the bank gave back twice under the key " + r.ExternalID
			case !slices.ContainsFunc(l.is.Refunds, func(o payments.Refund) bool { return o.BankKey() == r.ExternalID }):
				return "the bank gave back under the key " + r.ExternalID + ", which none of our refunds has"
			}
			seen[r.ExternalID] = true
		}
	}
	return ""
}

// refundsEnd: at rest every refund has ended, what came unwanted went back, and every return through a till has its receipt.
func refundsEnd(l *look) string {
	for _, r := range l.is.Refunds {
		if !r.Status.Final() && !stuck(l.is) {
			return fmt.Sprintf("refund %d is still %s", r.N, r.Status)
		}
		p, _ := l.is.Payment(r.Payment)
		_, printed := l.is.ReceiptOf(l.is.Order.ID.Child(ids.RefundReceipt, r.N))
		missing := (p.Fiscal || !p.Till.IsZero()) && r.Status == payments.RefundSucceeded && !printed
		if missing && !raisedOn(l.is, r.ID.String(), payments.ReceiptMissing) && !raisedOn(l.is, p.ID.String(), payments.ReceiptConflict) {
			return fmt.Sprintf("refund %d has no receipt, and nobody was called", r.N)
		}
	}
	for _, p := range l.is.Payments {
		if p.Status == payments.Paid && p.N != l.is.State.Winner && l.is.Unwanted(p.N) {
			return fmt.Sprintf("attempt %d is an unwanted success, and %d of it did not go back", p.N, l.is.Refundable(p.N))
		}
	}
	return ""
}

func raisedOn(w payments.Whole, object string, kinds ...payments.AlarmKind) bool {
	return slices.ContainsFunc(w.Alarms, func(a payments.Alarm) bool { return a.Object == object && slices.Contains(kinds, a.Kind) })
}

// countIncomes is how many receipts of income the till printed.
func countIncomes(b tbank.Payment) (n int) {
	for _, r := range b.Receipts {
		if r.Type == tbankIncome {
			n++
		}
	}
	return n
}
