package world

import (
	"fmt"
	"reflect"
	"slices"

	"giberno.ru/infra/simulators/tbank"
	"giberno.ru/shared/payments"
)

func withinTheAmount(l *look) string {
	s := l.is.State
	for _, p := range l.is.Payments {
		if p.Captured < 0 || p.Captured > p.Amount.Amount {
			return fmt.Sprintf("attempt %d took %d of %d", p.N, p.Captured, p.Amount.Amount)
		}
		if p.Amount != l.is.Order.Total {
			return fmt.Sprintf("attempt %d is over %s, the order over %s", p.N, p.Amount, l.is.Order.Total)
		}
	}
	if s.Paid < 0 || s.Paid > l.is.Order.Total.Amount || s.Refunded < 0 || s.Refunded > s.Paid {
		return fmt.Sprintf("of %s there is paid %d and refunded %d", l.is.Order.Total, s.Paid, s.Refunded)
	}
	return ""
}

func oneWinner(l *look) string {
	for _, p := range l.is.Payments {
		if p.Status != payments.Paid || p.N == l.is.State.Winner {
			continue
		}
		if !everRaised(l.is, p, payments.SecondSuccess) && !everRaised(l.is, p, payments.PaidAfterCancel) {
			return fmt.Sprintf("attempt %d is paid beside the winner %d, and nobody was called", p.N, l.is.State.Winner)
		}
	}
	return ""
}

// everRaised reports that an operator was called for an attempt, whether or not he has seen to it.
func everRaised(w payments.Whole, p payments.Payment, kinds ...payments.AlarmKind) bool {
	return raisedOn(w, p.ID.String(), kinds...)
}

// paidIsCharged holds every paid attempt that changed against the bank.
func paidIsCharged(l *look) string {
	for _, p := range l.is.Payments {
		before, _ := l.was.Payment(p.N)
		if p.Status != payments.Paid || before.Status == payments.Paid {
			continue
		}
		b, ok := l.bankOf(p)
		switch {
		case !ok:
			return fmt.Sprintf("attempt %d is paid, and the bank does not know it", p.N)
		case b.ID != p.BankID:
			return fmt.Sprintf("attempt %d was paid as %s; the bank calls it %s", p.N, p.BankID, b.ID)
		case b.Captured != p.Captured:
			return fmt.Sprintf("attempt %d took %d; the bank took %d (%s)", p.N, p.Captured, b.Captured, b.Status)
		}
	}
	return ""
}

func heldIsHeldThere(l *look) string {
	for _, p := range l.is.Payments {
		before, _ := l.was.Payment(p.N)
		if p.Status != payments.Held || before.Status == payments.Held {
			continue
		}
		b, ok := l.bankOf(p)
		there := slices.ContainsFunc(b.History, func(s tbank.Step) bool { return s.To == tbank.Authorized })
		if !ok || !there || !p.Hold {
			return fmt.Sprintf("attempt %d is held; at the bank it is %q", p.N, b.Status)
		}
	}
	return ""
}

// noSecondRoad: a new attempt begins only where every earlier one has ended or lost the road, none of them in doubt.
func noSecondRoad(l *look) string {
	for _, p := range l.is.Payments {
		if _, known := l.was.Payment(p.N); known {
			continue
		}
		for _, earlier := range l.is.Payments[:p.N-1] {
			before, _ := l.was.Payment(earlier.N)
			if earlier.Status.Open() || before.Status == payments.Unknown || before.Status == payments.Held || before.Status == payments.Paid && l.was.State.Winner == earlier.N {
				return fmt.Sprintf("attempt %d began beside attempt %d, which was %s and is %s", p.N, earlier.N, before.Status, earlier.Status)
			}
		}
	}
	return ""
}

func nothingForgotten(l *look) string {
	was, is := l.was, l.is
	if was.Order.ID.IsZero() {
		return ""
	}
	before, now := was.Order, is.Order
	before.Due = now.Due // the only thing of an order that may change
	if !reflect.DeepEqual(before, now) {
		return "the order is not as it was created"
	}
	if is.State.Version < was.State.Version || len(is.Payments) < len(was.Payments) {
		return "the order went back in time"
	}
	for i, p := range was.Payments {
		q := is.Payments[i]
		if p.ID != q.ID || p.Account != q.Account || p.Amount != q.Amount || p.Method != q.Method || p.Hold != q.Hold || q.Version < p.Version {
			return fmt.Sprintf("attempt %d is another than it was", p.N)
		}
		if p.Status == payments.Paid && (q.Captured != p.Captured || q.BankID != p.BankID) {
			return fmt.Sprintf("attempt %d took %d as %s, and now %d as %s", p.N, p.Captured, p.BankID, q.Captured, q.BankID)
		}
	}
	for _, a := range was.Alarms {
		if !slices.ContainsFunc(is.Alarms, func(b payments.Alarm) bool { return a.Kind == b.Kind && a.Object == b.Object }) {
			return "the alarm " + string(a.Kind) + " is gone"
		}
	}
	for _, r := range was.Receipts {
		kept, ok := is.ReceiptOf(r.ID)
		if !ok || r.Status == payments.ReceiptReady && r.Verified && kept.Fiscal != r.Fiscal {
			return "the receipt " + r.ID.String() + " is gone or changed"
		}
	}
	return ""
}

