package draw

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
)

// Machines are the state machines of the payment module.
type Machines struct{ Attempts, Orders, Refunds Machine }

// States finds the state machines of the payment module by living through every order of at most two attempts, and through
// every paid order of at most two refunds: every decision of package payments is tried with every word of a bank, told and
// asked, at once and after a while, until nothing new is seen. It does so once.
func States() Machines { return explored() }

var explored = sync.OnceValue(explore)

func explore() Machines {
	x := explorer{Machines: Machines{paymentMachine(), orderMachine(), refundMachine()}, seen: map[string]bool{}}
	for _, hold := range []bool{false, true} {
		x.visit(moment{whole: newOrder(hold), now: began})
	}
	for len(x.ahead) > 0 {
		m := x.ahead[0]
		x.ahead = x.ahead[1:]
		x.live(m)
	}
	x.giveBack()
	x.Attempts.tidy()
	x.Orders.tidy()
	x.Refunds.tidy()
	return x.Machines
}

var began = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// maxAttempts is enough: a third attempt meets nothing that the second has not met.
const maxAttempts = 2

func newOrder(hold bool) payments.Whole {
	return payments.Whole{Order: payments.Order{
		ID: ids.FromParts("drawing"), Mode: ids.Test, Total: money.Money{Amount: 100, Currency: money.RUB},
		Hold: hold, ExpiresAt: began.Add(time.Hour), CreatedAt: began,
	}}
}

type moment struct {
	whole payments.Whole
	now   time.Time
}

type explorer struct {
	Machines
	seen  map[string]bool
	ahead []moment
}

// visit puts a moment on the list unless one like it was there.
func (x *explorer) visit(m moment) {
	key := m.likeness()
	if !x.seen[key] {
		x.seen[key] = true
		x.ahead = append(x.ahead, m)
	}
}

// likeness says what the decisions can see of a moment. Alarms are left out: they never change a status.
func (m moment) likeness() string {
	var b strings.Builder
	w := m.whole
	fmt.Fprintf(&b, "%v %s %d %d %t|", w.Order.Hold, w.Status(), w.State.Open, w.State.Winner, m.now.Before(w.Order.ExpiresAt))
	for _, p := range w.Payments {
		missed := 0
		if !p.MissedAt.IsZero() {
			missed = 1
			if m.now.Sub(p.MissedAt) >= payments.MissApart {
				missed = 2
			}
		}
		fmt.Fprintf(&b, "%s %s %t %d %t|", p.Status, p.Call.Op, p.Waiting(m.now), missed, p.BankID != "")
	}
	return b.String()
}

// took records what a decision changed and goes on from there.
func (x *explorer) took(m moment, cause string, out payments.Outcome) {
	if out.Empty() {
		return
	}
	was, is := out.Before, out.After
	for _, p := range is.Payments {
		from := "(none)"
		if old, ok := was.Payment(p.N); ok {
			from = string(old.Status)
		}
		if from != "(none)" {
			x.Attempts.see(from, string(p.Status), cause)
		}
	}
	x.Orders.see(string(was.Status()), string(is.Status()), cause)
	x.visit(moment{is, m.now})
}

// live tries everything that can happen at a moment.
func (x *explorer) live(m moment) {
	w, now := m.whole, m.now
	x.visit(moment{w, now.Add(3 * time.Minute)}) // callers have given up, and a second look counts
	x.visit(moment{w, now.Add(26 * time.Hour)})  // every deadline has passed
	x.took(m, "the order's time is over", payments.Expire(w, now))
	if first, err := payments.CancelOrder(w, now); err == nil && w.Status() != payments.OrderCancelled {
		closable := true
		for _, p := range first {
			closable = closable && p.Call.Op == ""
		}
		if closable {
			x.took(m, "the partner cancels the order", payments.Cancel(w, "", "", now))
		}
	}
	x.open(m)
	for n := range w.Payments {
		x.attempt(m, n+1)
	}
}

func (x *explorer) open(m moment) {
	if len(m.whole.Payments) >= maxAttempts {
		return
	}
	cause := "the payer chooses a method"
	if _, open := m.whole.OpenPayment(); open {
		cause = "the payer chooses another method"
	}
	if plan, err := payments.OpenAttempt(m.whole, banks.SBP, "", m.now); err == nil && plan.Open {
		// The methods differ in name only, except that a hold needs a card.
		out, _ := payments.Begin(m.whole, banks.Card, payments.Through{Provider: "bank"}, "", nil, m.now)
		x.took(m, cause, out)
	}
}

// attempt tries everything that can happen to attempt n.
func (x *explorer) attempt(m moment, n int) {
	w, now := m.whole, m.now
	p, _ := w.Payment(n)
	if p.Call.Op == payments.CallOpen && p.Status == payments.Created {
		x.took(m, "the bank opens its page", payments.Opened(w, n, banks.Opened{BankID: fmt.Sprint(n), PageURL: "https://bank.example/"}, now))
		for _, class := range []banks.Class{banks.DeclinedNow, banks.Unavailable} {
			cause := map[banks.Class]string{banks.DeclinedNow: "the bank refuses this payer", banks.Unavailable: "the bank proves not to have opened it"}
			x.took(m, cause[class], payments.Refused(w, n, class, banks.Decline{}, now))
		}
		x.took(m, "the answer to opening is lost", payments.Lost(w, n, now))
	}
	if p.Call.Op != "" && p.Call.Op != payments.CallOpen {
		x.took(m, "the answer to "+string(p.Call.Op)+" is lost", payments.CallLost(w, n, now))
		x.took(m, "the bank proves not to have done "+string(p.Call.Op), payments.CallRefused(w, n, now))
	}
	x.took(m, "asked: the bank does not know it", payments.NotFound(w, n, now))
	x.took(m, "a fruitless look", payments.Looked(w, n, now))
	if out, err := payments.BeginCapture(w, n, 0, nil, "", "", now); err == nil {
		x.took(m, "we ask to capture", out)
	}
	if out, err := payments.BeginVoid(w, n, "", "", now); err == nil {
		x.took(m, "we ask to void", out)
	}
	if !p.Waiting(now) && p.Status != payments.Held && p.BankID != "" {
		x.took(m, "we ask to cancel", payments.BeginCancel(w, n, now))
	}
	for _, status := range bankWords {
		news := banks.News{Status: status, Word: string(status), BankID: fmt.Sprint(n), Amount: &p.Amount}
		x.took(m, "told: "+string(status), payments.Apply(w, n, news, payments.Told, now))
		x.took(m, "asked: "+string(status), payments.Apply(w, n, news, payments.Asked, now))
	}
}

var bankWords = []banks.Status{
	banks.Pending, banks.Held, banks.Paid, banks.Declined, banks.Cancelled, banks.Expired, banks.Reversed,
	banks.PartlyRefunded, banks.Refunded, banks.Unrecognised,
}
