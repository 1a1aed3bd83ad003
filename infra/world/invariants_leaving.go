package world

import (
	"cmp"
	"context"
	"slices"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	ledgerstore "giberno.ru/shared/ledger/store"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/wire/books/calls"
)

// checkLeaving holds what is found of open refunds, by their places in the index, against all refunds that there are.
func (w *World) checkLeaving() {
	found := calls.LeavingOf(store.New(w.durable.table), ledgerstore.New(w.durable.table), 1)
	for _, s := range w.setting.shops {
		leaving, err := found(context.Background(), s.mode, s.partner)
		if should := w.leaving(s); err != nil || leaving[money.RUB] != should {
			w.fail("LeavingAgrees", ids.ID{}, "of what we owe %s in mode %s, %v are said to be on their way back, and %d are (%v)", s.partner, s.mode, leaving, should, err)
		}
	}
}

// leaving is what a shop's refunds that have neither failed nor come into the ledger will take off what we owe it, by the
// world's own arithmetic.
func (w *World) leaving(s shop) (minor int64) {
	for _, whole := range w.watch.last { // its people may not know all of them: an answer was lost
		if whole.Order.Mode != s.mode || whole.Order.Partner != s.partner {
			continue
		}
		for _, p := range whole.Payments {
			a := w.agreed(p)
			if a.contract.own {
				continue
			}
			before, _ := given(whole, p.N)
			for _, r := range openOf(whole, p.N) {
				if r.Status != payments.RefundSucceeded {
					r.Before = before
					before += r.Amount.Amount
				}
				if _, posted := w.watch.entries[entryPK+string(s.mode)+"#"+ledger.RefundedID(r.ID)]; !posted {
					minor += r.Amount.Amount - a.oursBack(p.Captured, r)
				}
			}
		}
	}
	return minor
}

// openOf lists the refunds of an attempt that have not failed, by their numbers.
func openOf(whole payments.Whole, n int) []payments.Refund {
	open := slices.DeleteFunc(slices.Clone(whole.Refunds), func(r payments.Refund) bool {
		return r.Payment != n || r.Status == payments.RefundFailed
	})
	slices.SortFunc(open, func(a, b payments.Refund) int { return cmp.Compare(a.N, b.N) })
	return open
}