func modesApart(l *look) string {
	o := l.is.Order
	if o.Mode != l.mode {
		return fmt.Sprintf("an order of mode %s stands in mode %s", o.Mode, l.mode)
	}
	if t := l.world.book.byID[l.id]; t != nil && (t.shop.mode != o.Mode || t.shop.partner != o.Partner) {
		return fmt.Sprintf("the order of partner %s in mode %s belongs to %s in mode %s", t.shop.partner, t.shop.mode, o.Partner, o.Mode)
	}
	for _, p := range l.is.Payments {
		c, ok := l.world.contractOf(p.Account)
		if !ok || c.mode != o.Mode || p.Mode != o.Mode || p.Partner != o.Partner {
			return fmt.Sprintf("attempt %d goes through a contract of mode %q", p.N, c.mode)
		}
		if !c.partner.IsZero() && o.Partner != c.partner {
			return fmt.Sprintf("attempt %d goes through the contract of another partner", p.N)
		}
		if b, ok := l.bankOf(p); ok && b.Terminal != c.terminal {
			return fmt.Sprintf("attempt %d goes through terminal %s, at the bank through %s", p.N, c.terminal, b.Terminal)
		}
	}
	return ""
}

// oneReceipt: at most one receipt of a payment's income, and every verified one is a paper that the till made for it.
func oneReceipt(l *look) string {
	incomes := map[string]int{}
	for _, r := range l.is.Receipts {
		if !r.Verified || r.Fiscal.FN == "" {
			continue
		}
		identity := r.Fiscal.Identity()
		if other, taken := l.world.watch.papers[string(l.mode)+identity]; taken && other != r.ID {
			return fmt.Sprintf("receipts %s and %s are one paper", other, r.ID)
		}
		l.world.watch.papers[string(l.mode)+identity] = r.ID
		if r.Operation == payments.OfPayment {
			incomes[r.Payment.String()]++
		}
		if incomes[r.Payment.String()] > 1 {
			return "payment " + r.Payment.String() + " has two receipts"
		}
		if before, _ := l.was.ReceiptOf(r.ID); before.Fiscal.FN == "" && !l.printed(r) {
			return fmt.Sprintf("receipt %s (FD %d over %d) was printed by no till", r.ID, r.Fiscal.FD, r.Fiscal.Total.Amount)
		}
	}
	return ""
}

// printed reports that the bank's till made this paper for its payment, or a till of ours for its name.
func (l *look) printed(r payments.Receipt) bool {
	if !r.Till.IsZero() {
		return l.printedByOurs(r)
	}
	for _, p := range l.is.Payments {
		if p.ID != r.Payment {
			continue
		}
		b, _ := l.bankOf(p)
		return slices.ContainsFunc(b.Receipts, func(f tbank.FiscalReceipt) bool {
			return f.Document == r.Fiscal.FD && f.Amount == r.Fiscal.Total.Amount
		})
	}
	return false
}

func watchedIsDue(l *look) string {
	for _, p := range l.is.Payments {
		if p.Watched() && p.Due.IsZero() {
			return fmt.Sprintf("attempt %d is %s and has no due key", p.N, p.Status)
		}
	}
	for _, r := range l.is.Receipts {
		if r.Status == payments.ReceiptPending && !r.Till.IsZero() && r.Due.IsZero() {
			return fmt.Sprintf("receipt %s is pending and has no due key", r.ID)
		}
	}
	if !l.is.Closed() && l.is.Order.Due.IsZero() {
		return "the order can still expire and has no due key"
	}
	return ""
}

func notBeforeItsTime(l *look) string {
	expired := l.is.Status() == payments.OrderExpired && l.was.Status() != payments.OrderExpired
	if at := l.world.clock.Now(); expired && at.Before(l.is.Order.ExpiresAt) {
		return fmt.Sprintf("the order expired at %s; its time was until %s", at, l.is.Order.ExpiresAt)
	}
	return ""
}

// noFalseAlarm: in a world whose bank makes no mistakes nobody is called for one. Where its people gave money back beside a
// refund of ours whose answer was lost, nobody can tell which of the two a receipt is about.
func noFalseAlarm(l *look) string {
	if !l.world.honest() {
		return ""
	}
	for _, a := range l.is.Alarms {
		called := a.Kind == payments.AmountMismatch || a.Kind == payments.RefundMismatch || a.Kind == payments.ReceiptConflict && !l.byHand()
		if called {
			return fmt.Sprintf("the alarm %s was raised, and the bank made no mistake: %s", a.Kind, a.Detail)
		}
	}
	return ""
}

// byHand reports money of the order that was given back in the bank's cabinet.
func (l *look) byHand() bool {
	return slices.ContainsFunc(l.atBank(), func(b tbank.Payment) bool {
		return slices.ContainsFunc(b.Refunds, func(r tbank.Refund) bool { return r.ExternalID == "" })
	})
}
