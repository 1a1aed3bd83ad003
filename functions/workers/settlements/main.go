// Command settlements writes the ledger, and closes and settles its days, from the queue settlements.
package main

import (
	"giberno.ru/shared/payments/wire/onaws/postings"
	"giberno.ru/shared/platform/host/onlambda/batch"
)

func main() { batch.ServeQueue(postings.Settlements()) }
