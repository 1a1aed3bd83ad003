package api

import (
	"context"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/web"
)

// Balance is what we hold for a partner in one currency.
type Balance struct {
	Currency  money.Currency `json:"currency"`
	Posted    money.Money    `json:"posted" doc:"What we owe in all; negative: a debt"`
	Available money.Money    `json:"available" doc:"Posted, less what is reserved and less open refunds: those that were accepted and have neither failed nor been posted, with what goes back of our fee"`
	Reserved  money.Money    `json:"reserved" doc:"Set aside by settlements, on its way to the partner"`
}

// Balances are a partner's balances.
type Balances struct {
	Items []Balance `json:"items" doc:"One for each currency in which there ever was a payment"`
}

type getBalance struct {
	Currency money.Currency `query:"currency" doc:"Only this one"`
}

type balanceAnswer struct{ Body Balances }

// GetBalance serves GET /api/v1/balance.
func (s *Service) GetBalance() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "get-balance", Method: "GET", Path: "/api/v1/balance", API: "payments", Caller: web.Partner,
		Summary: "Show what we hold, for each currency",
	}, s.getBalance)
}

func (s *Service) getBalance(ctx context.Context, in *getBalance) (*balanceAnswer, error) {
	who := web.CallerOf(ctx)
	leaving, err := s.leaving(ctx, who.Mode, who.Partner)
	if err != nil {
		return nil, err
	}
	books, err := s.Store.Books(ctx, who.Mode, who.Partner)
	if err != nil {
		return nil, err
	}
	out := Balances{Items: []Balance{}}
	for _, b := range books {
		if in.Currency != "" && in.Currency != b.Currency {
			continue
		}
		one, err := s.balance(ctx, b, leaving[b.Currency])
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, one)
	}
	return &balanceAnswer{out}, nil
}

// leaving reads the open refunds before the books: one that is posted in between is taken off twice for a moment, and never
// not at all.
func (s *Service) leaving(ctx context.Context, m ids.Mode, partner ids.ID) (map[money.Currency]int64, error) {
	if s.Leaving == nil {
		return nil, nil
	}
	return s.Leaving(ctx, m, partner)
}

// balance shows a book of whose payable leaving minor units are on their way to payers.
func (s *Service) balance(ctx context.Context, b ledger.Book, leaving int64) (Balance, error) {
	held, err := s.Store.Balances(ctx, b)
	if err != nil {
		return Balance{}, err
	}
	posted, err := held.Balances.Posted()
	if err != nil {
		return Balance{}, err
	}
	available, err := money.Of(held.Balances[ledger.Payable], b.Currency).Sub(money.Of(leaving, b.Currency)) // payable is posted − reserved
	if err != nil {
		return Balance{}, err
	}
	return Balance{
		Currency: b.Currency, Posted: money.Of(posted, b.Currency), Available: available,
		Reserved: money.Of(held.Balances[ledger.Reserved], b.Currency),
	}, nil
}
