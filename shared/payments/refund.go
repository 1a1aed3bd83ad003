package payments

import (
	"slices"
	"strconv"
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
)

// RefundStatus is where one giving back of money stands.
type RefundStatus string

// The statuses of a refund.
const (
	RefundAwaitsApproval RefundStatus = "pending_approval" // above the limit: a second operator has to agree
	RefundPending        RefundStatus = "pending"          // to be carried out, or the bank is at it
	RefundUnknown        RefundStatus = "unknown"          // the bank has not told yet whether it gave the money back
	RefundSucceeded      RefundStatus = "succeeded"
	RefundFailed         RefundStatus = "failed" // proven: no money went back
)

// RefundStatuses lists all of them in the order of their life.
var RefundStatuses = []RefundStatus{RefundAwaitsApproval, RefundPending, RefundUnknown, RefundSucceeded, RefundFailed}

// Final reports a status that nothing leaves.
func (s RefundStatus) Final() bool { return s == RefundSucceeded || s == RefundFailed }

// RefundSource is who gave the money back.
type RefundSource string

// The sources of a refund.
const (
	ByPartner  RefundSource = "partner"
	ByOperator RefundSource = "operator"
	ByBank     RefundSource = "bank"   // in the bank's own cabinet, or a chargeback
	BySystem   RefundSource = "system" // a second or late success, or a cancel that met a paid payment
)

// The reasons of failure that are not a bank's.
const (
	Rejected        banks.DeclineCode = "rejected"         // by the second operator
	ApprovalExpired banks.DeclineCode = "approval_expired" // nobody agreed in time
	NothingLeft     banks.DeclineCode = "nothing_left"     // the money went back at the bank meanwhile
	NotCarriedOut   banks.DeclineCode = "not_carried_out"  // the bank, asked twice, shows no trace of it
)

// ApprovalLife is how long a refund waits for the second operator.
const ApprovalLife = 24 * time.Hour

// MaxReturnTries is how many refunds of its own the platform tries for one unwanted success, before it leaves it to the
// operator whom the alarm called.
const MaxReturnTries = 8

// Returned is what a refund gives back of one line. Quantity 0: an amount that no thousandths of the line express.
type Returned struct {
	Line     int            `json:"l"` // of the order, counted from 1
	Quantity money.Quantity `json:"q,omitempty"`
	Amount   int64          `json:"a"`           // minor units
	Closed   bool           `json:"c,omitempty"` // a closing receipt had closed the line: it comes back from full settlement
}

// Refund is money given back of one payment.
type Refund struct {
	ID       ids.ID
	Order    ids.ID
	Mode     ids.Mode
	Partner  ids.ID
	N        int // 1 … 99 within the order
	Payment  int // the attempt that took the money
	Version  int64
	Status   RefundStatus
	Source   RefundSource
	Amount   money.Money
	Items    []Returned // empty: it is not known which lines came back
	Reason   string
	Author   string // who asked for it
	Approver string // the second operator
	Ended    EndedBy
	Decline  banks.Decline

	Till     ids.ID    // the till of ours that owes its receipt; zero: the bank's, or none
	Keyed    bool      // the bank carries one key out once: the same call may be repeated
	Sent     bool      // the bank may have heard of it
	Begun    bool      // the bank said that it is at it
	Until    time.Time // until then a caller is still waiting for the bank
	Checks   int
	MissedAt time.Time // first time the bank showed no trace of it

	Key         Answered // of the creating call
	First       First    // its first outcome, which every replay repeats
	SucceededAt time.Time
	Before      int64  // minor units that had gone back of the payment when this one succeeded
	Marks       []Mark // the events that it owes its partner, or has told
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Due         time.Time
}

// BankKey names the refund at the bank, for ever: the payment's reference, r, two digits, and the second of its creation,
// for after a restore from a backup a number may be given anew. At most 40 of [a-z0-9].
func (r Refund) BankKey() string {
	return ids.Reference(r.Mode, r.Order, r.Payment) + "r" + string([]byte{'0' + byte(r.N/10), '0' + byte(r.N%10)}) +
		strconv.FormatInt(r.CreatedAt.Unix(), 36)
}

// Waiting reports that somebody is still waiting for the bank's answer.
func (r Refund) Waiting(now time.Time) bool { return now.Before(r.Until) }

// Closed reports a refund of what a closing receipt had closed.
func (r Refund) Closed() bool {
	return slices.ContainsFunc(r.Items, func(i Returned) bool { return i.Closed })
}

