package store

import (
	"fmt"

	"giberno.ru/shared/payments"
)

// contradictions lists what an order's rows say against each other. Money first: who paid, how much, and by which attempt.
func contradictions(w payments.Whole) (wrong []string) {
	add := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	s := w.State
	if s.Attempts != len(w.Payments) {
		add("STATE counts %d attempts, there are %d", s.Attempts, len(w.Payments))
	}
	paid := s.Status == payments.OrderPaid || s.Status == payments.OrderPartiallyRefunded || s.Status == payments.OrderRefunded
	winner, found := w.Payment(s.Winner)
	switch {
	case s.Winner == 0 && (paid || s.Paid != 0):
		add("STATE is %s over %d, and no attempt has won", s.Status, s.Paid)
	case s.Winner != 0 && !paid:
		add("attempt %d has won, and STATE is %s", s.Winner, s.Status)
	case s.Winner != 0 && (!found || winner.Status != payments.Paid || winner.Captured != s.Paid):
		add("STATE says that attempt %d paid %d; the attempt is %q over %d", s.Winner, s.Paid, winner.Status, winner.Captured)
	}
	if want := refundedAs(s); paid && s.Status != want {
		add("STATE gave back %d of %d and is %s", s.Refunded, s.Paid, s.Status)
	}
	if open, ok := w.Payment(s.Open); s.Open != 0 && (!ok || !open.Status.Open()) {
		add("STATE says that attempt %d is open; it is %q", s.Open, open.Status)
	}
	if !w.Closed() && w.Order.Due.IsZero() {
		add("the order can still expire, and has no due key")
	}
	for _, p := range w.Payments {
		wrong = append(wrong, contradicts(w, p)...)
		wrong = append(wrong, givenBack(w, p)...)
	}
	return wrong
}

// givenBack lists what the refunds of one attempt say against what it took and what STATE promised of it.
func givenBack(w payments.Whole, p payments.Payment) (wrong []string) {
	add := func(format string, args ...any) {
		wrong = append(wrong, fmt.Sprintf("attempt %d ", p.N)+fmt.Sprintf(format, args...))
	}
	var promised, back int64
	for _, r := range w.Refunds {
		if r.Payment != p.N {
			continue
		}
		if r.Amount.Amount <= 0 || r.Amount.Currency != p.Amount.Currency {
			add("has refund %d over %s", r.N, r.Amount)
		}
		if !r.Status.Final() && r.Due.IsZero() {
			add("has refund %d that is %s, and no due key: nobody would carry it on", r.N, r.Status)
		}
		switch r.Status {
		case payments.RefundSucceeded:
			back += r.Amount.Amount
			promised += r.Amount.Amount
		case payments.RefundFailed:
		default:
			promised += r.Amount.Amount
		}
	}
	var kept int64
	for _, s := range w.State.Promised {
		if s.N == p.N {
			kept += s.Amount
		}
	}
	if kept != promised {
		add("is promised %d by its refunds, and %d by STATE", promised, kept)
	}
	if promised > p.Captured {
		add("took %d, and %d is promised to go back", p.Captured, promised)
	}
	if p.N == w.State.Winner && back != w.State.Refunded {
		add("gave back %d, and STATE says %d", back, w.State.Refunded)
	}
	if p.Suspect && p.Due.IsZero() {
		add("is suspected, and has no due key: nobody would ask the bank")
	}
	return wrong
}

// contradicts lists what one attempt says against its order.
func contradicts(w payments.Whole, p payments.Payment) (wrong []string) {
	add := func(format string, args ...any) {
		wrong = append(wrong, fmt.Sprintf("attempt %d ", p.N)+fmt.Sprintf(format, args...))
	}
	o, isPaid := w.Order, p.Status == payments.Paid
	if p.Mode != o.Mode || p.Partner != o.Partner || p.Amount != o.Total {
		add("is over %s of partner %s in mode %s, and the order is not", p.Amount, p.Partner, p.Mode)
	}
	if isPaid != (p.Captured > 0) || p.Captured < 0 || p.Captured > p.Amount.Amount {
		add("is %s and took %d of %s", p.Status, p.Captured, p.Amount)
	}
	if isPaid && p.N != w.State.Winner && !told(w, payments.SecondSuccess, p) && !told(w, payments.PaidAfterCancel, p) {
		add("is paid, did not win the order, and no operator was called")
	}
	if p.Status == payments.Created && p.N != w.State.Open {
		add("is being opened, and does not hold the road")
	}
	if p.Watched() && p.Due.IsZero() {
		add("is %s, and has no due key: nobody would ask the bank", p.Status)
	}
	return wrong
}

// told reports that an operator was called for an attempt, whether or not he has seen to it.
func told(w payments.Whole, kind payments.AlarmKind, p payments.Payment) bool {
	for _, a := range w.Alarms {
		if a.Kind == kind && a.Object == p.ID.String() {
			return true
		}
	}
	return false
}

// refundedAs is the status of a paid order by what was given back of it.
func refundedAs(s payments.State) payments.OrderStatus {
	switch {
	case s.Refunded == 0:
		return payments.OrderPaid
	case s.Refunded < s.Paid:
		return payments.OrderPartiallyRefunded
	}
	return payments.OrderRefunded
}
