package payments

import (
	"slices"
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
)

// OpenTimeout is how long a caller waits for the bank to open its page.
const OpenTimeout = 20 * time.Second

// MaxDeadline is the longest life of a bank's page; the order's own expiry may shorten it.
const MaxDeadline = 24 * time.Hour

// Plan is the answer to a wish to pay. At most one of Keep, AskFirst and Cancel is set; Open says that a new attempt may
// begin, after Cancel has been carried out.
type Plan struct {
	Keep     *Payment // the same attempt and address as before
	AskFirst *Payment // its opening was lost: ask the bank once, then plan again
	Cancel   *Payment // the payer changed his mind: this one has to make room
	Open     bool
}

// OpenAttempt decides whether the payer may try to pay now, and which earlier attempt has to make room. It never opens a
// second road to the same money: an unknown attempt blocks until the bank has been asked.
func OpenAttempt(w Whole, m banks.Method, provider string, now time.Time) (Plan, error) {
	if err := payable(w, m, now); err != nil {
		return Plan{}, err
	}
	if err := w.standing(now); err != nil {
		return Plan{}, err
	}
	a, open := w.OpenPayment()
	switch {
	case !open && w.State.Attempts >= ids.MaxAttempts:
		return Plan{}, ErrAttemptsExhausted
	case !open:
		return Plan{Open: true}, nil
	case a.Waiting(now):
		return Plan{}, ErrPaymentInProgress.After(a.Call.Until.Sub(now))
	case a.Status == Created || a.Status == Unknown && a.Call.Op == CallOpen:
		return Plan{AskFirst: &a}, nil
	case a.Status == Unknown || a.Call.Op != "":
		return Plan{}, ErrPaymentUnknown.After(wait(a.Due, now))
	case a.Status == Held:
		return Plan{}, ErrPaymentInProgress
	case now.After(a.Deadline.Add(-LastCall)):
		return Plan{AskFirst: &a}, nil // its page is closing; the bank knows whether it was paid
	case a.Method == m && (provider == "" || provider == a.Provider):
		return Plan{Keep: &a}, nil
	case w.State.Attempts >= ids.MaxAttempts:
		return Plan{}, ErrAttemptsExhausted
	default:
		return Plan{Cancel: &a, Open: true}, nil
	}
}

func payable(w Whole, m banks.Method, now time.Time) error {
	switch {
	case w.Status() == OrderCancelled:
		return ErrOrderCancelled
	case w.State.Winner != 0:
		return ErrOrderPaid
	case w.Status() == OrderExpired || now.After(w.Order.ExpiresAt.Add(-LastCall)):
		return ErrOrderExpired
	case !w.Order.Offers(m):
		return ErrMethod
	}
	return nil
}

// standing refuses a new road beside an attempt that lost the old one and was authorised all the same: its money is held.
func (w Whole) standing(now time.Time) error {
	for _, p := range w.Payments {
		switch {
		case p.N == w.State.Open:
		case p.Status == Held:
			return ErrPaymentInProgress
		case p.Status == Unknown:
			return ErrPaymentUnknown.After(wait(p.Due, now))
		}
	}
	return nil
}

func wait(until, now time.Time) time.Duration { return max(until.Sub(now), time.Second) }

// Offers reports that the partner lets this order be paid by m.
func (o Order) Offers(m banks.Method) bool {
	for _, allowed := range o.Methods {
		if allowed == m {
			return true
		}
	}
	return len(o.Methods) == 0
}

// Through is the account that a new attempt uses.
type Through struct {
	Account  ids.ID
	Provider string
	Fiscal   bool
	Till     ids.ID // where the bank has none
	TillMin  int    // minutes that whoever makes the receipts may take; 0: ReceiptWithin
	Agent    bool   // the account is the platform's
}

// Begin makes the intent of a new attempt: it takes the road of the order before the bank hears of it. A pending attempt
// that had to make room, and was not ended by its cancel, is superseded and still watched.
func Begin(w Whole, m banks.Method, t Through, returnURL string, keys []Answered, now time.Time) (Outcome, Payment) {
	out := begin(w)
	n := w.State.Attempts + 1
	if w.Order.Total.Currency != money.RUB { // the tills are Russian, and print roubles
		t.Fiscal, t.Till, t.TillMin = false, ids.ID{}, 0
	}
	p := Payment{
		ID: w.Order.ID.Child(ids.Payment, n), Order: w.Order.ID, Mode: w.Order.Mode, Partner: w.Order.Partner, N: n,
		Account: t.Account, Provider: t.Provider, Fiscal: t.Fiscal, Till: t.Till, Agent: t.Agent, Method: m, Hold: w.Order.Hold && m != banks.SBP,
		Status: Created, Amount: w.Order.Total, ReturnURL: returnURL, Deadline: Deadline(w.Order, now), TillMin: t.TillMin,
		Call:      Call{Op: CallOpen, Until: now.Add(OpenTimeout + 5*time.Second)},
		CreatedAt: now, UpdatedAt: now, Due: now.Add(FeedFirst), Keys: keys,
	}
	if a, open := w.OpenPayment(); open {
		a = a.touched(now)
		a.Status, a.Due = Superseded, now.Add(looks[0])
		out.put(a)
	}
	s := w.State
	s.Status, s.Attempts, s.Open = OrderPending, n, n
	out.put(p)
	out.state(s, now)
	p, _ = out.After.Payment(n)
	return out, p
}

