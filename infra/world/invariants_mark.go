package world

import (
	"fmt"
	"slices"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/payments"
)

// wordsOfStatus is what a partner hears of a payment. The list stands here by itself, so that the rules of the domain are held
// against something that they did not make.
var wordsOfStatus = map[payments.Status]payments.EventType{
	payments.Held: "payment.held", payments.Paid: "payment.paid", payments.Declined: "payment.declined",
	payments.Unknown: "payment.unknown", payments.Expired: "payment.expired",
}

func wordOfState(was, is payments.State) payments.EventType {
	switch {
	case was.Winner == 0 && is.Winner != 0:
		return "order.paid"
	case was.Status == is.Status:
	case is.Status == payments.OrderExpired:
		return "order.expired"
	case is.Status == payments.OrderCancelled:
		return "order.cancelled"
	}
	return ""
}

func wordOfRefund(r payments.Refund) payments.EventType {
	switch r.Status {
	case payments.RefundSucceeded:
		return "refund.succeeded"
	case payments.RefundFailed:
		return "refund.failed"
	}
	return ""
}

func wordOfReceipt(r payments.Receipt) payments.EventType {
	switch {
	case r.Status == payments.ReceiptReady && r.Verified:
		return "receipt.ready"
	case r.Status == payments.ReceiptFailed:
		return "receipt.failed"
	}
	return ""
}

// marked is a row's marks before and after a step, and what the step has to be told as.
type marked struct {
	object  ids.ID
	was, is []payments.Mark
	word    payments.EventType // "": nothing happened that a partner hears of
	version int64
}

// marks are those of all rows of an order.
func (l *look) marks() (all []marked) {
	all = append(all, marked{l.is.Order.ID, l.was.State.Marks, l.is.State.Marks, wordOfState(l.was.State, l.is.State), l.is.State.Version})
	for _, p := range l.is.Payments {
		before, _ := l.was.Payment(p.N)
		word := wordsOfStatus[p.Status]
		if p.Status == before.Status {
			word = ""
		}
		all = append(all, marked{p.ID, before.Marks, p.Marks, word, p.Version})
	}
	for _, r := range l.is.Refunds {
		before, _ := l.was.Refund(r.N)
		all = append(all, marked{r.ID, before.Marks, r.Marks, changedWord(wordOfRefund(before), wordOfRefund(r)), r.Version})
	}
	for _, r := range l.is.Receipts {
		before, _ := l.was.ReceiptOf(r.ID)
		all = append(all, marked{r.ID, before.Marks, r.Marks, changedWord(wordOfReceipt(before), wordOfReceipt(r)), r.Version})
	}
	return all
}

func changedWord(was, is payments.EventType) payments.EventType {
	if was == is {
		return ""
	}
	return is
}

// grown are the marks that a step has made.
func (m marked) grown() []payments.Mark {
	return slices.DeleteFunc(slices.Clone(m.is), func(one payments.Mark) bool { return slices.Contains(m.was, one) })
}

// factIsMarked: what happens to a row is marked on it in the same write, and nothing else is.
func factIsMarked(l *look) string {
	for _, m := range l.marks() {
		grown := m.grown()
		switch {
		case m.word == "" && len(grown) > 0:
			return fmt.Sprintf("%s is marked with %v, which did not happen", m.object, grown)
		case m.word != "" && (len(grown) != 1 || grown[0].Type != m.word || grown[0].Version != m.version):
			return fmt.Sprintf("%s has to be told of %s, and is marked with %v at version %d", m.word, m.object, grown, m.version)
		case len(m.is) < min(len(m.was)+len(grown), payments.MaxMarks):
			return fmt.Sprintf("%s has lost marks: %v, before %v", m.object, m.is, m.was)
		}
	}
	return ""
}

// untoldIsDue: as long as an event is not told, a row that answers for it stands among the due keys.
func untoldIsDue(l *look) string {
	untold := l.world.hearing.untold
	untold[l.id] = slices.DeleteFunc(untold[l.id], func(f *fact) bool { return !f.told.IsZero() })
	for _, f := range untold[l.id] {
		if f.Mode == l.mode && !slices.ContainsFunc(l.children(), func(c child) bool { return !c.due.IsZero() && l.answersFor(c.id, f) }) {
			return fmt.Sprintf("%s of %s at version %d is not told yet, and no due key stands for it", f.Type, f.Object, f.Version)
		}
	}
	if len(untold[l.id]) == 0 {
		delete(untold, l.id)
	}
	return ""
}

// child is a row of an order that has a due key of its own.
type child struct {
	id  ids.ID
	due time.Time
}

func (l *look) children() []child {
	all := []child{{l.is.Order.ID, l.is.Order.Due}}
	for _, p := range l.is.Payments {
		all = append(all, child{p.ID, p.Due})
	}
	for _, r := range l.is.Refunds {
		all = append(all, child{r.ID, r.Due})
	}
	for _, r := range l.is.Receipts {
		all = append(all, child{r.ID, r.Due})
	}
	return all
}

// answersFor reports that the sweeper asks for an event when it comes to a child's due key.
func (l *look) answersFor(child ids.ID, f *fact) bool {
	return slices.ContainsFunc(l.is.EventsOf(child, l.world.clock.Now()), func(e payments.Event) bool {
		return e.Object == f.Object && notify.Type(e.Type) == f.Type && e.Version == f.Version
	})
}

// oweMarks notes what the partner of an order has to hear of.
func (w *World) oweMarks(l *look) {
	for _, m := range l.marks() {
		for _, one := range m.grown() {
			w.hearing.owe(notify.Event{Mode: l.mode, Partner: l.is.Order.Partner, Type: notify.Type(one.Type), Object: m.object, Version: one.Version, At: one.At})
		}
	}
}

// oweSettlement notes that a partner has to hear of a settlement that his list shows.
func (w *World) oweSettlement(s ledger.Settlement) {
	if s.Bare() {
		return
	}
	w.hearing.owe(notify.Event{Mode: s.Mode, Partner: s.Partner, Type: notify.SettlementReady, Object: s.ID, Version: 1, At: s.ClosedAt})
}
