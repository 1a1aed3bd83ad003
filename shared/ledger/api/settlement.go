package api

import (
	"context"
	"errors"
	"slices"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/web"
)

// Settlement is what we owe a partner for one business day in one currency. Payout = carried + paid − refunded − fees + adjusted,
// if that is positive.
type Settlement struct {
	ID       ids.ID         `json:"id" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
	Livemode bool           `json:"livemode"`
	Status   string         `json:"status" enum:"open,closed,paid_out" doc:"open: the running day, as far as it is, or one that is over and waits"`
	Day      string         `json:"day" format:"date" doc:"The business day in the partner's zone" example:"2026-11-23"`
	Currency money.Currency `json:"currency"`
	Entries  int64          `json:"entries,omitempty" doc:"Of the ledger; absent while it is open"`

	Paid     money.Money  `json:"paid"`
	Refunded money.Money  `json:"refunded"`
	Fees     money.Money  `json:"fees" doc:"Ours; negative: more was returned than taken"`
	Adjusted *money.Money `json:"adjusted,omitempty" doc:"Corrections, and payouts that came back; absent while it is open"`
	Carried  *money.Money `json:"carried,omitempty" doc:"The debt of the settlement before: never positive; absent while it is open"`
	Payable  money.Money  `json:"payable" doc:"What is owed with all of that; negative: a debt"`
	Payout   money.Money  `json:"payout" doc:"What is set aside for the partner, or was paid out"`

	Own *OwnAccounts `json:"own_accounts,omitempty" doc:"What was paid through the partner's own accounts; not part of the sums above"`

	Hash         string `json:"hash,omitempty" doc:"SHA-256 of the settlement, its entries and the settlement before it"`
	PreviousHash string `json:"previous_hash,omitempty"`
	ClosedAt     string `json:"closed_at,omitempty" format:"date-time"`
	PaidOutAt    string `json:"paid_out_at,omitempty" format:"date-time"`
	Reference    string `json:"reference,omitempty" doc:"Of the payout, at our bank" example:"PP-1047"`
}

// OwnAccounts is what went through the partner's own accounts: the money is his, and our fees are owed to us.
type OwnAccounts struct {
	Paid     money.Money `json:"paid"`
	Refunded money.Money `json:"refunded"`
	Charge   money.Money `json:"charge" doc:"Our fees, owed to us"`
}

// shown is a settlement as a partner sees it.
func shown(s ledger.Settlement) (out Settlement, err error) {
	amount := func(minor int64) money.Money { return money.Of(minor, s.Currency) }
	out = Settlement{
		ID: s.ID, Livemode: s.Mode == ids.Live, Status: string(s.Status), Day: string(s.Day), Currency: s.Currency, Entries: s.Entries,
		Paid: amount(s.Facts.Paid), Refunded: amount(s.Facts.Refunded), Fees: amount(s.Facts.OurFee), Payout: amount(s.Payout),
		Hash: s.Hash.String(), PreviousHash: s.Previous.String(), ClosedAt: instant(s.ClosedAt), PaidOutAt: instant(s.PaidOutAt),
		Reference: s.Reference,
	}
	payable, err := s.Payable()
	if err != nil {
		return out, err
	}
	out.Payable = amount(payable)
	if s.Own != (ledger.Facts{}) || s.Charge != 0 {
		out.Own = &OwnAccounts{amount(s.Own.Paid), amount(s.Own.Refunded), amount(s.Charge)}
	}
	if s.Status == ledger.SettlementOpen {
		return out, nil
	}
	adjusted, err := s.Adjusted()
	if err != nil {
		return out, err
	}
	carried, corrected := amount(s.Carried), amount(adjusted)
	out.Carried, out.Adjusted = &carried, &corrected
	return out, nil
}

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
