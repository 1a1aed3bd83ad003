// Command notify-atol serves POST /api/atol/notifications.
package main

import (
	"giberno.ru/shared/payments/wire/onaws/webhooks"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	p := webhooks.Payments()
	gateway.Serve(p.Door(), p.NotifyATOL())
}
