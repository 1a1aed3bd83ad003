package payments

import (
	"slices"
	"time"

	"giberno.ru/shared/core/ids"
)

// FeedFirst is how far ahead a due key is set after a change, so that the table's changes are worked through first.
const FeedFirst = 2 * time.Minute

// looks is how long we wait between two looks at the bank: from a minute to a day.
var looks = []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 12 * time.Hour, 24 * time.Hour}

// ReceiptWithin is how long a till may take before an operator is called, where its account says nothing else.
const ReceiptWithin = time.Hour

// receiptWithin is how long the till of this payment may take before an operator is called.
func (p Payment) receiptWithin() time.Duration {
	if p.TillMin == 0 {
		return ReceiptWithin
	}
	return time.Duration(p.TillMin) * time.Minute
}

// receiptBy is when an operator is called for a receipt of attempt n that is owed since a time.
func (w Whole) receiptBy(n int, since time.Time) time.Time {
	p, _ := w.Payment(n)
	return since.Add(p.receiptWithin())
}

// StuckAfter is how long past its deadline an attempt may stay without a final word.
const StuckAfter = 24 * time.Hour

// HoldLife is how long a bank keeps a hold (T-Bank §3.4: up to 7 days).
const HoldLife = 7 * 24 * time.Hour

// nextLook is when attempt p is looked at again after its Checks-th fruitless look. It does not sleep over the deadline.
func nextLook(p Payment, now time.Time) time.Time {
	next := now.Add(looks[min(p.Checks, len(looks)-1)])
	for _, closed := range []time.Duration{0, MissApart} { // the bank has closed its page; what it does not know by then never was
		if look := p.Deadline.Add(closed + 15*time.Second); now.Before(look) && look.Before(next) {
			return look
		}
	}
	return next
}

// Looked records a look that changed nothing: the next one is further away, and one that is long overdue calls an operator.
func Looked(w Whole, n int, now time.Time) Outcome {
	out := begin(w)
	p, ok := w.Payment(n)
	if !ok || !p.Asked() {
		return out
	}
	p.Checks++
	p.Due = nextLook(p, now)
	limit := p.Deadline.Add(StuckAfter)
	switch p.Status {
	case Held:
		limit = p.CreatedAt.Add(HoldLife + StuckAfter)
	case Paid: // the question is what went back of it, and it is as old as the suspicion
		limit = p.UpdatedAt.Add(StuckAfter)
	}
	if now.After(limit) {
		out.raise(StuckPayment, p.ID.String(), "status "+string(p.Status)+" long past its deadline", now)
	}
	out.put(p)
	return out
}

// Duty is a kind of work that is owed to a payment or an order.
type Duty string

// The duties.
const (
	DutyAsk    Duty = "ask"    // ask the bank about the attempt
	DutyTidy   Duty = "tidy"   // close the other attempts of an order that is paid, cancelled or expired
	DutyExpire Duty = "expire" // expire the order
	DutyAlarm  Duty = "alarm"  // call an operator: a receipt is missing
	DutyReturn Duty = "return" // give back a success that the order does not keep
	DutyPost   Duty = "post"   // write it into the ledger
	DutyTill   Duty = "till"   // have a till of ours make its receipt, or ask how it is getting on
	DutyMail   Duty = "mail"   // write to the payer about a receipt
	DutyRefund Duty = "refund" // carry a refund on: call the bank, ask it, or let an approval expire
	DutyTell   Duty = "tell"   // tell the partner what happened
)

// Kept says which facts are there beside an order's rows, for one child of it.
type Kept struct {
	Posted bool // the ledger holds its entry
	Told   bool // every event of EventsOf is kept for its partner
}

// OwedAll is Owed, and telling the partner what happened.
func OwedAll(w Whole, child ids.ID, kept Kept, now time.Time) (duties []Duty, again time.Time) {
	if duties, again = Owed(w, child, kept.Posted, now); !kept.Told {
		duties, again = append(duties, DutyTell), sooner(again, now)
	}
	if slices.ContainsFunc(w.markedOf(child, now), func(e Event) bool { return !e.Type.Known() }) {
		again = sooner(again, now) // a newer version beside this one tells it, and lets go of the row
	}
	return duties, again
}

// sooner is when to look again at the latest while something is owed that was asked for now.
func sooner(again, now time.Time) time.Time {
	if soon := now.Add(5 * time.Minute); again.IsZero() || again.After(soon) {
		return soon
	}
	return again
}

