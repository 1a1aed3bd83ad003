// Package postings hands out the work of the queue settlements: entries, and days that are over. It stands apart from the other workers, for it
// reckons business days and so carries the time zones of the world.
package postings

import (
	"os"
	// The runtime provided.al2023 is a minimal image, and nothing promises zone files in it. A posting that found no zone
	// would wait for ever; half a megabyte is cheaper.
	_ "time/tzdata"

	"giberno.ru/shared/payments/wire/books"
	"giberno.ru/shared/payments/wire/onaws/surroundings"
	"giberno.ru/shared/platform/host/onlambda/batch"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/queue/sqsengine"
)

// Settlements does the jobs of its queue, in a Lambda.
func Settlements() batch.Work {
	return SettlementsOf(surroundings.OfLambda(sqsengine.Open(sqsengine.FromEnv(os.Getenv))))
}

// SettlementsOf does them in any surroundings: the entries of a batch together, by book; days one by one.
func SettlementsOf(s surroundings.Surroundings) batch.Work {
	parts, _, _ := s.Parts()
	return batch.Work{Queue: s.Queue, Name: queue.Settlements, Together: books.New(parts).Worker.Dispatch, Log: s.Log}
}
