// Command record-transfer serves POST /api/v1/admin/transfer.
package main

import (
	"giberno.ru/shared/payments/wire/onaws/ledgers"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	l := ledgers.Ledger()
	gateway.Serve(l.Door(), l.RecordTransfer())
}
