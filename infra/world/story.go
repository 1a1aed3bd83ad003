package world

import (
	"context"
	"fmt"
	"strings"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments/store"
)

// Failure is an invariant that did not hold.
type Failure struct {
	Seed      uint64
	Step      int
	At        time.Time // of the world
	Invariant string
	Why       string
	Order     ids.ID // zero: of no single one
	Text      string
	State     []string // that order as it stands, here and at the bank
	Story     []string // the last events of that order
}

// String tells a failure to a reader.
func (f *Failure) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, step %d, %s: %s does not hold\n  %s\n  It must, for %s.\n", f.Seed, f.Step, f.At.Format("2006-01-02 15:04:05"), f.Invariant, f.Text, f.Why)
	if !f.Order.IsZero() {
		fmt.Fprintf(&b, "  order %s:\n", f.Order)
	}
	for _, line := range f.State {
		b.WriteString("    " + line + "\n")
	}
	for _, line := range f.Story {
		b.WriteString("    " + line + "\n")
	}
	return b.String()
}

// stateOf tells how an order stands, here and at its bank.
func (w *World) stateOf(order ids.ID) (lines []string) {
	tell := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for _, m := range modes {
		whole, err := store.New(w.durable.table).Load(context.Background(), m, order)
		if err != nil {
			continue
		}
		s := whole.State
		tell("%s over %d: %s, open %d, winner %d, paid %d, refunded %d", m, whole.Order.Total.Amount, whole.Status(), s.Open, s.Winner, s.Paid, s.Refunded)
		for _, p := range whole.Payments {
			tell("attempt %d %s %s, captured %d, call %q, due %s, the bank's %s", p.N, p.Method, p.Status, p.Captured, p.Call.Op, p.Due.Format("02 15:04:05"), p.BankID)
		}
		for _, r := range whole.Refunds {
			tell("refund %d of attempt %d by %s %s over %d", r.N, r.Payment, r.Source, r.Status, r.Amount.Amount)
		}
		for _, r := range whole.Receipts {
			tell("receipt %04x of %s %s, FD %d over %d", r.ID[14:], r.Operation, r.Status, r.Fiscal.FD, r.Fiscal.Total.Amount)
			if r.Till.IsZero() {
				continue
			}
			for _, paper := range (&look{world: w, mode: m}).papersOf(r.ID, r.Tries) {
				tell("till: %s as %s over %d is %s", paper.Operation, paper.ExternalID, paper.Total, paper.Status)
			}
		}
		for _, a := range whole.Alarms {
			tell("alarm %s on %s: %s", a.Kind, a.Object, a.Detail)
		}
		for _, b := range w.paymentsAt(m, order, len(whole.Payments)) {
			tell("bank %s %s: held %d, captured %d, returned %d", b.ID, b.Status, b.Held, b.Captured, b.Returned)
			for _, step := range b.History {
				tell("  %s %s (%s)", step.At.Format("02 15:04:05.000"), step.To, step.Why)
			}
			for _, r := range b.Refunds {
				tell("  refund %s over %d: %s", r.ExternalID, r.Amount, r.Status)
			}
		}
	}
	return lines
}

// event is one call of an actor.
type event struct {
	step     int
	at       time.Time
	who, did string
	order    ids.ID
	what     string
	fate     fate
}

// tale is the last events of the world.
type tale struct {
	events []event
	next   int
}

// told is how many events are kept, and linesTold how many of an order are told.
const (
	told      = 1 << 16
	linesTold = 60
)

func (t *tale) add(e event) {
	if len(t.events) < told {
		t.events = append(t.events, e)
		return
	}
	t.events[t.next] = e
	t.next = (t.next + 1) % told
}

// tell writes something that is no call of a process into the story of an order.
func (w *World) tell(order ids.ID, what string) {
	w.trace.add(what)
	e := event{step: w.step, at: w.clock.Now(), who: "·", did: "", order: order, what: what}
	if w.running != nil {
		e.who, e.did = w.running.name, w.running.did
	}
	w.tale.add(e)
}

// of tells what happened to an order, the calls of one move in one line.
func (t *tale) of(order ids.ID) []string {
	var lines []string
	var last event
	for i := range t.events {
		e := t.events[(t.next+i)%len(t.events)]
		if e.order != order || order.IsZero() && len(t.events)-i > linesTold {
			continue
		}
		text := e.what
		if e.fate != fine {
			text += " (" + e.fate.String() + ")"
		}
		if len(lines) > 0 && e.who == last.who && e.did == last.did {
			lines[len(lines)-1] += ", " + text
		} else {
			lines = append(lines, fmt.Sprintf("%6d %s %-9s %s: %s", e.step, e.at.Format("02 15:04:05.000"), e.who, e.did, text))
		}
		last = e
	}
	return lines[max(0, len(lines)-linesTold):]
}
