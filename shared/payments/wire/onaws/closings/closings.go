// Package closings hands out the one call on the ledger from which a job follows and no change of a row: an operator has a
// day closed.
package closings

import (
	"os"

	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/payments/wire/onaws/ledgers"
	"giberno.ru/shared/payments/wire/onaws/surroundings"
	"giberno.ru/shared/platform/queue/sqsengine"
)

// Ledger makes the calls on the ledger for a Lambda that sends jobs.
func Ledger() ledgers.LedgerAPI {
	return ledgers.LedgerOf(onaws.Build(surroundings.OfLambda(sqsengine.Open(sqsengine.FromEnv(os.Getenv)))))
}
