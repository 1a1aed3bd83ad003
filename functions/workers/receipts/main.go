// Command receipts has tills of ours make receipts, and writes to payers about those that are ready.
package main

import (
	"giberno.ru/shared/payments/wire/onaws/letters"
	"giberno.ru/shared/platform/host/onlambda/batch"
)

func main() { batch.ServeQueue(letters.Receipts()) }