// counts reports a refund whose amount is given back or promised.
func (r Refund) counts() bool { return r.Status != RefundFailed }

// settled reports a refund about which the bank has nothing to say: it has ended, or nobody may have sent it.
func (r Refund) settled() bool { return r.Status.Final() || r.Status == RefundAwaitsApproval }

// atBank reports a refund that may have moved money, or may yet.
func (r Refund) atBank() bool { return r.Sent && !r.Status.Final() }

func (r Refund) touched(now time.Time) Refund {
	r.UpdatedAt, r.Checks, r.MissedAt = now, 0, time.Time{}
	return r
}

// answered fixes the first outcome that its creating call answers with. Unknown is none.
func (r Refund) answered(now time.Time) Refund {
	if r.First.At.IsZero() && r.Status != RefundUnknown {
		r.First = First{Status: Status(r.Status), Decline: r.Decline, At: now}
	}
	return r
}

// Promised is how much of one attempt is given back, or promised to be. The number stands on STATE, the order's only
// lock, so that two refunds can never promise the same money.
type Promised struct {
	N      int   `json:"n"`
	Amount int64 `json:"a"` // minor units
}

// Promised is how much of attempt n is given back or promised to be, in minor units.
func (s State) promised(n int) int64 {
	for _, p := range s.Promised {
		if p.N == n {
			return p.Amount
		}
	}
	return 0
}

// promise changes it; the slice of the state before stays as it was.
func (s State) promise(n int, by int64) State {
	s.Promised = slices.Clone(s.Promised)
	for i := range s.Promised {
		if s.Promised[i].N == n {
			s.Promised[i].Amount += by
			return s
		}
	}
	s.Promised = append(s.Promised, Promised{n, by})
	return s
}

// Refundable is what may still be given back of attempt n, in minor units.
func (w Whole) Refundable(n int) int64 {
	p, ok := w.Payment(n)
	if !ok || p.Status != Paid {
		return 0
	}
	return max(p.Captured-w.State.promised(n), 0)
}

// Refund gives refund k.
func (w Whole) Refund(k int) (Refund, bool) {
	if k < 1 || k > len(w.Refunds) {
		return Refund{}, false
	}
	return w.Refunds[k-1], true
}

// RefundByKey finds the refund that answers an Idempotency-Key.
func (w Whole) RefundByKey(key string) (Refund, bool) {
	for _, r := range w.Refunds {
		if key != "" && r.Key.Key == key {
			return r, true
		}
	}
	return Refund{}, false
}

// returned is how much of attempt n went back for sure, in minor units.
func (w Whole) returned(n int) (sum int64) {
	for _, r := range w.Refunds {
		if r.Payment == n && r.Status == RefundSucceeded {
			sum += r.Amount.Amount
		}
	}
	return sum
}

// The refusals of refunds.
var (
	ErrRefundNotFound    = fault.NotFound("refund_not_found", "There is no such refund.")
	ErrNotRefundable     = fault.Conflict("not_refundable", "Only a paid payment can be refunded.")
	ErrExceedsRefundable = fault.Conflict("amount_exceeds_refundable", "The amount is more than what is left of the payment.")
	ErrRefundInProgress  = fault.Conflict("refund_in_progress", "Another refund of this payment is under way, and its bank takes one at a time.")
	ErrClosing           = fault.Conflict("fulfilment_in_progress", "The closing receipt of this order is being made; refund it after that.")
	ErrRefundsExhausted  = fault.Conflict("refunds_exhausted", "The order has used up its refunds.")
	ErrNoApproval        = fault.Conflict("approval_not_pending", "The refund does not wait for an approval.")
	ErrApproverIsAuthor  = fault.Forbidden("approver_is_author", "Somebody else than its author has to approve a refund.")
)

// RefundWish is a refund as it is asked for: all that is left (no amount, no parts), an amount, or some lines.
type RefundWish struct {
	Amount       int64 // minor units
	Parts        []Part
	Reason       string
	Author       string
	Source       RefundSource
	Keyed        bool  // the bank carries one key out once
	ApproveAbove int64 // minor units that one person may have given back of a payment; 0: any
	Key, Hash    string
}

