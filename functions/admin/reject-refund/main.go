// Command reject-refund serves POST /api/v1/admin/refund/{uuid}/reject.
package main

import (
	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	p := onaws.Payments()
	gateway.Serve(p.Door(), p.RejectRefund())
}
