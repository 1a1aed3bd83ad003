// Command list-settlements serves GET /api/v1/settlements.
package main

import (
	"giberno.ru/shared/payments/wire/onaws/ledgers"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	l := ledgers.Ledger()
	gateway.Serve(l.Door(), l.ListSettlements())
}
