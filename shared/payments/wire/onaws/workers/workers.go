// Package workers hands out the work of the module that no caller waits for: the relay of the table's stream, the queue of
// webhook-retries, and the sweeper.
package workers

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"time"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger/settle"
	notifyjobs "giberno.ru/shared/notify/jobs"
	"giberno.ru/shared/payments/jobs"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/wire/books"
	"giberno.ru/shared/payments/wire/deliveries"
	"giberno.ru/shared/payments/wire/inside"
	"giberno.ru/shared/payments/wire/onaws/surroundings"
	"giberno.ru/shared/platform/host/onlambda/batch"
	"giberno.ru/shared/platform/log"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/queue/sqsengine"
)

func ofLambda() surroundings.Surroundings {
	return surroundings.OfLambda(sqsengine.Open(sqsengine.FromEnv(os.Getenv)))
}

// Relay turns the table's stream into jobs, in a Lambda.
func Relay() batch.Relay { return RelayOf(ofLambda()) }

// RelayOf is the relay in any surroundings.
func RelayOf(s surroundings.Surroundings) batch.Relay {
	return batch.Relay{
		Queue: s.Queue, Route: deliveries.QueueOf, Follow: deliveries.Follow, Log: s.Log,
	}
}

// WebhookRetries does the jobs of its queue, in a Lambda.
func WebhookRetries() batch.Work {
	s := ofLambda()
	hooks, err := outbound.New(notifyjobs.Options(true))
	if err != nil {
		panic(err) // only roots of our own can be wrong, and there are none
	}
	s.Hooks = hooks
	return WebhookRetriesOf(s)
}

// WebhookRetriesOf does them in any surroundings.
func WebhookRetriesOf(s surroundings.Surroundings) batch.Work {
	parts, _, _ := s.Parts()
	work := deliveries.New(parts, s.Hooks).Together(inside.New(parts).Worker.Do, s.Log)
	return batch.Work{Queue: s.Queue, Name: queue.WebhookRetries, Together: work, Log: s.Log}
}

// Sweep is the input of a sweeper's schedule: which shards of the due keys to work off; none: every one. Several schedules
// may divide them.
type Sweep struct {
	Shards []int `json:"shards"`
}

// errShards is an input that no template of ours gives.
var errShards = fault.Invalid("shards_invalid", "A sweep names shards from 0 to 15.")

// Sweeper works off the due keys of orders, of the ledger's days and of events on their way, in a Lambda.
func Sweeper() func(context.Context, Sweep) error { return SweeperOf(ofLambda()) }

// SweeperOf works them off in any surroundings.
func SweeperOf(s surroundings.Surroundings) func(context.Context, Sweep) error {
	parts, _, _ := s.Parts()
	r := round{orders: inside.New(parts).Sweeper, days: books.New(parts).Sweeper, events: deliveries.New(parts, nil).Sweeper,
		clock: s.Clock, log: s.Log}
	return r.sweep
}

// round goes once over the shards of both modes.
type round struct {
	orders *jobs.Sweeper
	days   *settle.Sweeper // spread over as many shards
	events *notifyjobs.Sweeper
	clock  clock.Clock
	log    *slog.Logger
}

type shard struct {
	mode   ids.Mode
	number int
}

func (r round) sweep(ctx context.Context, in Sweep) error {
	shards, err := in.shards(r.clock.Now())
	if err != nil {
		return err
	}
	var total jobs.Swept
	defer func() {
		now := r.clock.Now()
		for name, n := range map[string]int{"due_seen": total.Seen, "due_let_go": total.LetGo, "due_enqueued": total.Enqueued} {
			log.Metric(ctx, r.log, now, name, int64(n), log.Count, nil)
		}
		log.Metric(ctx, r.log, now, "due_overdue", total.Overdue.Milliseconds(), log.Milliseconds, nil)
	}()
	var failed []error
	for _, s := range shards {
		swept, err := r.orders.Sweep(ctx, s.mode, s.number)
		total = total.Add(swept)
		if ctx.Err() != nil {
			return errors.Join(append(failed, err)...)
		}
		over, overErr := r.days.Sweep(ctx, s.mode, s.number)
		total = total.Add(jobs.Swept{Seen: over.Seen, Enqueued: over.Enqueued, Overdue: over.Overdue})
		failed = append(failed, err, overErr) // a shard that cannot be read holds up no other
		if ctx.Err() != nil {
			return errors.Join(failed...)
		}
	}
	for _, s := range shards { // after all that is about money: thousands may wait for one endpoint that is dead
		waiting, err := r.events.Sweep(ctx, s.mode, s.number)
		total = total.Add(jobs.Swept{Seen: waiting.Seen, Enqueued: waiting.Enqueued, Overdue: waiting.Overdue})
		if failed = append(failed, err); ctx.Err() != nil {
			return errors.Join(failed...)
		}
	}
	return errors.Join(failed...)
}

// shards lists what to sweep. It begins elsewhere every minute, so that one full shard does not starve those behind it for ever.
func (in Sweep) shards(now time.Time) ([]shard, error) {
	numbers := in.Shards
	if len(numbers) == 0 {
		for n := range store.Shards {
			numbers = append(numbers, n)
		}
	}
	var list []shard
	for _, n := range numbers {
		if n < 0 || n >= store.Shards {
			return nil, errShards
		}
		list = append(list, shard{ids.Live, n}, shard{ids.Test, n})
	}
	first := int(now.Unix()/60) % len(list)
	return slices.Concat(list[first:], list[:first]), nil
}
