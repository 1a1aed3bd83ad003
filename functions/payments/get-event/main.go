// Command get-event serves GET /api/v1/event/{id}.
package main

import (
	"giberno.ru/shared/payments/wire/onaws/events"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	e := events.Events()
	gateway.Serve(e.Door(), e.GetEvent())
}
