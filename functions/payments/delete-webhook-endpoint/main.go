// Command delete-webhook-endpoint serves DELETE /api/v1/webhook-endpoints/{id}.
package main

import (
	"giberno.ru/shared/payments/wire/onaws/events"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	e := events.Events()
	gateway.Serve(e.Door(), e.DeleteWebhookEndpoint())
}
