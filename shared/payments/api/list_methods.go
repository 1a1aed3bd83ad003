package api

import (
	"context"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/platform/web"
)

type listMethods struct {
	Currency money.Currency `query:"currency" default:"RUB"`
	Country  string         `query:"country" example:"RU" pattern:"^[A-Z]{2}$" doc:"Of the payer, ISO 3166-1 alpha-2"`
}

// MethodOffer is a way to pay that works now.
type MethodOffer struct {
	Code      banks.Method `json:"code" enum:"card,sbp,card_foreign,instalments"`
	Providers []string     `json:"providers" doc:"In the order in which they would be tried"`
	Min       money.Money  `json:"min" doc:"The least that one of the providers takes"`
	Max       *money.Money `json:"max,omitempty" doc:"The most that one of them takes; absent: no limit"`
}

type methodsAnswer struct{ Body page.List[MethodOffer] }

// ListMethods serves GET /api/v1/methods: what the payer's page would offer now.
func (s *Service) ListMethods() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "list-methods", Method: "GET", Path: "/api/v1/methods", API: "payments", Caller: web.Partner,
		Summary: "List the ways to pay that work now",
	}, s.listMethods)
}

func (s *Service) listMethods(ctx context.Context, in *listMethods) (*methodsAnswer, error) {
	who := web.CallerOf(ctx)
	offers, err := s.Teller.Offers(ctx, who.Mode, who.Partner, in.Currency, in.Country)
	if err != nil {
		return nil, err
	}
	out := page.List[MethodOffer]{Items: []MethodOffer{}}
	for _, o := range offers {
		offer := MethodOffer{Code: o.Method, Providers: o.Providers, Min: money.Of(o.Min, in.Currency)}
		if o.Max > 0 {
			offer.Max = &money.Money{Amount: o.Max, Currency: in.Currency}
		}
		out.Items = append(out.Items, offer)
	}
	return &methodsAnswer{out}, nil
}
