package payments

import (
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
)

// Freeze puts the terms of fees on attempt n as it is paid: a later change of the contract is of later payments only.
func (o *Outcome) Freeze(n int, terms ledger.Terms) {
	if p, ok := o.After.Payment(n); ok && o.changed[n] && p.Status == Paid {
		o.After.Payments[n-1].Terms = terms
	}
}

// Unpriced lists the attempts that this outcome pays and that have no terms of fees yet.
func (o Outcome) Unpriced() (list []Payment) {
	for _, p := range o.Changed() {
		if p.Status == Paid && p.Terms.Account.IsZero() {
			list = append(list, p)
		}
	}
	return list
}

// Repriced freezes the terms of an attempt that was paid by code which knew none.
func Repriced(w Whole, n int) Outcome {
	out := begin(w)
	if p, ok := w.Payment(n); ok && p.Status == Paid && p.Terms.Account.IsZero() {
		out.put(p)
	}
	return out
}

// ledgered is the payment as the ledger sees it.
func (p Payment) ledgered() ledger.Payment {
	return ledger.Payment{ID: p.ID, Mode: p.Mode, Partner: p.Partner, Amount: money.Of(p.Captured, p.Amount.Currency), Terms: p.Terms}
}

// Entry is what the ledger has to hold of a paid payment. ok is false for one that owes the ledger nothing, or has no terms yet.
func (p Payment) Entry() (e ledger.Entry, ok bool, err error) {
	if p.Status != Paid || p.Terms.Account.IsZero() {
		return e, false, nil
	}
	e, err = ledger.Paid(p.ledgered(), p.PaidAt)
	e.Reference = p.Reference()
	return e, err == nil, err
}

// EntryOf is what the ledger has to hold of a child: a paid payment, or a refund that succeeded.
func (w Whole) EntryOf(child ids.ID) (e ledger.Entry, ok bool, err error) {
	switch child.Family() {
	case ids.Payment:
		p, _ := w.Payment(child.N())
		return p.Entry()
	case ids.Refund:
		r, _ := w.Refund(child.N())
		p, _ := w.Payment(r.Payment)
		if r.Status != RefundSucceeded || p.Terms.Account.IsZero() {
			return e, false, nil
		}
		e, err = p.refunded(r)
		return e, err == nil, err
	}
	return e, false, nil
}

// refunded is the entry of refund r of the payment.
func (p Payment) refunded(r Refund) (ledger.Entry, error) {
	paid := p.ledgered()
	if r.Source == BySystem { // a success that the order did not keep costs the partner nothing
		paid.Terms.Ours.Returned = true
	}
	e, err := ledger.Refunded(paid, ledger.Refund{ID: r.ID, Amount: r.Amount.Amount, Before: r.Before}, r.SucceededAt)
	e.Reference = p.Reference()
	return e, err
}

// Leaving is what the open refunds of the order will take off what we owe the partner, in minor units: those on their way, and
// those that succeeded and are not in the ledger yet. held names entries that the ledger has; what was let go is there as well.
// It is what their entries will move, as if all of them succeeded in the order of their numbers.
func (w Whole) Leaving(held map[string]bool) (minor int64) {
	before := map[int]int64{} // by attempt
	for _, r := range w.Refunds {
		if r.Status == RefundFailed || r.Due.IsZero() || held[ledger.RefundedID(r.ID)] {
			continue
		}
		if r.Status != RefundSucceeded {
			r.SucceededAt, r.Before = r.CreatedAt, w.returned(r.Payment)+before[r.Payment]
			before[r.Payment] += r.Amount.Amount
		}
		minor += w.takenOff(r) // an order's refunds are at most MaxTotal for each of its attempts
	}
	return minor
}

// takenOff is what refund r takes off what we owe the partner. Where the ledger cannot tell, for it knows no terms of the
// payment or refuses the entry, it is all of the refund, if the money is with us.
func (w Whole) takenOff(r Refund) int64 {
	p, _ := w.Payment(r.Payment)
	e, err := p.refunded(r)
	moved := ledger.Balances{}
	if err == nil {
		err = moved.Post(e.Postings...)
	}
	switch {
	case err == nil:
		return -moved[ledger.Payable]
	case p.Agent:
		return r.Amount.Amount
	}
	return 0
}

// EntryID names what the ledger has to hold of a child; "" where it owes the ledger nothing.
func (w Whole) EntryID(child ids.ID) string {
	switch child.Family() {
	case ids.Payment:
		if p, _ := w.Payment(child.N()); p.Status == Paid {
			return ledger.PaidID(p.ID)
		}
	case ids.Refund:
		if r, _ := w.Refund(child.N()); r.Status == RefundSucceeded {
			return ledger.RefundedID(r.ID)
		}
	}
	return ""
}
