package draw

import (
	"fmt"
	"strings"
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
)

func refundMachine() Machine {
	m := Machine{Title: "The states of a refund", Intro: `A refund gives money of one paid payment back. Found in the same way as [the states of a payment](payment-states.md): every
paid order of at most two refunds was lived through, at banks that carry one key out once («keyed») and at banks that do
not, with and without a limit above which a second operator has to agree. Money that went back without us appears as a
refund that has succeeded already.

What is promised to the payer is taken from what may still be given back by the same write that makes the refund, and put
back by the one that makes it ` + "`failed`" + `. A lost answer alone never leads there.`}
	for _, s := range payments.RefundStatuses {
		m.States = append(m.States, State{Name: string(s), Means: refundMeans[s], Final: s.Final(),
			First: s == payments.RefundPending || s == payments.RefundAwaitsApproval})
	}
	return m
}

var refundMeans = map[payments.RefundStatus]string{
	payments.RefundAwaitsApproval: "above the limit of one person: a second operator has 24 hours to agree; its amount is promised meanwhile",
	payments.RefundPending:        "the bank is called, is to be called again, or has begun",
	payments.RefundUnknown:        "an answer was lost: the bank is asked, or called again under the same key where it carries one out once",
	payments.RefundSucceeded:      "the money is with the payer",
	payments.RefundFailed:         "proven: no money went back",
}

// maxRefunds is enough: a third one meets nothing that the second has not met.
const maxRefunds = 2

// giveBack lives through what can happen to the money of a paid order.
func (x *explorer) giveBack() {
	seen := map[string]bool{}
	for _, keyed := range []bool{false, true} {
		var ahead []moment
		visit := func(m moment) {
			if key := m.refundsLikeness(keyed); !seen[key] {
				seen[key] = true
				ahead = append(ahead, m)
			}
		}
		for visit(moment{paidOrder(), began}); len(ahead) > 0; {
			m := ahead[0]
			ahead = ahead[1:]
			for _, later := range []time.Duration{3 * time.Minute, payments.ApprovalLife, payments.RefundPatience} {
				visit(moment{m.whole, m.now.Add(later)})
			}
			for cause, out := range returns(m, keyed) {
				if out.Empty() {
					continue
				}
				for _, r := range out.ChangedRefunds() {
					if old, existed := out.Before.Refund(r.N); existed {
						x.Refunds.see(string(old.Status), string(r.Status), cause)
					}
				}
				x.Orders.see(string(out.Before.Status()), string(out.After.Status()), "a refund succeeds")
				visit(moment{out.After, m.now})
			}
		}
	}
}

// paidOrder is an order whose only attempt took all of it.
func paidOrder() payments.Whole {
	w := newOrder(false)
	out, _ := payments.Begin(w, banks.Card, payments.Through{Provider: "bank"}, "", nil, began)
	out = payments.Opened(out.After, 1, banks.Opened{BankID: "1", PageURL: "https://bank.example/"}, began)
	return payments.Apply(out.After, 1, banks.News{Status: banks.Paid, BankID: "1"}, payments.Told, began).After
}

// refundsLikeness says what the decisions about refunds can see of a moment.
func (m moment) refundsLikeness(keyed bool) string {
	var b strings.Builder
	p, _ := m.whole.Payment(1)
	fmt.Fprintf(&b, "%t %s %t|", keyed, m.whole.Status(), p.Suspect)
	for _, r := range m.whole.Refunds {
		age := m.now.Sub(r.CreatedAt)
		missed := !r.MissedAt.IsZero()
		fmt.Fprintf(&b, "%s %d %t %t %t %t %t %t %t|", r.Status, r.Amount.Amount, r.Sent, r.Begun, r.Waiting(m.now), missed,
			missed && m.now.Sub(r.MissedAt) >= payments.MissApart, age >= payments.ApprovalLife, age >= payments.RefundPatience)
	}
	return b.String()
}

// returns is everything that can happen to the refunds of a moment, by its cause.
func returns(m moment, keyed bool) map[string]payments.Outcome {
	w, now := m.whole, m.now
	all := map[string]payments.Outcome{}
	try := func(cause string, out payments.Outcome, err error) {
		if err == nil {
			all[cause] = out
		}
	}
	if len(w.Refunds) < maxRefunds {
		for _, limit := range []int64{0, 1} {
			for _, amount := range []int64{40, 0} {
				out, _, err := payments.BeginRefund(w, 1, payments.RefundWish{Amount: amount, Author: "author", Keyed: keyed, ApproveAbove: limit}, now)
				try(fmt.Sprintf("begin %d %d", amount, limit), out, err)
			}
		}
	}
	for _, r := range w.Refunds {
		for cause, out := range endsOf(w, r, now) {
			all[cause] = out
		}
	}
	return all
}

// endsOf is everything that can happen to one refund. Its number makes no difference to a cause, and two refunds that could
// both meet it are told apart by what they come to.
func endsOf(w payments.Whole, r payments.Refund, now time.Time) map[string]payments.Outcome {
	all, k := map[string]payments.Outcome{}, r.N
	if out, err := payments.ApproveRefund(w, k, "another", now); err == nil {
		all["a second operator agrees"] = out
	}
	if out, err := payments.RejectRefund(w, k, "another", "why", now); err == nil {
		all["an operator rejects it"] = out
	}
	all["nobody has agreed in time"] = payments.ExpireApproval(w, k, now)
	if out, again := payments.SendRefund(w, k, now); again {
		all["the bank is called again"] = out
	}
	if r.Status == payments.RefundAwaitsApproval {
		return all
	}
	if r.Waiting(now) {
		all["the bank has done it"] = payments.RefundAnswered(w, k, banks.News{Status: banks.PartlyRefunded}, now)
		all["the bank has begun"] = payments.RefundAnswered(w, k, banks.News{Status: banks.Paid, Underway: true}, now)
		all["the answer is lost"] = payments.RefundLost(w, k, now)
		for class, cause := range map[banks.Class]string{banks.DeclinedNow: "the bank refuses it", banks.Conflict: "the payment's state at the bank does not allow it",
			banks.Unavailable: "the bank is away, or did not act for three days"} {
			all[cause] = payments.RefundRefused(w, k, class, banks.Decline{}, now)
		}
	}
	back := func(minor int64) banks.News {
		return banks.News{Status: banks.PartlyRefunded, Word: "word", Left: &money.Money{Amount: minor, Currency: money.RUB}}
	}
	var before int64
	for _, other := range w.Refunds {
		if other.Status == payments.RefundSucceeded {
			before += other.Amount.Amount
		}
	}
	p, _ := w.Payment(1)
	all["asked: it went through"] = payments.RefundTold(w, k, back(p.Captured-before-r.Amount.Amount), now)
	all["asked: no trace of it"] = payments.RefundTold(w, k, back(p.Captured-before), now)
	all["asked: under way"] = payments.RefundTold(w, k, banks.News{Status: banks.Paid, Underway: true}, now)
	return all
}
