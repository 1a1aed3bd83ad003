// Command create-partner serves POST /api/v1/admin/partner.
package main

import (
	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	a := onaws.Admin()
	gateway.Serve(a.Door(), a.CreatePartner())
}
