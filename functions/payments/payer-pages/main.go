// Command payer-pages serves the payer's pages behind an order's link, and their style sheet.
package main

import (
	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/payments/wire/onaws/pages"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	p := onaws.Payments()
	gateway.Serve(p.Door(), pages.Payer(p)...)
}
