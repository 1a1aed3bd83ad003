// Package pages hands out the payer's pages for the one function that serves them all.
package pages

import (
	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/payments/wire/payer"
	"giberno.ru/shared/platform/host/onlambda/gateway"
	"giberno.ru/shared/platform/web"
)

// Payer gives the pages behind an order's link.
func Payer(p onaws.PaymentsAPI) []web.Endpoint {
	return payer.Pages(p.Module, gateway.Country).Endpoints()
}
