// Command close-settlement serves POST /api/v1/admin/settlement/close.
package main

import (
	"giberno.ru/shared/payments/wire/onaws/closings"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	l := closings.Ledger()
	gateway.Serve(l.Door(), l.CloseSettlement())
}