// BeginRefund makes the intent to give money back and lowers, in the same write, what may still be given back. A refund
// above the limit waits for a second operator, its amount promised meanwhile; refunds of a payment count together, so
// that nobody goes below the limit in slices.
func BeginRefund(w Whole, n int, wish RefundWish, now time.Time) (Outcome, Refund, error) {
	p, ok := w.Payment(n)
	switch {
	case !ok:
		return Outcome{}, Refund{}, ErrPaymentNotFound
	case p.Status != Paid:
		return Outcome{}, Refund{}, ErrNotRefundable
	case len(w.Refunds) >= ids.MaxChild:
		return Outcome{}, Refund{}, ErrRefundsExhausted
	}
	if other, busy := w.refunding(n); busy && !(wish.Keyed && other.Keyed) {
		return Outcome{}, Refund{}, ErrRefundInProgress.After(wait(other.Due, now))
	}
	if closing, ok := w.closing(p); ok && now.Before(w.lateAt(closing)) {
		return Outcome{}, Refund{}, ErrClosing.After(wait(closing.CreatedAt.Add(time.Minute), now)) // else its receipt would contradict the other
	}
	amount, items, err := w.back(p, wish.Amount, wish.Parts)
	if err != nil {
		return Outcome{}, Refund{}, err
	}
	k := len(w.Refunds) + 1
	r := Refund{
		ID: w.Order.ID.Child(ids.Refund, k), Order: w.Order.ID, Mode: w.Order.Mode, Partner: w.Order.Partner, N: k, Payment: n,
		Status: RefundPending, Source: wish.Source, Amount: money.Of(amount, p.Amount.Currency), Items: items,
		Reason: wish.Reason, Author: wish.Author, Till: p.Till, Keyed: wish.Keyed, Key: Answered{Key: wish.Key, Hash: wish.Hash},
		CreatedAt: now, UpdatedAt: now,
	}
	if wish.ApproveAbove > 0 && w.State.promised(n)+amount > wish.ApproveAbove {
		r.Status, r.Due = RefundAwaitsApproval, now.Add(ApprovalLife)
		r = r.answered(now)
	} else {
		r = r.sent(now)
	}
	out := begin(w)
	out.putRefund(r)
	out.state(w.State.promise(n, amount), now)
	r, _ = out.After.Refund(k)
	return out, r, nil
}

// refunding gives a refund of attempt n that the bank may be at.
func (w Whole) refunding(n int) (Refund, bool) {
	for _, r := range w.Refunds {
		if r.Payment == n && !r.Status.Final() && r.Status != RefundAwaitsApproval {
			return r, true
		}
	}
	return Refund{}, false
}

// sent is the refund on its way to the bank.
func (r Refund) sent(now time.Time) Refund {
	r.Status, r.Sent, r.MissedAt = RefundPending, true, time.Time{} // what was missed before is no word on this call
	r.Until = now.Add(CallTimeout + 5*time.Second)
	r.Due, r.UpdatedAt = now.Add(looks[0]), now
	return r
}

// SendRefund makes the intent to call the bank: the first time, again after it proved not to have acted, or under the
// same key. One whose first call has no answer is unknown until the bank gives one, whatever it says to the next. ok is
// false where the bank may only be asked: it knows no keys, or has begun.
func SendRefund(w Whole, k int, now time.Time) (out Outcome, ok bool) {
	out = begin(w)
	r, found := w.Refund(k)
	if !found || r.settled() || r.Waiting(now) || r.Begun || r.Sent && !r.Keyed {
		return out, false
	}
	unanswered := r.Sent
	if r = r.sent(now); unanswered {
		r.Status = RefundUnknown
	}
	out.putRefund(r)
	if !unanswered { // from now on money that went back may be this one's: whoever reckons with the order as it was, reads it anew
		out.state(out.After.State, now)
	}
	return out, true
}

// ApproveRefund lets a refund above the limit be carried out. by is the operator, who is not its author.
func ApproveRefund(w Whole, k int, by string, now time.Time) (Outcome, error) {
	r, err := w.awaiting(k, now)
	switch {
	case err != nil:
		return Outcome{}, err
	case by == "" || by == r.Author:
		return Outcome{}, ErrApproverIsAuthor
	}
	if other, busy := w.refunding(r.Payment); busy && !(r.Keyed && other.Keyed) {
		return Outcome{}, ErrRefundInProgress.After(wait(other.Due, now))
	}
	out := begin(w)
	r.Approver = by
	out.putRefund(r.sent(now))
	out.state(w.State, now)
	return out, nil
}

