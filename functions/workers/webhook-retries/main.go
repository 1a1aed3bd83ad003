// Command webhook-retries does the jobs of the queue webhook-retries.
package main

import (
	"giberno.ru/shared/payments/wire/onaws/workers"
	"giberno.ru/shared/platform/host/onlambda/batch"
)

func main() { batch.ServeQueue(workers.WebhookRetries()) }
