// Command sweeper works off due keys every minute.
package main

import (
	"giberno.ru/shared/payments/wire/onaws/workers"
	"giberno.ru/shared/platform/host/onlambda"
)

func main() { onlambda.ServeSchedule(workers.Sweeper()) }