// RejectRefund lets go of a refund above the limit. Its author may do that as well.
func RejectRefund(w Whole, k int, by, why string, now time.Time) (Outcome, error) {
	r, err := w.awaiting(k, now)
	if err != nil {
		return Outcome{}, err
	}
	out := begin(w)
	r.Approver = by
	out.failRefund(r, banks.Decline{Code: Rejected, Message: why}, now)
	return out, nil
}

func (w Whole) awaiting(k int, now time.Time) (Refund, error) {
	r, ok := w.Refund(k)
	switch {
	case !ok:
		return r, ErrRefundNotFound
	case r.Status != RefundAwaitsApproval || !now.Before(r.CreatedAt.Add(ApprovalLife)):
		return r, ErrNoApproval
	}
	return r, nil
}

// ExpireApproval lets go of a refund that nobody approved in time.
func ExpireApproval(w Whole, k int, now time.Time) Outcome {
	out := begin(w)
	if r, ok := w.Refund(k); ok && r.Status == RefundAwaitsApproval && !now.Before(r.CreatedAt.Add(ApprovalLife)) {
		out.failRefund(r, banks.Decline{Code: ApprovalExpired}, now)
	}
	return out
}

// succeedRefund records that the money is with the payer. Only the winner's refunds change the order's status.
func (o *Outcome) succeedRefund(r Refund, now time.Time) {
	r = r.touched(now)
	r.Before = o.After.returned(r.Payment)
	r.Status, r.Until, r.SucceededAt, r.Decline, r.Sent = RefundSucceeded, time.Time{}, now, banks.Decline{}, true
	r.Due = r.feedFirst(now)
	o.putRefund(r.answered(now))
	s := o.After.State
	if s.Winner == r.Payment {
		s.Refunded += r.Amount.Amount
		s.Status = OrderPartiallyRefunded
		if s.Refunded >= s.Paid {
			s.Status = OrderRefunded
		}
	}
	o.state(s, now)
}

// feedFirst is when the sweeper looks at a refund that has changed.
func (r Refund) feedFirst(now time.Time) time.Time {
	if r.keepsDue(now) {
		return r.Due
	}
	return now.Add(FeedFirst)
}

// keepsDue reports a due key that leaves the table's changes half a minute, as it does after a call: it stays where it is.
// The row's status is written into both indexes anyhow, and to move the key as well would cost a write more.
func (r Refund) keepsDue(now time.Time) bool {
	ahead := r.Due.Sub(now)
	return ahead >= FeedFirst/4 && ahead <= FeedFirst
}

// failRefund records that no money went back; it may be given back by another refund.
func (o *Outcome) failRefund(r Refund, why banks.Decline, now time.Time) {
	r = r.touched(now)
	r.Status, r.Until, r.Due, r.Decline = RefundFailed, time.Time{}, time.Time{}, why
	if r.Decline.Code == "" {
		r.Decline.Code = banks.Generic
	}
	o.putRefund(r.answered(now))
	o.state(o.After.State.promise(r.Payment, -r.Amount.Amount), now)
	o.tryAgain(r, now)
}

// tryAgain keeps an unwanted success going whose refund failed, after growing waits; after the last try it calls an operator.
func (o *Outcome) tryAgain(r Refund, now time.Time) {
	p, ok := o.After.Payment(r.Payment)
	switch {
	case !ok:
	case o.After.Unwanted(p.N):
		p.Due = now.Add(looks[min(o.After.returnTries(p.N), len(looks)-1)]) // its due key may be gone
		o.put(p)
	case r.Source == BySystem && o.After.Refundable(p.N) > 0:
		o.raise(StuckRefund, p.ID.String(), "given up after "+itoa(int64(o.After.returnTries(p.N)))+" refusals: "+r.Decline.Message, now)
	}
}

// foundRefund records money of attempt p that went back without a refund of ours, all at once.
func (o *Outcome) foundRefund(p Payment, amount int64, source RefundSource, reason string, now time.Time) {
	k := len(o.After.Refunds) + 1
	if amount <= 0 || k > ids.MaxChild {
		return
	}
	r := Refund{
		ID: p.Order.Child(ids.Refund, k), Order: p.Order, Mode: p.Mode, Partner: p.Partner, N: k, Payment: p.N,
		Source: source, Amount: money.Of(amount, p.Amount.Currency), Reason: reason, Till: p.Till, CreatedAt: now,
	}
	if whole, ok := o.After.Payment(p.N); ok && amount == whole.Captured {
		_, r.Items, _ = o.After.back(whole, amount, nil)
	}
	o.After.State = o.After.State.promise(p.N, amount)
	o.succeedRefund(r, now)
}
