// Command get-register serves GET /api/v1/settlement/{id}/register.
package main

import (
	"giberno.ru/shared/payments/wire/onaws/registers"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	l := registers.Ledger()
	gateway.Serve(l.Door(), l.GetRegister())
}
