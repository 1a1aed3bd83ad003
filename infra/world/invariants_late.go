package world

import (
	"fmt"
	"slices"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
)

// bankPrints and tillPrints are how many minutes the banks' tills and ours may take for a receipt, by mode; 0: the usual hour.
var (
	bankPrints = map[ids.Mode]int{ids.Test: 30}
	tillPrints = map[ids.Mode]int{ids.Live: 15}
)

// calledInTime: for a receipt that does not come an operator is called once the time is over that its account agrees on.
func calledInTime(l *look) string {
	for _, a := range l.is.Alarms {
		if a.Kind != payments.ReceiptMissing || slices.ContainsFunc(l.was.Alarms, func(o payments.Alarm) bool { return o.Kind == a.Kind && o.Object == a.Object }) {
			continue
		}
		if p, since, ok := owedOf(l.is, a.Object); ok && a.OpenedAt.Before(since.Add(l.world.printTime(p))) {
			return fmt.Sprintf("at %s an operator was called for the receipt of %s, which is owed since %s", a.OpenedAt, a.Object, since)
		}
	}
	return ""
}

// owedOf is the payment behind the object of an alarm, and since when it is owed a receipt at the earliest.
func owedOf(whole payments.Whole, object string) (p payments.Payment, since time.Time, ok bool) {
	id, err := ids.Parse(object)
	if err != nil {
		return p, since, false
	}
	switch r, found := whole.ReceiptOf(id); {
	case found:
		p, ok = whole.Payment(r.Payment.N())
		since = p.PaidAt
	case id.Family() == ids.Payment:
		p, ok = whole.Payment(id.N())
		since = p.PaidAt
	case id.Family() == ids.Refund:
		back, _ := whole.Refund(id.N())
		p, ok = whole.Payment(back.Payment)
		since = back.SucceededAt
	}
	return p, since, ok
}

// printTime is how long whoever makes the receipts of a payment may take.
func (w *World) printTime(p payments.Payment) time.Duration {
	minutes := tillPrints[p.Mode]
	if a := w.agreed(p); a.contract.fiscal {
		minutes = bankPrints[p.Mode]
	}
	if minutes == 0 {
		return time.Hour
	}
	return time.Duration(minutes) * time.Minute
}
