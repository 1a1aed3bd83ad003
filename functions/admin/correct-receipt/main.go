// Command correct-receipt serves POST /api/v1/admin/order/{uuid}/correct-receipt.
package main

import (
	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	p := onaws.Payments()
	gateway.Serve(p.Door(), p.CorrectReceipt())
}
