package payments

import (
	"strconv"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
)

// Outcome is what a decision changes: the rows to write, all in one write, or the wish to ask the bank first.
type Outcome struct {
	Before Whole // as it was read; the write is conditional on its versions
	After  Whole
	Ask    bool // the news contradicts what we know: only the bank's present answer may decide

	stateChanged bool
	changed      map[int]bool // payment numbers
	refunds      map[int]bool // refund numbers
	receipts     map[ids.ID]bool
	NewAlarms    []Alarm
}

func begin(w Whole) Outcome {
	after := w
	after.Payments = append([]Payment(nil), w.Payments...)
	after.Alarms = append([]Alarm(nil), w.Alarms...)
	after.Receipts = append([]Receipt(nil), w.Receipts...)
	after.Refunds = append([]Refund(nil), w.Refunds...)
	return Outcome{Before: w, After: after}
}

// Empty reports that nothing has to be written.
func (o Outcome) Empty() bool {
	return !o.stateChanged && len(o.changed) == 0 && len(o.refunds) == 0 && len(o.receipts) == 0 && len(o.NewAlarms) == 0
}

// StateChanged reports that the order's lock row is part of the write.
func (o Outcome) StateChanged() bool { return o.stateChanged }

// Changed gives the payments to write, in the order of their numbers.
func (o Outcome) Changed() []Payment {
	var ps []Payment
	for _, p := range o.After.Payments {
		if o.changed[p.N] {
			ps = append(ps, p)
		}
	}
	return ps
}

// put takes a changed or new payment into the write.
func (o *Outcome) put(p Payment) {
	old, _ := o.Before.Payment(p.N)
	p.Version, p.Marks = old.Version+1, old.Marks
	if tells := eventOfStatus[p.Status]; tells != "" && p.Status != old.Status {
		p.Marks = marked(old.Marks, Mark{tells, p.Version, p.UpdatedAt})
	}
	p.Due = dueOf(p.Due, old.Due, p.Marks, p.Version)
	if o.changed == nil {
		o.changed = map[int]bool{}
	}
	o.changed[p.N] = true
	if p.N > len(o.After.Payments) {
		o.After.Payments = append(o.After.Payments, p)
		return
	}
	o.After.Payments[p.N-1] = p
}

// ChangedRefunds gives the refunds to write, in the order of their numbers.
func (o Outcome) ChangedRefunds() []Refund {
	var rs []Refund
	for _, r := range o.After.Refunds {
		if o.refunds[r.N] {
			rs = append(rs, r)
		}
	}
	return rs
}

// putRefund takes a changed or new refund into the write.
func (o *Outcome) putRefund(r Refund) {
	old, _ := o.Before.Refund(r.N)
	r.Version, r.Marks = old.Version+1, old.Marks
	if tells := r.event(); tells != "" && tells != old.event() {
		r.Marks = marked(old.Marks, Mark{tells, r.Version, r.UpdatedAt})
	}
	r.Due = dueOf(r.Due, old.Due, r.Marks, r.Version)
	if o.refunds == nil {
		o.refunds = map[int]bool{}
	}
	o.refunds[r.N] = true
	if r.N > len(o.After.Refunds) {
		o.After.Refunds = append(o.After.Refunds, r)
		return
	}
	o.After.Refunds[r.N-1] = r
}

// ChangedReceipts gives the receipts to write.
func (o Outcome) ChangedReceipts() []Receipt {
	var rs []Receipt
	for _, r := range o.After.Receipts {
		if o.receipts[r.ID] {
			rs = append(rs, r)
		}
	}
	return rs
}