// Deadline is when the bank has to close its page: with the order, and after a day at the latest.
func Deadline(o Order, now time.Time) time.Time {
	if d := now.Add(MaxDeadline); d.Before(o.ExpiresAt) {
		return d
	}
	return o.ExpiresAt
}

// Opened records the bank's page. News that came faster than the bank's own answer is kept.
func Opened(w Whole, n int, o banks.Opened, now time.Time) Outcome {
	out := begin(w)
	p, ok := w.Payment(n)
	if !ok {
		return out
	}
	p.BankID, p.PageURL, p.QR = o.BankID, o.PageURL, o.QR
	if p.Status == Created || p.Status == Unknown && p.Call.Op == CallOpen {
		p = p.touched(now)
		p.Status, p.Call, p.Due = Pending, Call{}, now.Add(looks[0])
	}
	out.put(p.answered(now))
	return out
}

// Refused records that the bank proved not to open its page: a decline of this payer, or a failure of ours or theirs.
func Refused(w Whole, n int, class banks.Class, d banks.Decline, now time.Time) Outcome {
	out := begin(w)
	p, ok := w.Payment(n)
	if !ok || !p.opening() {
		return out
	}
	p = p.touched(now)
	p.Status, p.Call, p.Decline, p.Due = Failed, Call{}, d, time.Time{}
	if class == banks.DeclinedNow {
		p.Status = Declined
	}
	if p.Decline.Code == "" {
		p.Decline.Code = banks.Generic
	}
	out.put(p.answered(now))
	out.release(n, now)
	return out
}

// opening reports an attempt whose page the bank has not been seen to open, even if it had to make room meanwhile.
func (p Payment) opening() bool {
	lost := p.Status == Superseded && p.BankID == ""
	return lost || p.Status == Created || p.Status == Unknown && p.Call.Op == CallOpen
}

// Lost records that nobody knows whether the bank opened its page, and that it could not be asked either.
func Lost(w Whole, n int, now time.Time) Outcome {
	out := begin(w)
	p, ok := w.Payment(n)
	if !ok || p.Status != Created {
		return out
	}
	p = p.touched(now)
	p.Status, p.Due = Unknown, now.Add(looks[0])
	p.Call.Until = time.Time{}
	out.put(p)
	return out
}

// release gives the road free if attempt n holds it.
func (o *Outcome) release(n int, now time.Time) {
	s := o.After.State
	if s.Open == n {
		s.Open = 0
	}
	o.state(s, now)
}

// answered fixes the first outcome, which every replay of the creating call repeats. An attempt whose opening was lost
// has none: the next attempt answers for it.
func (p Payment) answered(now time.Time) Payment {
	if p.First.Status == "" && p.Status != Created && p.Status != Unknown && p.Status != Superseded {
		p.First = First{Status: p.Status, Decline: p.Decline, At: now}
	}
	return p
}

// ByKey finds the attempt that answers an Idempotency-Key: the newest, for a lost or refused one hands the key on.
func (w Whole) ByKey(key string) (Payment, Answered, bool) {
	for i := len(w.Payments) - 1; i >= 0; i-- {
		for _, k := range w.Payments[i].Keys {
			if k.Key == key {
				return w.Payments[i], k, true
			}
		}
	}
	return Payment{}, Answered{}, false
}

// MaxKeys is how many Idempotency-Keys one payment answers.
const MaxKeys = 8

// AlsoAnswers lets a kept payment answer one more key.
func AlsoAnswers(w Whole, n int, key Answered) Outcome {
	out := begin(w)
	p, ok := w.Payment(n)
	if !ok || len(p.Keys) >= MaxKeys || slices.ContainsFunc(p.Keys, func(k Answered) bool { return k.Key == key.Key }) {
		return out
	}
	p.Keys = append(append([]Answered(nil), p.Keys...), key)
	out.put(p)
	return out
}
