package payments

import (
	"slices"
	"time"

	"giberno.ru/shared/banks"
)

// RefundAnswered applies the bank's answer to our own call of refund k. Applying it again changes nothing.
func RefundAnswered(w Whole, k int, news banks.News, now time.Time) Outcome {
	out := begin(w)
	r, ok := w.Refund(k)
	p, _ := w.Payment(r.Payment)
	done := news.Status == banks.Refunded || news.Status == banks.PartlyRefunded
	switch {
	case r.Status == RefundFailed && done: // too late to be its own: the bank is asked what went back
		out.suspect(p, now)
	case !ok || r.settled():
	case news.Underway:
		out.refundBegun(r, now)
	case done:
		out.succeedRefund(r, now)
		if left, stated := left(news); stated && left < p.Captured-out.After.returned(p.N)-out.After.onTheirWay(p.N) {
			out.suspect(p, now) // more went back than our refunds explain
		}
	default: // a word that is no answer to a refund proves nothing
		return RefundLost(w, k, now)
	}
	return out
}

// refundBegun is a bank that took the refund and is not through with it: from now on it is only asked.
func (o *Outcome) refundBegun(r Refund, now time.Time) {
	if r.Begun && !r.Waiting(now) {
		return // known already; the next look is further away
	}
	r = r.touched(now)
	r.Status, r.Begun, r.Sent, r.Until, r.Due = RefundPending, true, true, time.Time{}, now.Add(looks[0])
	o.putRefund(r.answered(now))
}

// RefundLost records that the answer to refund k did not come: nobody knows, so the bank is asked, or called again under
// the same key.
func RefundLost(w Whole, k int, now time.Time) Outcome {
	out := begin(w)
	r, ok := w.Refund(k)
	if !ok || r.settled() {
		return out
	}
	r.Status, r.Sent, r.Until, r.UpdatedAt = RefundUnknown, true, time.Time{}, now
	if r.Checks > 0 || !r.keepsDue(now) { // the first look comes a minute after the call, as it was to come anyhow
		r.Due = now.Add(looks[min(r.Checks, len(looks)-1)])
	}
	r.Checks++
	out.putRefund(r)
	out.stuck(r, now)
	return out
}

// RefundPatience is how long an accepted refund is offered to a bank that does not take it.
const RefundPatience = 3 * 24 * time.Hour

// RefundRefused records that the bank proved not to have carried refund k out. A bank that may do so later is tried again
// for some days; everything else ends it. A state that we did not expect there makes us ask what the bank gave back.
func RefundRefused(w Whole, k int, class banks.Class, why banks.Decline, now time.Time) Outcome {
	out := begin(w)
	r, ok := w.Refund(k)
	switch later := class == banks.Unavailable || class == banks.Config; {
	case !ok || r.settled() || r.Begun:
	case r.Status == RefundUnknown: // it says nothing of the call before, which may have moved the money
		return RefundLost(w, k, now)
	case later && now.Sub(r.CreatedAt) < RefundPatience:
		r.Sent, r.Until, r.UpdatedAt, r.Status, r.Decline = false, time.Time{}, now, RefundPending, why
		r.Due = now.Add(looks[min(r.Checks, len(looks)-1)])
		r.Checks++
		out.putRefund(r.answered(now))
	default:
		out.failRefund(r, why, now)
		if p, ok := w.Payment(r.Payment); ok && class == banks.Conflict {
			out.suspect(p, now)
		}
	}
	return out
}

// RefundTold applies the bank's answer to a question about refund k: what is left of the payment tells whether it went
// through, unless others are on their way as well and only some of them did. A refund that left no trace twice, two minutes
// apart, did not happen.
func RefundTold(w Whole, k int, news banks.News, now time.Time) Outcome {
	out := begin(w)
	r, ok := w.Refund(k)
	p, found := w.Payment(r.Payment)
	if !ok || !found || r.settled() || r.Waiting(now) {
		return out
	}
	left, stated := left(news)
	gap := p.Captured - w.returned(p.N) - left
	others := w.onTheirWay(p.N) - r.Amount.Amount
	switch {
	case news.Underway && others > 0: // perhaps another one
	case news.Underway:
		out.refundBegun(r, now)
	case !stated:
	case gap > 0 && gap < r.Amount.Amount+others && others > 0: // whose of them it is cannot be told: under its key it can
		if r.Begun && r.Keyed {
			r.Begun, r.Status, r.UpdatedAt, r.Due = false, RefundUnknown, now, now.Add(looks[0])
			out.putRefund(r)
		}
	case gap >= r.Amount.Amount:
		out.succeedRefund(r, now)
		out.compare(p, news, now) // the rest went back without us
	default:
		if gap > 0 {
			out.suspect(p, now)
		}
		out.refundMissed(r, news.Decline, now)
	}
	return out
}

// left is what the bank says to be left of a payment that was taken.
func left(n banks.News) (minor int64, stated bool) {
	switch {
	case n.Left != nil:
		return n.Left.Amount, true
	case n.Status == banks.Refunded:
		return 0, true
	}
	return 0, false
}

// RefundDenied applies what the bank, asked, says of a payment after it refused the repetition of refund k, whose first call
// had no answer: it went through, or it did not.
func RefundDenied(w Whole, k int, news banks.News, why banks.Decline, now time.Time) Outcome {
	out := RefundTold(w, k, news, now)
	r, ok := out.After.Refund(k)
	p, _ := w.Payment(r.Payment)
	left, stated := left(news)
	if !ok || r.settled() || r.Begun || !stated || p.Captured-w.returned(p.N)-left > 0 {
		return out
	}
	out = begin(w)
	r, _ = w.Refund(k)
	out.failRefund(r, why, now)
	return out
}

