// Command resolve-break serves POST /api/v1/admin/break/{id}/resolve.
package main

import (
	"giberno.ru/shared/payments/wire/onaws/reconciliations"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	r := reconciliations.Reconciliation()
	gateway.Serve(r.Door(), r.ResolveBreak())
}
