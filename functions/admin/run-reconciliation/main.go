// Command run-reconciliation serves POST /api/v1/admin/reconciliation.
package main

import (
	"giberno.ru/shared/payments/wire/onaws/reconciliations"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	r := reconciliations.Reconciliation()
	gateway.Serve(r.Door(), r.RunReconciliation())
}
