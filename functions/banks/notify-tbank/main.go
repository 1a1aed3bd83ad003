// Command notify-tbank serves POST /api/a2c/notifications.
package main

import (
	"giberno.ru/shared/payments/wire/onaws/webhooks"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	p := webhooks.Payments()
	gateway.Serve(p.Door(), p.NotifyTBank())
}
