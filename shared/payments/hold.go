package payments

import (
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/money"
)

// CallTimeout is how long a caller waits for a bank to move money.
const CallTimeout = 10 * time.Second

// BeginCapture makes the intent to take amount (minor units; 0: all) of a held payment. With a receipt, a part needs its
// items, whose amounts add up to it.
func BeginCapture(w Whole, n int, amount int64, items []Item, key, hash string, now time.Time) (Outcome, error) {
	p, err := holdable(w, n, now)
	if err == nil {
		err = w.untaken(n, now)
	}
	if err != nil {
		return Outcome{}, err
	}
	if amount == 0 && len(items) == 0 {
		amount, items = p.Amount.Amount, w.Order.Items
	}
	var sum int64
	for _, i := range items {
		switch {
		case i.Amount.Currency != p.Amount.Currency:
			return Outcome{}, money.ErrMixed
		case i.Amount.Amount < 0 || i.Amount.Amount > p.Amount.Amount || sum > p.Amount.Amount:
			return Outcome{}, ErrExceedsHeld // before the sum can run over
		}
		sum += i.Amount.Amount
	}
	if len(items) > 0 {
		if amount != 0 && amount != sum {
			return Outcome{}, fault.Validation(fault.Field{Location: "body.items", Message: "the items do not add up to the amount"})
		}
		amount = sum
	}
	switch {
	case amount <= 0:
		return Outcome{}, fault.Validation(fault.Field{Location: "body.amount", Message: "must be above 0"})
	case amount > p.Amount.Amount:
		return Outcome{}, ErrExceedsHeld
	case (p.Fiscal || !p.Till.IsZero()) && len(items) == 0:
		return Outcome{}, fault.Validation(fault.Field{Location: "body.items", Message: "the receipt needs the items of a partial capture"})
	}
	return callIntent(w, p, Call{Op: CallCapture, Amount: amount, Items: items, Key: key, Hash: hash}, now), nil
}

// BeginVoid makes the intent to release a held payment.
func BeginVoid(w Whole, n int, key, hash string, now time.Time) (Outcome, error) {
	p, err := holdable(w, n, now)
	if err != nil {
		return Outcome{}, err
	}
	return callIntent(w, p, Call{Op: CallVoid, Key: key, Hash: hash}, now), nil
}

// BeginCancel makes the intent to close an unpaid attempt at its bank, so that a lost answer is read right afterwards.
func BeginCancel(w Whole, n int, now time.Time) Outcome {
	p, ok := w.Payment(n)
	if !ok || !p.Watched() || p.Call.Op != "" {
		return begin(w)
	}
	return callIntent(w, p, Call{Op: CallCancel}, now)
}

// untaken refuses to take money for an order that has it already or wants none, or while another attempt may be taking it.
// An attempt that lost the road can be held all the same; it has to be released.
func (w Whole) untaken(n int, now time.Time) error {
	switch {
	case w.State.Winner != 0:
		return ErrOrderPaid
	case w.Status() == OrderCancelled:
		return ErrOrderCancelled
	}
	for _, p := range w.Payments {
		switch {
		case p.N == n || p.Call.Op != CallCapture || p.Status.Final():
		case p.Waiting(now):
			return ErrPaymentInProgress.After(p.Call.Until.Sub(now))
		default:
			return ErrPaymentUnknown.After(wait(p.Due, now))
		}
	}
	return nil
}

func holdable(w Whole, n int, now time.Time) (Payment, error) {
	p, ok := w.Payment(n)
	switch {
	case !ok:
		return p, ErrPaymentNotFound
	case p.Waiting(now):
		return p, ErrPaymentInProgress.After(p.Call.Until.Sub(now))
	case p.Status == Unknown || p.Call.Op != "":
		return p, ErrPaymentUnknown.After(wait(p.Due, now))
	case p.Status != Held:
		return p, ErrNotCapturable
	}
	return p, nil
}

func callIntent(w Whole, p Payment, c Call, now time.Time) Outcome {
	out := begin(w)
	c.Until = now.Add(CallTimeout + 5*time.Second)
	p.Call, p.UpdatedAt, p.MissedAt = c, now, time.Time{}
	p.Due = now.Add(looks[0])
	out.put(p)
	out.state(out.After.State, now)
	return out
}

// CallLost records that the answer to a call that moves money did not come: nobody knows, so the bank is asked.
func CallLost(w Whole, n int, now time.Time) Outcome {
	out := begin(w)
	p, ok := w.Payment(n)
	if !ok || p.Call.Op == "" || p.Status.Final() {
		return out
	}
	p = p.touched(now)
	p.Call.Until = time.Time{}
	p.Due = now.Add(looks[0])
	if p.Status != Superseded {
		p.Status = Unknown
	}
	out.put(p)
	return out
}

// CallRefused records that the bank proved not to have done what we asked: the payment is where it was.
func CallRefused(w Whole, n int, now time.Time) Outcome {
	out := begin(w)
	p, ok := w.Payment(n)
	if !ok || p.Call.Op == "" || p.Call.Op == CallOpen || p.Status.Final() {
		return out
	}
	if p.Status == Unknown {
		p.Status = Held
		if p.Call.Op == CallCancel {
			p.Status = Pending
		}
	}
	p = p.touched(now)
	p.Call, p.Due = Call{}, now.Add(looks[0])
	out.put(p)
	return out
}

// CancelOrder decides whether an order may be cancelled, and which attempts have to be closed at their banks first.
func CancelOrder(w Whole, now time.Time) (first []Payment, err error) {
	switch {
	case w.State.Winner != 0:
		return nil, ErrOrderPaid
	case w.Status() == OrderExpired:
		return nil, ErrOrderExpired
	case w.Status() == OrderCancelled:
		return nil, nil
	}
	for _, p := range w.Payments {
		switch {
		case p.Waiting(now):
			return nil, ErrPaymentInProgress.After(p.Call.Until.Sub(now))
		case p.Status == Held:
			return nil, ErrPaymentInProgress
		case p.Status == Unknown || p.Status == Created || p.Call.Op != "" && !p.Status.Final():
			return nil, ErrPaymentUnknown.After(wait(p.Due, now))
		case p.Watched():
			first = append(first, p)
		}
	}
	return first, nil
}

// Cancel is made once all attempts are closed or cannot be closed: the order takes no more of them.
func Cancel(w Whole, key, hash string, now time.Time) Outcome {
	out := begin(w)
	if a, open := w.OpenPayment(); open {
		a = a.touched(now)
		a.Status, a.Due = Superseded, now.Add(looks[0])
		out.put(a)
	}
	s := w.State
	s.Status, s.Open = OrderCancelled, 0
	s.Cancel = Answered{Key: key, Hash: hash, At: now}
	out.state(s, now)
	return out
}
