// Command list-breaks serves GET /api/v1/admin/breaks.
package main

import (
	"giberno.ru/shared/payments/wire/onaws/reconciliations"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	r := reconciliations.Reconciliation()
	gateway.Serve(r.Door(), r.ListBreaks())
}
