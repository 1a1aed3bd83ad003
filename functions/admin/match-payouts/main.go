// Command match-payouts serves POST /api/v1/admin/reconciliation/payouts.
package main

import (
	"giberno.ru/shared/payments/wire/onaws/reconciliations"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	r := reconciliations.Reconciliation()
	gateway.Serve(r.Door(), r.MatchPayouts())
}
