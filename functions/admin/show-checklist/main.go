// Command show-checklist serves GET /api/v1/admin/partner/{id}/checklist.
package main

import (
	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	a := onaws.Admin()
	gateway.Serve(a.Door(), a.ShowChecklist())
}
