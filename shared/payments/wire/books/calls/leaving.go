package calls

import (
	"context"
	"errors"
	"maps"
	"slices"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	ledgerstore "giberno.ru/shared/ledger/store"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
)

// LeavingOf tells what a partner's open refunds will take off what we owe him, by currency, in minor units. It lists them by
// their names, passes over what the ledger holds, and reads the orders of the others, as many at once as there are readers:
// two queries where nothing is open, a batch read for every hundred that is listed, and a query for each order that is left.
// Orders that hold refunds which no list names, for a version before this one gave them back, cost a batch read more.
func LeavingOf(s *store.Store, books *ledgerstore.Store, readers int) func(context.Context, ids.Mode, ids.ID) (map[money.Currency]int64, error) {
	return func(ctx context.Context, m ids.Mode, partner ids.ID) (map[money.Currency]int64, error) {
		open, err := s.OpenRefunds(ctx, m, partner)
		if err != nil || len(open) == 0 {
			return nil, err
		}
		entries := make([]string, len(open))
		for i, refund := range open {
			entries[i] = ledger.RefundedID(refund)
		}
		held, err := books.Posted(ctx, m, entries...)
		if err != nil {
			return nil, err
		}
		found, err := readOf(ctx, s, m, slices.DeleteFunc(slices.Clone(open), func(refund ids.ID) bool { return held[ledger.RefundedID(refund)] }), readers)
		if err != nil {
			return nil, err
		}
		if others := unlisted(found, open); len(others) > 0 {
			also, err := books.Posted(ctx, m, others...)
			if err != nil {
				return nil, err
			}
			maps.Copy(held, also)
		}
		return sumOf(found, held)
	}
}

// unlisted names the entries of refunds that succeeded, may wait for the ledger, and are not among those that were listed.
func unlisted(orders []payments.Whole, listed []ids.ID) (entries []string) {
	known := map[ids.ID]bool{}
	for _, refund := range listed {
		known[refund] = true
	}
	for _, w := range orders {
		for _, r := range w.Refunds {
			if r.Status == payments.RefundSucceeded && !r.Due.IsZero() && !known[r.ID] {
				entries = append(entries, ledger.RefundedID(r.ID))
			}
		}
	}
	return entries
}

// readOf reads the orders of these refunds. One order may have several, which one reading tells of.
func readOf(ctx context.Context, s *store.Store, m ids.Mode, open []ids.ID, readers int) ([]payments.Whole, error) {
	var orders []ids.ID
	seen := map[ids.ID]bool{}
	for _, refund := range open {
		if order := refund.Root(); !seen[order] {
			seen[order] = true
			orders = append(orders, order)
		}
	}
	found := make([]payments.Whole, len(orders))
	err := each(len(orders), readers, func(i int) (err error) {
		found[i], err = s.Load(ctx, m, orders[i])
		if errors.Is(err, payments.ErrOrderNotFound) { // an index that is behind its table
			return nil
		}
		return err
	})
	return found, err
}

// sumOf is what the refunds of these orders take off, but for those that the ledger holds.
func sumOf(found []payments.Whole, held map[string]bool) (map[money.Currency]int64, error) {
	leaving := map[money.Currency]int64{}
	for _, w := range found {
		c := w.Order.Total.Currency
		sum, err := money.Of(leaving[c], c).Add(money.Of(w.Leaving(held), c))
		if err != nil {
			return nil, err
		}
		leaving[c] = sum.Amount
	}
	return leaving, nil
}
