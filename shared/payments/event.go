package payments

import (
	"slices"
	"time"

	"giberno.ru/shared/core/ids"
)

// EventType is what a partner is told of (payments.md §3).
type EventType string

// The events of this module.
const (
	EventOrderPaid       EventType = "order.paid"
	EventOrderExpired    EventType = "order.expired"
	EventOrderCancelled  EventType = "order.cancelled"
	EventPaymentHeld     EventType = "payment.held"
	EventPaymentPaid     EventType = "payment.paid"
	EventPaymentDeclined EventType = "payment.declined"
	EventPaymentUnknown  EventType = "payment.unknown"
	EventPaymentExpired  EventType = "payment.expired"
	EventRefundSucceeded EventType = "refund.succeeded"
	EventRefundFailed    EventType = "refund.failed"
	EventReceiptReady    EventType = "receipt.ready"
	EventReceiptFailed   EventType = "receipt.failed"
)

// EventTypes lists them; a row keeps the place in this list, so that it only ever grows at its end.
var EventTypes = []EventType{EventOrderPaid, EventOrderExpired, EventOrderCancelled, EventPaymentHeld, EventPaymentPaid,
	EventPaymentDeclined, EventPaymentUnknown, EventPaymentExpired, EventRefundSucceeded, EventRefundFailed, EventReceiptReady,
	EventReceiptFailed}

// Known reports an event that this version of the code can tell. Every other one is the place of a newer version's in its list.
func (t EventType) Known() bool { return slices.Contains(EventTypes, t) }

// Mark stands on a row for an event that the partner is owed. It is written with the change that it tells of, so that an
// event which the table's changes did not carry is found by the row's due key, also if the row has changed again meanwhile.
type Mark struct {
	Type    EventType
	Version int64 // of the row, once the change was written: it names the event, for one row may be declined twice
	At      time.Time
}

// MaxMarks is how many marks a row keeps. A row that had more has forgotten its oldest; they were told long ago.
const MaxMarks = 16

// marked adds a mark to those of a row.
func marked(marks []Mark, m Mark) []Mark {
	marks = append(append(make([]Mark, 0, len(marks)+1), marks...), m)
	return marks[max(0, len(marks)-MaxMarks):]
}

// EventLife is for how long an event is owed. Whoever keeps it forgets it only later: so what was told is never told anew, in
// other bytes, because nothing is left that says so.
const EventLife = 30 * 24 * time.Hour

// Event is a mark with the name of its object.
type Event struct {
	Object ids.ID
	Mark
}

var eventOfStatus = map[Status]EventType{
	Held: EventPaymentHeld, Paid: EventPaymentPaid, Declined: EventPaymentDeclined, Unknown: EventPaymentUnknown, Expired: EventPaymentExpired,
}

// event is what the status of a refund tells the partner; "" for nothing.
func (r Refund) event() EventType {
	switch r.Status {
	case RefundSucceeded:
		return EventRefundSucceeded
	case RefundFailed:
		return EventRefundFailed
	}
	return ""
}

// event is what a receipt tells the partner. What he attached himself he need not be told.
func (r Receipt) event() EventType {
	switch {
	case r.Status == ReceiptReady && r.Verified:
		return EventReceiptReady
	case r.Status == ReceiptFailed:
		return EventReceiptFailed
	}
	return ""
}

// event is what the change of an order's state from was tells the partner; "" for nothing.
func (s State) event(was State) EventType {
	switch {
	case s.Winner != 0 && was.Winner == 0:
		return EventOrderPaid
	case s.Status == was.Status:
	case s.Status == OrderExpired:
		return EventOrderExpired
	case s.Status == OrderCancelled:
		return EventOrderCancelled
	}
	return ""
}

// EventsOf lists the events that a child's due key answers for at now: its own, and with the attempt that paid the order,
// that. The order itself answers for its other events. What is older than EventLife is owed no more; what only a newer version
// knows is not among them.
func (w Whole) EventsOf(child ids.ID, now time.Time) []Event {
	return slices.DeleteFunc(w.markedOf(child, now), func(e Event) bool { return !e.Type.Known() })
}

// markedOf lists them with those that only a newer version knows.
func (w Whole) markedOf(child ids.ID, now time.Time) (events []Event) {
	add := func(object ids.ID, marks ...Mark) {
		for _, m := range marks {
			if now.Before(m.At.Add(EventLife)) {
				events = append(events, Event{object, m})
			}
		}
	}
	of := func(paid bool) {
		for _, m := range w.State.Marks {
			if paid == (m.Type == EventOrderPaid) {
				add(w.Order.ID, m)
			}
		}
	}
	switch child.Family() {
	case ids.Root:
		of(false)
	case ids.Payment:
		if p, ok := w.Payment(child.N()); ok {
			add(p.ID, p.Marks...)
			if w.State.Winner == p.N {
				of(true)
			}
		}
	case ids.Refund:
		r, _ := w.Refund(child.N())
		add(r.ID, r.Marks...)
	default:
		r, _ := w.ReceiptOf(child)
		add(r.ID, r.Marks...)
	}
	return events
}
