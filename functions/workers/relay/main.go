// Command relay turns the changes of the table's stream into jobs.
package main

import (
	"giberno.ru/shared/payments/wire/onaws/workers"
	"giberno.ru/shared/platform/host/onlambda/batch"
)

func main() { batch.ServeStream(workers.Relay()) }
