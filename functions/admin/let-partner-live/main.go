// Command let-partner-live serves POST /api/v1/admin/partner/{id}/live.
package main

import (
	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	a := onaws.Admin()
	gateway.Serve(a.Door(), a.LetPartnerLive())
}
