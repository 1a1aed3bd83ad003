// Command pay-out-settlement serves POST /api/v1/admin/settlement/{id}/paid-out.
package main

import (
	"giberno.ru/shared/payments/wire/onaws/ledgers"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	l := ledgers.Ledger()
	gateway.Serve(l.Door(), l.PayOutSettlement())
}
