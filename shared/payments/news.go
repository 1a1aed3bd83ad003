package payments

import (
	"time"

	"giberno.ru/shared/banks"
)

// Evidence says how news reached us.
type Evidence int

// Told is a notification: true once, but perhaps old. Asked is the bank's answer to our own question about the row as it
// was read before asking: its present truth.
const (
	Told Evidence = iota
	Asked
)

// MissApart is how far apart two «I do not know it» must be to count (DESIGN §6).
const MissApart = 2 * time.Minute

// Apply decides what a bank's word about attempt n changes. Applying the same news again, or older news, changes nothing.
// Whatever cannot be decided from the news alone comes back with Ask set. A success always wins: declined, expired,
// cancelled, failed < paid.
func Apply(w Whole, n int, news banks.News, how Evidence, now time.Time) Outcome {
	out := begin(w)
	p, ok := w.Payment(n)
	if !ok {
		return out
	}
	if p.BankID != "" && news.BankID != "" && p.BankID != news.BankID {
		return out.another(p, news, how, now)
	}
	return apply(out, p, news, how, now)
}

// another deals with a second payment of the bank's under our reference. Only a success is a fact that somebody paid; the
// attempt then goes on as that payment, or raises an alarm where it has been paid already.
func (o Outcome) another(p Payment, news banks.News, how Evidence, now time.Time) Outcome {
	switch {
	case news.Status != banks.Paid && (news.Status != banks.Held || !p.Hold):
	case p.Status == Paid:
		o.raise(SecondSuccess, p.ID.String(), "the bank's payments "+p.BankID+" and "+news.BankID+" are both paid", now)
	case news.Status == banks.Paid || p.Status != Held:
		if p.Status == Held {
			o.raise(SecondSuccess, p.ID.String(), "the bank's payment "+p.BankID+" is held and "+news.BankID+" is paid", now)
		}
		p.BankID = news.BankID
		return apply(o, p, news, how, now)
	}
	return o
}

func apply(out Outcome, p Payment, news banks.News, how Evidence, now time.Time) Outcome {
	learnt := how == Asked && p.BankID == "" && news.BankID != "" && !p.Waiting(now)
	if p.BankID == "" {
		p.BankID = news.BankID
	}
	if news.Underway && how == Asked && p.Call.moves() {
		out.underway(p, now)
		return out
	}
	status := news.Status
	if status == banks.Held && !p.Hold {
		status = banks.Pending // a one-stage payment passes through «authorised» on its way
	}
	switch status {
	case banks.Paid:
		out.paid(p, news, how, now)
	case banks.Held:
		out.held(p, news, how, now)
	case banks.Pending:
		out.unpaid(p, how, now)
	case banks.Declined:
		out.ended(p, Declined, news, how, now)
	case banks.Cancelled:
		out.ended(p, Cancelled, news, how, now)
	case banks.Expired:
		out.ended(p, Expired, news, how, now)
	case banks.Reversed:
		out.reversed(p, news, how, now)
	case banks.Refunded, banks.PartlyRefunded:
		out.refunded(p, news, how, now)
	case banks.Unrecognised:
		out.Ask = how == Told && !p.Watched() // nobody would ask of himself about one that has ended
	}
	if learnt && !out.changed[p.N] {
		out.put(p) // with the bank's own number the attempt can be closed there
	}
	return out
}

func (o *Outcome) paid(p Payment, news banks.News, how Evidence, now time.Time) {
	if p.Status == Paid {
		if p.Card.Pan == "" && news.Card.Pan != "" { // learnt by asking, where the bank names no card
			p.Card = news.Card
			o.put(p)
		}
		if how == Asked {
			o.compare(p, news, now)
		}
		return
	}
	due := p.expected()
	if news.Underway && p.Watched() && news.Amount != nil && news.Amount.Amount < due && news.Amount.Currency == p.Amount.Currency {
		return // a part has gone back before the one that is under way, and the bank says what is left: its end will tell
	}
	if news.Amount != nil && (news.Amount.Amount != due || news.Amount.Currency != p.Amount.Currency) {
		o.mismatch(p, "the bank says "+news.Amount.String()+", we expect "+p.Amount.String(), now)
		return
	}
	o.win(p, due, news, now)
}

// expected is what the bank must name as paid.
func (p Payment) expected() int64 {
	if p.Call.Op == CallCapture {
		return p.Call.Amount
	}
	return p.Amount.Amount
}

