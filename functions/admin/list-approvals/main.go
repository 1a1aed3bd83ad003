// Command list-approvals serves GET /api/v1/admin/approvals.
package main

import (
	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	p := onaws.Payments()
	gateway.Serve(p.Door(), p.ListApprovals())
}
