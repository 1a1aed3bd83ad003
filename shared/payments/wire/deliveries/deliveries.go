// Package deliveries puts together what brings events to partners: the work on lanes, beside that of the module on the same
// queue, and the sweeper of what waits. Its doors stand apart in calls, so that a worker does not carry the web.
package deliveries

import (
	"context"
	"log/slog"

	"giberno.ru/shared/notify/jobs"
	paymentsjobs "giberno.ru/shared/payments/jobs"
	"giberno.ru/shared/payments/wire/inside"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
)

// Deliveries brings events to partners.
type Deliveries struct {
	Worker  *jobs.Worker
	Sweeper *jobs.Sweeper
}

// New puts them together. out leads to partners: a client made with jobs.Options.
func New(p inside.Parts, out outbound.Doer) *Deliveries {
	return &Deliveries{
		Worker:  &jobs.Worker{Store: p.Events, Queue: p.Queue, Out: out, Clock: p.Clock, Log: p.Log},
		Sweeper: &jobs.Sweeper{Store: p.Events, Queue: p.Queue, Clock: p.Clock, Log: p.Log},
	}
}

// Beside does the jobs of the queue webhook-retries: the lanes', and by others all else.
func (d *Deliveries) Beside(others queue.Worker) queue.Worker {
	return func(ctx context.Context, j queue.Job) error {
		if jobs.Mine(j) {
			return d.Worker.Do(ctx, j)
		}
		return others(ctx, j)
	}
}

// Together does a batch of that queue: what is about money first, so that none of it loses its time, or one of its receives,
// behind endpoints that are slow to answer.
func (d *Deliveries) Together(others queue.Worker, log *slog.Logger) func(context.Context, []queue.Delivery) []queue.Outcome {
	do := d.Beside(others)
	return func(ctx context.Context, batch []queue.Delivery) []queue.Outcome {
		var first, then []queue.Delivery
		for _, one := range batch {
			if jobs.Mine(one.Job) {
				then = append(then, one)
			} else {
				first = append(first, one)
			}
		}
		return queue.Dispatch(ctx, append(first, then...), do, log)
	}
}

// Follow is what turns one change of the table into jobs, whichever domain it is of.
var Follow = []func(table.Change) []queue.Job{paymentsjobs.FromChange, jobs.FromChange}

// QueueOf is the queue that a job of Follow goes to.
func QueueOf(j queue.Job) string {
	if jobs.Mine(j) {
		return jobs.QueueOf(j)
	}
	return paymentsjobs.QueueOf(j)
}
