// Command get-statement serves GET /api/v1/statement.
package main

import (
	"giberno.ru/shared/payments/wire/onaws/ledgers"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	l := ledgers.Ledger()
	gateway.Serve(l.Door(), l.GetStatement())
}