// refundMissed is a refund of which the bank shows no trace. One that it had begun and refuses has failed there; any other is
// believed undone the second time, at least two minutes after the first.
func (o *Outcome) refundMissed(r Refund, why banks.Decline, now time.Time) {
	refused := r.Begun && why.Code != ""
	if why.Code == "" {
		why = banks.Decline{Code: NotCarriedOut, Message: why.Message}
	}
	switch {
	case refused || !r.MissedAt.IsZero() && now.Sub(r.MissedAt) >= MissApart:
		o.failRefund(r, why, now)
	case r.MissedAt.IsZero():
		r.MissedAt, r.UpdatedAt, r.Status = now, now, RefundUnknown
		r.Until, r.Due = time.Time{}, now.Add(MissApart+10*time.Second)
		o.putRefund(r)
	}
}

// gaveBack records what went back at the bank without us: in its cabinet, or by a chargeback.
func (o *Outcome) gaveBack(p Payment, amount int64, word string, now time.Time) {
	if amount <= 0 {
		return
	}
	o.foundRefund(p, amount, ByBank, "the bank says "+word, now)
	o.letGo(p, now)
	o.raise(RefundedAtBank, p.ID.String(), itoa(amount)+" minor units went back without us: the bank says "+word, now)
}

// letGo ends refunds that the bank has not heard of and for which nothing is left any more, the newest first.
func (o *Outcome) letGo(p Payment, now time.Time) {
	for k := len(o.After.Refunds); k > 0 && o.After.State.promised(p.N) > p.Captured; k-- {
		if r := o.After.Refunds[k-1]; r.Payment == p.N && !r.Sent && !r.Status.Final() {
			o.failRefund(r, banks.Decline{Code: NothingLeft}, now)
		}
	}
}

// compare holds what the bank, asked, says to be left of a paid payment against our refunds. Money that went back beyond
// them is recorded and calls an operator, but only while no refund of ours is on its way: until then it is suspected.
func (o *Outcome) compare(p Payment, news banks.News, now time.Time) {
	left, stated := left(news)
	if p.Status != Paid {
		return
	}
	returned := o.After.returned(p.N)
	gap := p.Captured - returned - left
	flying := o.After.flying(p.N)
	switch {
	case !stated && news.Status == banks.PartlyRefunded && returned == 0 && !flying:
		o.raise(RefundedAtBank, p.ID.String(), "the bank says "+news.Word+" and not how much", now)
		return
	case !stated:
		return
	case flying && (gap != 0 || p.Suspect):
		o.suspect(p, now)
		return
	case gap > 0:
		o.gaveBack(p, gap, news.Word, now)
	case gap < 0:
		o.raise(RefundMismatch, p.ID.String(), "the bank has "+itoa(left)+" minor units left, our refunds leave "+itoa(left+gap), now)
	}
	if p.Suspect {
		p = p.touched(now)
		p.Suspect, p.Due = false, now.Add(FeedFirst)
		o.put(p)
	}
}

// flying reports a refund of attempt n that may have moved money, or may yet.
func (w Whole) flying(n int) bool {
	return slices.ContainsFunc(w.Refunds, func(r Refund) bool { return r.Payment == n && r.atBank() })
}

// onTheirWay is how much of attempt n refunds may have moved, or may yet.
func (w Whole) onTheirWay(n int) (minor int64) {
	for _, r := range w.Refunds {
		if r.Payment == n && (r.atBank() || r.Status == RefundUnknown) {
			minor += r.Amount.Amount
		}
	}
	return minor
}

// suspect makes sure that the bank is asked what it gave back, once our own refunds have ended.
func (o *Outcome) suspect(p Payment, now time.Time) {
	if p.Suspect || p.Status != Paid {
		return
	}
	p = p.touched(now)
	p.Suspect, p.Due = true, now.Add(looks[0])
	o.put(p)
}

// Suspected records that the bank spoke of a refund of attempt n and could not be asked about it. It is written also where it
// was suspected already: an answer to an older question must not clear it.
func Suspected(w Whole, n int, now time.Time) Outcome {
	out := begin(w)
	if p, ok := w.Payment(n); ok && p.Status == Paid {
		p = p.touched(now)
		p.Suspect, p.Due = true, now.Add(looks[0])
		out.put(p)
	}
	return out
}

// Unwanted reports a success that the order does not keep: the second one, or one of a cancelled order. What is left of it
// has to be given back.
func (w Whole) Unwanted(n int) bool {
	p, ok := w.Payment(n)
	return ok && p.Status == Paid && w.State.Winner != n && w.Refundable(n) > 0 && w.returnTries(n) < MaxReturnTries
}

// returnTries counts the refunds of our own of an unwanted success that failed.
func (w Whole) returnTries(n int) (tries int) {
	for _, r := range w.Refunds {
		if r.Payment == n && r.Source == BySystem && r.Status == RefundFailed {
			tries++
		}
	}
	return tries
}

// Unsettled is the refund of attempt n whose end only a question to the bank tells, and that nobody is waiting for; 0: none.
func (w Whole) Unsettled(n int, now time.Time) (k int) {
	for _, r := range w.Refunds {
		if r.Payment == n && r.atBank() && !r.Keyed && !r.Waiting(now) {
			return r.N
		}
	}
	return 0
}