// Owed lists what a child of an order is still owed, or the order itself. posted says that the ledger holds its entry.
func Owed(w Whole, child ids.ID, posted bool, now time.Time) (duties []Duty, again time.Time) {
	switch child.Family() {
	case ids.Root:
		return OwedByOrder(w, now)
	case ids.Payment:
		duties, again = OwedByPayment(w, child.N(), now)
	case ids.Refund:
		duties, again = OwedByRefund(w, child.N(), now)
	default:
		return OwedByReceipt(w, child, now)
	}
	if w.EntryID(child) != "" && !posted {
		duties = append(duties, DutyPost)
	}
	if w.wantsTill(child) {
		duties = append(duties, DutyTill)
	}
	if len(duties) > 0 {
		again = sooner(again, now)
	}
	return duties, again
}

// OwedByPayment lists what attempt n is still owed, from the facts alone: the relay asks it of a change, the sweeper of a
// row whose due key has come, so a lost message is only a late one. again is when to look next while something is owed.
func OwedByPayment(w Whole, n int, now time.Time) (duties []Duty, again time.Time) {
	p, ok := w.Payment(n)
	if !ok {
		return nil, time.Time{}
	}
	if p.Watched() {
		duties = append(duties, DutyAsk)
		if p.Status == Held && w.Closed() || p.Status == Superseded && p.BankID != "" && w.Status() == OrderCancelled {
			duties = append(duties, DutyTidy)
		}
	}
	if p.Status == Paid {
		if p.Suspect {
			duties = append(duties, DutyAsk)
		}
		if w.Unwanted(n) {
			duties = append(duties, DutyReturn)
		}
		if w.others(n) {
			duties = append(duties, DutyTidy)
		}
		if w.owesReceipt(p) {
			again = w.receiptBy(n, p.PaidAt)
			if !now.Before(again) && !w.everRaised(ReceiptMissing, p.ID.String()) {
				duties = append(duties, DutyAlarm)
				again = now.Add(24 * time.Hour)
			} else if !now.Before(again) {
				again = time.Time{} // the operator knows; the receipt's own notice will still be taken
			}
		}
	}
	if len(duties) > 0 {
		soon := now.Add(looks[min(p.Checks, len(looks)-1)])
		if again.IsZero() || soon.Before(again) {
			again = soon
		}
	}
	return duties, again
}

// OwedByRefund lists what refund k is still owed. again is when to look next while something is owed.
func OwedByRefund(w Whole, k int, now time.Time) (duties []Duty, again time.Time) {
	r, ok := w.Refund(k)
	late := w.receiptBy(r.Payment, r.SucceededAt)
	switch {
	case !ok:
		return nil, time.Time{}
	case r.Status == RefundAwaitsApproval && now.Before(r.CreatedAt.Add(ApprovalLife)):
		return nil, r.CreatedAt.Add(ApprovalLife)
	case !r.Status.Final():
		return []Duty{DutyRefund}, now.Add(looks[min(r.Checks, len(looks)-1)])
	case r.Status == RefundFailed:
		return nil, time.Time{}
	case !w.receiptMissed(r):
		return nil, w.afterIncome(r, now)
	case now.Before(late):
		again := w.afterIncome(r, now)
		if again.IsZero() || late.Before(again) {
			again = late
		}
		return nil, again
	}
	return []Duty{DutyAlarm}, now.Add(24 * time.Hour)
}

// incomeSoon is how long the income is looked for every few minutes, and every hour after that.
const incomeSoon = time.Hour

// afterIncome is when to look next whether the income is told whose return is owed by a till of ours. Zero: nothing is
// waited for.
func (w Whole) afterIncome(r Refund, now time.Time) time.Time {
	switch {
	case !w.owedByTill(r.ID) || w.incomeOf(r) == ReceiptFailed:
		return time.Time{}
	case now.Before(r.SucceededAt.Add(incomeSoon)):
		return now.Add(looks[2])
	}
	return now.Add(time.Hour)
}

// receiptMissed reports a refund that is owed a receipt which no operator was called for yet: by the bank's till, or by ours
// where nobody could ask for it, for its income was never told.
func (w Whole) receiptMissed(r Refund) bool {
	p, ok := w.Payment(r.Payment)
	_, printed := w.ReceiptOf(w.Order.ID.Child(ids.RefundReceipt, r.N))
	return ok && (p.Fiscal || w.owedByTill(r.ID)) && !printed && !w.everRaised(ReceiptMissing, r.ID.String())
}

// OwedByReceipt lists what a receipt is still owed: its till, the payer's letter, and the operator once it is late.
func OwedByReceipt(w Whole, id ids.ID, now time.Time) (duties []Duty, again time.Time) {
	r, ok := w.ReceiptOf(id)
	late := w.lateAt(r)
	switch {
	case !ok:
		return nil, time.Time{}
	case r.WantsMail(now):
		return []Duty{DutyMail}, r.nextLetter(now)
	case r.unwritten():
		return []Duty{DutyAlarm}, now.Add(24 * time.Hour)
	case r.Status != ReceiptPending:
		return nil, time.Time{}
	}
	if !r.Till.IsZero() {
		duties, again = []Duty{DutyTill}, now.Add(looks[min(r.Checks, len(looks)-1)])
	}
	switch {
	case w.everRaised(ReceiptMissing, id.String()):
	case now.Before(late):
		if again.IsZero() || late.Before(again) {
			again = late
		}
	default:
		duties = append(duties, DutyAlarm)
		if again.IsZero() {
			again = now.Add(24 * time.Hour)
		}
	}
	return duties, again
}