// win records the money as taken. The first success of an order pays it; any other raises an alarm, for the payer has
// to get it back.
func (o *Outcome) win(p Payment, captured int64, news banks.News, now time.Time) {
	p = p.touched(now)
	if p.Call.Op == CallCapture {
		p.Capture = Answered{Key: p.Call.Key, Hash: p.Call.Hash, At: now, Status: Paid, Amount: captured}
		if captured < p.Amount.Amount {
			p.Taken = p.Call.Items
		}
	}
	p.Status, p.Captured, p.PaidAt, p.Call = Paid, captured, now, Call{}
	p.Card = newer(p.Card, news.Card)
	p.Decline = banks.Decline{}
	p.Due = now.Add(FeedFirst)
	o.put(p.answered(now))

	s := o.After.State
	if s.Open == p.N {
		s.Open = 0
	}
	switch {
	case s.Winner != 0 && s.Winner != p.N:
		o.raise(SecondSuccess, p.ID.String(), "attempt "+itoa(int64(s.Winner))+" had already paid the order", now)
	case s.Status == OrderCancelled:
		o.raise(PaidAfterCancel, p.ID.String(), "the order was cancelled before", now)
	default:
		s.Winner, s.Paid, s.Status = p.N, captured, OrderPaid
	}
	o.state(s, now)
}

func newer(old, new banks.CardMask) banks.CardMask {
	if new.Pan != "" {
		return new
	}
	return old
}

// mismatch calls an operator for an amount that is not ours. The payment is written with it, so that one which changed
// meanwhile, and now expects another amount, is judged anew.
func (o *Outcome) mismatch(p Payment, detail string, now time.Time) {
	if !o.After.Raised(AmountMismatch, p.ID.String()) {
		o.put(p)
	}
	o.raise(AmountMismatch, p.ID.String(), detail, now)
}

func (o *Outcome) held(p Payment, news banks.News, how Evidence, now time.Time) {
	if news.Amount != nil && *news.Amount != p.Amount {
		o.mismatch(p, "the bank holds "+news.Amount.String()+", we expect "+p.Amount.String(), now)
		return
	}
	switch {
	case p.Status == Paid:
	case p.Call.Op == CallCapture || p.Call.Op == CallVoid:
		if how == Asked && !p.Waiting(now) {
			o.missed(p, Held, now)
		}
	case p.Call.Op == CallCancel && (how == Told || p.Waiting(now)):
		o.Ask = !p.Waiting(now) // the cancel may have released it since
	case p.Status == Held:
	case p.Status == Created || p.Status == Pending || p.Status == Unknown || how == Asked:
		p = p.touched(now)
		p.Status, p.Call, p.Due = Held, Call{}, now.Add(FeedFirst)
		p.Card = newer(p.Card, news.Card)
		o.put(p.answered(now))
		if o.After.State.Open != p.N { // it had lost the road: no other attempt may begin beside its money
			o.state(o.After.State, now)
		}
	default:
		o.Ask = true
	}
}

// missed records that the bank shows no trace of a lost call. The second time, at least two minutes after the first, it
// is believed and the payment goes back to where it was.
func (o *Outcome) missed(p Payment, back Status, now time.Time) {
	switch {
	case p.MissedAt.IsZero():
		p.MissedAt, p.UpdatedAt = now, now
		p.Status, p.Due = Unknown, now.Add(MissApart+10*time.Second)
	case now.Sub(p.MissedAt) < MissApart:
		return
	default:
		p = p.touched(now)
		p.Status, p.Call, p.Due = back, Call{}, now.Add(looks[0])
	}
	o.put(p)
}

// underway is a bank that has our call and is not through with it: no trace is missing, and nothing may be believed before
// its end.
func (o *Outcome) underway(p Payment, now time.Time) {
	if p.Waiting(now) || p.Call.Until.IsZero() && p.MissedAt.IsZero() && p.Status != Held && p.Status != Pending {
		return // known already; the next look is further away
	}
	p = p.touched(now)
	p.Call.Until, p.Due = time.Time{}, now.Add(looks[0])
	if p.Status != Superseded {
		p.Status = Unknown
	}
	o.put(p)
}

