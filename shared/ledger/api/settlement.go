package api

import (
	"context"
	"errors"
	"slices"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/object"
	"giberno.ru/shared/platform/web"
)

// The contract's settlement, under the names by which the documents know it.
type (
	Settlement  = object.Settlement
	OwnAccounts = object.OwnAccounts
)

// open gives the settlements that are not made yet, newest first for each currency: of the running day, if anything happened in
// it, and of the days that are over and wait. Up to four round trips for each currency.
func (s *Service) open(ctx context.Context, m ids.Mode, partner ids.ID) (list []ledger.Settlement, err error) {
	books, err := s.Store.Books(ctx, m, partner)
	if err != nil {
		return nil, err
	}
	for _, b := range books {
		some, err := s.openOf(ctx, b)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	return list, nil
}

func (s *Service) openOf(ctx context.Context, b ledger.Book) (list []ledger.Settlement, err error) {
	held, err := s.Store.Balances(ctx, b)
	if err != nil {
		return nil, err
	}
	chain, err := s.Store.Chain(ctx, b)
	if err != nil {
		return nil, err
	}
	carried := chain.CarriedForward
	add := func(day ledger.Day, sums ledger.Sums) error {
		one := ledger.Settlement{
			ID: ledger.SettlementID(b, day), Book: b, Day: day, Status: ledger.SettlementOpen,
			Facts: sums.Facts, Own: sums.Own, Earned: sums.Earned, Charge: sums.Charge, Carried: carried,
		}
		due, err := one.Payable()
		carried = min(due, 0)
		if !one.Bare() {
			list = append(list, one)
		}
		return err
	}
	if chain.Day == "" || chain.Day.Next() < held.Open {
		days, err := s.Store.Unsettled(ctx, b, chain, held.Open)
		if err != nil {
			return nil, err
		}
		for _, c := range days {
			if !c.Done() || c.Day == held.Open { // it is being closed at this moment
				continue
			}
			sums, err := c.Sums()
			if err == nil {
				err = add(c.Day, sums)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	err = add(held.Open, held.Running())
	slices.Reverse(list)
	return list, err
}

// settlement reads a settlement that the caller may see: another partner's is not there.
func (s *Service) settlement(ctx context.Context, id ids.ID) (ledger.Settlement, error) {
	who := web.CallerOf(ctx)
	made, err := s.Store.Settlement(ctx, who.Mode, id)
	if err == nil && made.Partner != who.Partner {
		return ledger.Settlement{}, ledger.ErrSettlementNotFound
	}
	if !errors.Is(err, ledger.ErrSettlementNotFound) {
		return made, err
	}
	running, err := s.open(ctx, who.Mode, who.Partner)
	if err != nil {
		return ledger.Settlement{}, err
	}
	for _, one := range running {
		if one.ID == id {
			return one, nil
		}
	}
	return ledger.Settlement{}, ledger.ErrSettlementNotFound
}