// putReceipt takes a changed or new receipt into the write.
func (o *Outcome) putReceipt(r Receipt) {
	old, _ := o.Before.ReceiptOf(r.ID)
	r.Version, r.Marks = old.Version+1, old.Marks
	if tells := r.event(); tells != "" && tells != old.event() {
		r.Marks = marked(old.Marks, Mark{tells, r.Version, r.UpdatedAt})
	}
	r.Due = dueOf(r.Due, old.Due, r.Marks, r.Version)
	if o.receipts == nil {
		o.receipts = map[ids.ID]bool{}
	}
	o.receipts[r.ID] = true
	for i := range o.After.Receipts {
		if o.After.Receipts[i].ID == r.ID {
			o.After.Receipts[i] = r
			return
		}
	}
	o.After.Receipts = append(o.After.Receipts, r)
}

// state takes the order's lock into the write.
func (o *Outcome) state(s State, now time.Time) {
	was := o.Before.State
	s.Version, s.UpdatedAt, s.Marks = was.Version+1, now, was.Marks
	if tells := s.event(was); tells != "" {
		s.Marks = marked(was.Marks, Mark{tells, s.Version, now})
		if tells == EventOrderCancelled { // the order's due key stands at its end, which may be months away
			o.After.Order.Due = now.Add(FeedFirst)
		}
	}
	o.After.State = s
	o.stateChanged = true
}

// dueOf keeps a row in sight that may owe an event: nobody but the sweeper, who has looked for it, takes its due key away.
func dueOf(due, was time.Time, marks []Mark, version int64) time.Time {
	switch {
	case !due.IsZero() || len(marks) == 0:
		return due
	case marks[len(marks)-1].Version != version:
		return was
	}
	fresh := marks[len(marks)-1].At.Add(FeedFirst)
	if !was.IsZero() && was.Before(fresh) {
		return was // it is soon enough, and costs less
	}
	return fresh
}

// raise opens an alarm unless it is open already.
func (o *Outcome) raise(kind AlarmKind, object, detail string, now time.Time) {
	if o.After.Raised(kind, object) {
		return
	}
	a := Alarm{Kind: kind, Object: object, Detail: detail, OpenedAt: now}
	o.NewAlarms = append(o.NewAlarms, a)
	o.After.Alarms = append(o.After.Alarms, a)
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// The refusals of this module (payments.md §3), one place for all doors.
var (
	ErrOrderNotFound     = fault.NotFound("order_not_found", "There is no such order.")
	ErrPaymentNotFound   = fault.NotFound("payment_not_found", "There is no such payment.")
	ErrOrderPaid         = fault.Conflict("order_already_paid", "The order has been paid.")
	ErrOrderExpired      = fault.Conflict("order_expired", "The order has expired.")
	ErrOrderCancelled    = fault.Conflict("order_cancelled", "The order has been cancelled.")
	ErrPaymentInProgress = fault.Conflict("payment_in_progress", "Another attempt to pay this order is under way.")
	ErrPaymentUnknown    = fault.Conflict("payment_unknown", "The bank has not told yet what became of the last request; it is being asked.")
	ErrAttemptsExhausted = fault.Conflict("attempts_exhausted", "The order has used up its attempts.")
	ErrMethod            = fault.Conflict("method_not_available", "This order cannot be paid in this way.")
	ErrProvider          = fault.Conflict("provider_not_available", "This provider cannot take this payment.")
	ErrNoProvider        = fault.Conflict("no_provider", "No provider can take this payment now.")
	ErrNotCapturable     = fault.Conflict("not_capturable", "Only a held payment can be captured or voided.")
	ErrExceedsHeld       = fault.Conflict("amount_exceeds_held", "The amount is more than the payment holds.")
	ErrNotSupported      = fault.Conflict("operation_not_supported", "The bank cannot do this.")
	ErrKeyMismatch       = fault.Invalid("idempotency_mismatch", "This Idempotency-Key was used with another request.")
	ErrKeyInFlight       = fault.Conflict("idempotency_in_flight", "The request with this Idempotency-Key is still being answered.").After(time.Second)
	ErrKeyRequired       = fault.Malformed("idempotency_key_required", "This call moves money and needs an Idempotency-Key.")
	ErrReceiptUnknown    = fault.NotFound("receipt_unknown", "No order has this receipt.")
)
