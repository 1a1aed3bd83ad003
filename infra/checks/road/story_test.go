package road

import (
	"context"
	"fmt"
	"strings"
)

// story tells what happened in a world, for whoever has to find out why it did not end well.
func (w *world) story(ctx context.Context) string {
	var b strings.Builder
	for n, call := range w.line.trace {
		how := ""
		for _, f := range w.line.faults {
			if f.at == n {
				how = " ← " + f.how.String()
			}
		}
		fmt.Fprintf(&b, "%03d %s%s\n", n, call, how)
	}
	for _, p := range w.bank.Payments(1000) {
		fmt.Fprintf(&b, "bank's %s %s: captured %d, returned %d\n", p.OrderID, p.Status, p.Captured, p.Returned)
		for _, h := range p.History {
			fmt.Fprintf(&b, "   %s %s (%s)\n", h.At.Format("02 15:04:05"), h.To, h.Why)
		}
		for _, r := range p.Refunds {
			fmt.Fprintf(&b, "   gave back %d of %d, key %q, %s %s\n", r.Amount, r.Before, r.ExternalID, r.Status, r.Code)
		}
	}
	for _, n := range w.bank.Notices("") {
		fmt.Fprintf(&b, "notice %s %s", n.Status, n.State)
		for _, a := range n.Attempts {
			fmt.Fprintf(&b, " %s:%d%s", a.At.Format("02T15:04:05"), a.Status, a.Error)
		}
		b.WriteString("\n")
	}
	for _, id := range w.orders {
		whole := w.load(ctx, id)
		fmt.Fprintf(&b, "state %+v\n", whole.State)
		for _, p := range whole.Payments {
			fmt.Fprintf(&b, "payment %d %s, captured %d, suspect %v, due %s\n", p.N, p.Status, p.Captured, p.Suspect, p.Due.Format("02 15:04:05"))
		}
		for _, r := range whole.Refunds {
			fmt.Fprintf(&b, "refund %d of payment %d: %s %d by %s %s, due %s\n", r.N, r.Payment, r.Status, r.Amount.Amount, r.Source, r.Decline.Code, r.Due.Format("02 15:04:05"))
		}
		for _, r := range whole.Receipts {
			fmt.Fprintf(&b, "receipt %s of %s: %s %d\n", r.ID, r.Operation, r.Status, r.Fiscal.Total.Amount)
		}
		for _, a := range whole.Alarms {
			fmt.Fprintf(&b, "alarm %s: %s\n", a.Kind, a.Detail)
		}
	}
	return b.String()
}

// String gives the name that the tests use.
func (how damage) String() string {
	for name, d := range damages {
		if d == how {
			return name
		}
	}
	return "none"
}
