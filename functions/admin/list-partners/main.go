// Command list-partners serves GET /api/v1/admin/partners.
package main

import (
	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	a := onaws.Admin()
	gateway.Serve(a.Door(), a.ListPartners())
}
