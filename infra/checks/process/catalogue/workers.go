package catalogue

import (
	"fmt"

	"giberno.ru/shared/payments/wire/onaws/letters"
	"giberno.ru/shared/payments/wire/onaws/postings"
	"giberno.ru/shared/payments/wire/onaws/surroundings"
	"giberno.ru/shared/payments/wire/onaws/workers"
	"giberno.ru/shared/platform/host/onlambda"
	"giberno.ru/shared/platform/host/onlambda/batch"
)

const mainOfWorker = `// Command %[1]s
package main

import (
	"giberno.ru/shared/payments/wire/onaws/%[4]s"
	"giberno.ru/shared/platform/host/%[2]s"
)

func main() { %[3]s(%[4]s.%[5]s()) }
`

// mainOfQueue is the main of a function that does the jobs of a queue.
func mainOfQueue(does, from, method string) string {
	return fmt.Sprintf(mainOfWorker, does, "onlambda/batch", "batch.ServeQueue", from, method)
}

var relay = Function{
	Folder: "workers/relay", Kind: Stream,
	Main:  fmt.Sprintf(mainOfWorker, "relay turns the changes of the table's stream into jobs.", "onlambda/batch", "batch.ServeStream", "workers", "Relay"),
	Build: func(s surroundings.Surroundings) onlambda.Invocation { return batch.Stream(workers.RelayOf(s)) },
}

var webhookRetries = Function{
	Folder: "workers/webhook-retries", Kind: Queue,
	Main:  mainOfQueue("webhook-retries does the jobs of the queue webhook-retries.", "workers", "WebhookRetries"),
	Build: func(s surroundings.Surroundings) onlambda.Invocation { return batch.Queue(workers.WebhookRetriesOf(s)) },
}

var receipts = Function{
	Folder: "workers/receipts", Kind: Letters,
	Main:  mainOfQueue("receipts has tills of ours make receipts, and writes to payers about those that are ready.", "letters", "Receipts"),
	Build: func(s surroundings.Surroundings) onlambda.Invocation { return batch.Queue(letters.ReceiptsOf(s, nil)) },
}

var settlements = Function{
	Folder: "workers/settlements", Kind: Queue, Zones: true,
	Main:  mainOfQueue("settlements writes the ledger, and closes and settles its days, from the queue settlements.", "postings", "Settlements"),
	Build: func(s surroundings.Surroundings) onlambda.Invocation { return batch.Queue(postings.SettlementsOf(s)) },
}

var sweeper = Function{
	Folder: "workers/sweeper", Kind: Schedule,
	Main:  fmt.Sprintf(mainOfWorker, "sweeper works off due keys every minute.", "onlambda", "onlambda.ServeSchedule", "workers", "Sweeper"),
	Build: func(s surroundings.Surroundings) onlambda.Invocation { return onlambda.Schedule(workers.SweeperOf(s)) },
}
