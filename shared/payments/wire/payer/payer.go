// Package payer adds the payer's pages to the module. It stands apart from wire so that JSON functions, which import wire,
// link no templates.
package payer

import (
	"context"
	"net/http"

	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/pages"
	"giberno.ru/shared/payments/wire"
)

// Pages puts the payer's pages together. country is a hint about the payer; nil is unknown.
func Pages(m *wire.Module, country func(*http.Request) string) *pages.Pages {
	return &pages.Pages{Teller: m.Teller, Clock: m.Clock, BaseURL: m.BaseURL, Country: country, Support: supportOf(m)}
}

// supportOf tells the payer whom to ask: the shop that made the order. A shop that cannot be read now is left out.
func supportOf(m *wire.Module) func(context.Context, payments.Order) string {
	return func(ctx context.Context, o payments.Order) string {
		shop, err := m.Contracts.Partner(ctx, o.Partner)
		if err != nil {
			m.Log.WarnContext(ctx, "the shop's contact is not shown", "error", err)
			return ""
		}
		return shop.SupportContact
	}
}
