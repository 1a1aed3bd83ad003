// Package payer adds the payer's pages to the module. It stands apart from wire so that JSON functions, which import wire,
// link no templates.
package payer

import (
	"net/http"

	"giberno.ru/shared/payments/pages"
	"giberno.ru/shared/payments/wire"
)

// Pages puts the payer's pages together. country is a hint about the payer; nil is unknown.
func Pages(m *wire.Module, country func(*http.Request) string) *pages.Pages {
	if country == nil {
		country = func(*http.Request) string { return "" }
	}
	return &pages.Pages{Teller: m.Teller, Clock: m.Clock, BaseURL: m.BaseURL, Country: country}
}