// unpaid is the bank's «not yet». It only moves what we lost sight of: a page whose address nobody got, or a cancel that
// did not happen.
func (o *Outcome) unpaid(p Payment, how Evidence, now time.Time) {
	if how != Asked || p.Waiting(now) {
		return
	}
	switch {
	case p.Call.Op == CallOpen && (p.Status == Created || p.Status == Unknown):
		o.supersede(p, now)
	case p.Call.Op == CallCancel:
		// Should the lost cancel arrive later, it only closes an unpaid page.
		if p.Status == Unknown {
			p.Status = Pending
		}
		p = p.touched(now)
		p.Call, p.Due = Call{}, now.Add(looks[0])
		o.put(p)
	}
}

func (o *Outcome) supersede(p Payment, now time.Time) {
	p = p.touched(now)
	p.Status, p.Call, p.Due = Superseded, Call{}, now.Add(looks[0])
	o.put(p)
	o.release(p.N, now)
}

func (o *Outcome) ended(p Payment, as Status, news banks.News, how Evidence, now time.Time) {
	if p.Status.Final() {
		return
	}
	moved := p.Status == Held || p.Call.Op == CallCapture || p.Call.Op == CallVoid
	if how == Told && (moved || p.Status == Unknown && p.Call.Op != CallOpen && p.Call.Op != CallCancel) {
		o.Ask = true
		return
	}
	p = p.touched(now)
	if p.Call.Op == CallVoid && as == Cancelled {
		p.Void = Answered{Key: p.Call.Key, Hash: p.Call.Hash, At: now, Status: Cancelled}
	}
	p.Status, p.Call, p.Due = as, Call{}, time.Time{}
	if as == Declined {
		p.Decline = news.Decline
		if p.Decline.Code == "" {
			p.Decline.Code = banks.Generic
		}
		p.Card = newer(p.Card, news.Card)
	}
	o.put(p.answered(now))
	o.release(p.N, now)
}

// reversed is a hold released: by our void, by our cancel that found it held, or by the bank when it lapsed.
func (o *Outcome) reversed(p Payment, news banks.News, how Evidence, now time.Time) {
	switch {
	case how == Told && (p.Status == Paid || p.Call.Op == CallCapture):
		o.Ask = true
		return
	case p.Status == Paid:
		o.raise(RefundedAtBank, p.ID.String(), "the bank says "+news.Word, now)
		return
	case p.Status.Final():
		return
	}
	as := Expired
	op := p.Call.Op
	if op == CallVoid || op == CallCancel {
		as = Cancelled
	}
	if op == CallCancel {
		o.raise(CancelWasVoid, p.ID.String(), "the payer had authorised it meanwhile", now)
	}
	news.Status = banks.Cancelled
	o.ended(p, as, news, Asked, now)
}

// refunded is money that went back: it had been paid, so that is recorded first. Partial and full refunds can be
// announced by the same words for different truths, so a notification only makes us ask, unless all has gone back already.
func (o *Outcome) refunded(p Payment, news banks.News, how Evidence, now time.Time) {
	if how == Told {
		o.Ask = p.Status != Paid || o.After.returned(p.N) < p.Captured
		return
	}
	byCancel := p.Call.Op == CallCancel || p.Call.Op == CallVoid
	if p.Status != Paid {
		o.win(p, p.expected(), news, now)
		p, _ = o.After.Payment(p.N)
	}
	if !byCancel {
		o.compare(p, news, now)
		return
	}
	left, stated := left(news)
	if !stated {
		left = 0 // our cancel was for all of it
	}
	o.foundRefund(p, p.Captured-o.After.returned(p.N)-left, BySystem, "our cancel met a paid payment", now)
	o.raise(CancelWasRefund, p.ID.String(), "our cancel met a paid payment", now)
}

// NotFound decides what it means that the bank, asked, does not know attempt n.
func NotFound(w Whole, n int, now time.Time) Outcome {
	out := begin(w)
	p, ok := w.Payment(n)
	switch {
	case !ok || p.Waiting(now):
	case p.Call.Op == CallOpen && (p.Status == Created || p.Status == Unknown):
		out.supersede(p, now) // nobody holds the address of a page, whether or not it will exist
	case p.Call.Op == CallCapture || p.Call.Op == CallVoid:
		out.missed(p, Held, now)
	case p.Call.Op == CallCancel && p.Status == Unknown:
		out.missed(p, Pending, now)
	case p.Status == Superseded && p.BankID == "" && now.After(p.Deadline.Add(MissApart)):
		p = p.touched(now)
		p.Status, p.Due = Failed, time.Time{}
		out.put(p)
		out.state(out.After.State, now)
	}
	return out
}