// OwedByOrder says whether the order has to expire now. again is when to look next.
func OwedByOrder(w Whole, now time.Time) (duties []Duty, again time.Time) {
	if w.Closed() {
		return nil, time.Time{}
	}
	if now.Before(w.Order.ExpiresAt) {
		return nil, w.Order.ExpiresAt
	}
	return []Duty{DutyExpire}, now.Add(5 * time.Minute)
}

// Closed reports an order that takes no more attempts.
func (w Whole) Closed() bool {
	s := w.Status()
	return w.State.Winner != 0 || s == OrderCancelled || s == OrderExpired
}

// others reports attempts beside n that the bank may still let succeed.
func (w Whole) others(n int) bool {
	for _, p := range w.Payments {
		if p.N != n && p.Watched() {
			return true
		}
	}
	return false
}

// owesReceipt reports a paid payment whose receipt the bank's till has not made, or that nobody has asked a till of ours for.
func (w Whole) owesReceipt(p Payment) bool {
	return p.Status == Paid && (p.Fiscal && !w.hasTillReceipt(p) || w.wantsTill(p.ID))
}

func (w Whole) hasTillReceipt(p Payment) bool {
	for _, r := range w.Receipts {
		if r.Payment == p.ID && r.Operation == OfPayment && r.Verified {
			return true
		}
	}
	return false
}

func (w Whole) everRaised(kind AlarmKind, object string) bool {
	for _, a := range w.Alarms {
		if a.Kind == kind && a.Object == object {
			return true
		}
	}
	return false
}

// MissReceipt calls an operator because the receipt of child (a payment, a refund or a fulfilment) did not come in time, or
// because the payer could not be written to about it.
func MissReceipt(w Whole, child ids.ID, now time.Time) Outcome {
	out := begin(w)
	var since, late time.Time
	switch child.Family() {
	case ids.Payment:
		if p, ok := w.Payment(child.N()); ok && w.owesReceipt(p) {
			since, late = p.PaidAt, w.receiptBy(p.N, p.PaidAt)
		}
	case ids.Refund:
		if r, ok := w.Refund(child.N()); ok && r.Status == RefundSucceeded && w.receiptMissed(r) {
			since, late = r.SucceededAt, w.receiptBy(r.Payment, r.SucceededAt)
		}
	default:
		switch r, ok := w.ReceiptOf(child); {
		case ok && r.Status == ReceiptPending:
			since, late = w.owedSince(r), w.lateAt(r)
		case ok && r.unwritten() && !r.WantsMail(now):
			out.giveUpMail(r, now)
		}
	}
	if !since.IsZero() && !now.Before(late) {
		out.raise(ReceiptMissing, child.String(), "owed since "+since.Format(time.RFC3339)+" and not made", now)
	}
	return out
}

// RefundLooked records a look at refund k that changed nothing: the next one is further away, and one that is long overdue
// calls an operator.
func RefundLooked(w Whole, k int, now time.Time) Outcome {
	out := begin(w)
	r, ok := w.Refund(k)
	if !ok || r.settled() {
		return out
	}
	r.Checks++
	r.Due = now.Add(looks[min(r.Checks, len(looks)-1)])
	out.putRefund(r)
	out.stuck(r, now)
	return out
}

// stuck calls an operator for a refund that has no end for days.
func (o *Outcome) stuck(r Refund, now time.Time) {
	if now.After(r.CreatedAt.Add(RefundPatience)) {
		o.raise(StuckRefund, r.ID.String(), "status "+string(r.Status)+" for days", now)
	}
}

// Expire ends an order that nobody paid in time. An open attempt is waited for: the bank's deadline is not after ours.
func Expire(w Whole, now time.Time) Outcome {
	out := begin(w)
	unfinished := slices.ContainsFunc(w.Payments, func(p Payment) bool { return p.Status.Open() })
	if unfinished || w.Closed() || now.Before(w.Order.ExpiresAt) {
		return out
	}
	s := w.State
	s.Status = OrderExpired
	out.state(s, now)
	return out
}

// Retried records that a duty of a paid payment could not be done yet: the next try is further away.
func Retried(w Whole, n int, now time.Time) Outcome {
	out := begin(w)
	p, ok := w.Payment(n)
	if !ok {
		return out
	}
	p.Checks++
	p.Due = now.Add(looks[min(p.Checks, len(looks)-1)])
	out.put(p)
	return out
}
