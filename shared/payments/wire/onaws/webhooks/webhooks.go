// Package webhooks hands out the doors of banks: as the others, but with a queue, for what cannot be applied at once.
package webhooks

import (
	"os"

	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/payments/wire/onaws/surroundings"
	"giberno.ru/shared/platform/queue/sqsengine"
)

// Payments makes the module's calls for a Lambda that takes notifications of banks.
func Payments() onaws.PaymentsAPI {
	return onaws.PaymentsOf(onaws.Build(surroundings.OfLambda(sqsengine.Open(sqsengine.FromEnv(os.Getenv)))))
}
