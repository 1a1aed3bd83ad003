package platform

import (
	"context"
	"errors"
	"sync"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/wire/deliveries"
	"giberno.ru/shared/platform/host"
	"giberno.ru/shared/platform/queue"
)

// How often the loops look when nothing wakes them.
const (
	sweepEvery  = time.Minute
	expireEvery = time.Minute
	expireBatch = 1000 // rows that go in one transaction: others write between two
	expireMost  = 100  // batches at once: more than a machine can make in the meantime
	lookEvery   = time.Second
	workers     = 4 // of a queue
	feedBatch   = 1000
	relayWindow = 20 * time.Millisecond // changes of this time are worked off, and forgotten, together
	queueBatch  = 5                     // five of the longest jobs stay well below a visibility of three minutes
)

// Run keeps the loops going until ctx ends, and returns when all of them have stopped.
func (p *Platform) Run(ctx context.Context) {
	var all sync.WaitGroup
	loop := func(name string, every time.Duration, f func(context.Context) error) {
		all.Go(func() { host.Loop(ctx, p.Log, name, every, f) })
	}
	loop("relay", 0, p.relay)
	for range workers {
		loop("worker", 0, p.waiting(p.workRetries))
	}
	loop("receipts", 0, p.waiting(p.workReceipts))
	loop("settlements", 0, p.waiting(p.workSettlements))
	loop("sweeper", 0, p.sweepWhenDue)
	loop("expirer", expireEvery, p.expire)
	if p.Bank != nil {
		all.Go(func() { p.Bank.Run(ctx) })
	}
	if p.Fiscal != nil {
		all.Go(func() { p.Fiscal.Run(ctx) })
	}
	all.Wait()
}

// expire takes away the rows whose time is over.
func (p *Platform) expire(ctx context.Context) error {
	for range expireMost {
		if n, err := p.table.Expire(ctx, p.Clock.Now(), expireBatch); err != nil || n < expireBatch {
			return err
		}
	}
	return nil
}

// relay turns changes of the table into jobs, as functions/workers/relay does with the stream.
func (p *Platform) relay(ctx context.Context) error {
	p.table.Wait(ctx)
	gather := time.NewTimer(relayWindow)
	defer gather.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-gather.C:
	}
	_, err := p.relayWaiting(ctx)
	return err
}

// relayWaiting relays the changes that wait now, at most feedBatch of them, and says how many there were.
func (p *Platform) relayWaiting(ctx context.Context) (int, error) {
	changes, err := p.table.Changes(ctx, feedBatch)
	if err != nil || len(changes) == 0 {
		return 0, err
	}
	var follow []queue.Job
	for _, c := range changes {
		for _, from := range deliveries.Follow {
			follow = append(follow, from(c)...)
		}
	}
	if _, err := queue.SendAll(ctx, p.queue, deliveries.QueueOf, follow...); err != nil {
		return 0, err
	}
	return len(changes), p.table.Done(ctx, changes[len(changes)-1].Seq)
}

// Turn does what Run's loops do, until nothing is left to do at this moment: for a platform whose time stands still, in tests
// and drills. The simulated bank has a tick of its own.
func (p *Platform) Turn(ctx context.Context) error {
	for ctx.Err() == nil {
		relayed, err := p.relayWaiting(ctx)
		if err != nil {
			return err
		}
		if err := p.Sweep(ctx); err != nil {
			return err
		}
		handled := 0
		for _, work := range []func(context.Context) (int, error){p.workRetries, p.workReceipts, p.workSettlements} {
			n, err := work(ctx)
			if err != nil {
				return err
			}
			handled += n
		}
		if relayed+handled == 0 {
			return nil
		}
	}
	return ctx.Err()
}

func (p *Platform) workRetries(ctx context.Context) (int, error) {
	return queue.WorkTogether(ctx, p.queue, queue.WebhookRetries, queueBatch, p.Hooks.Together(p.Payments.Worker.Do, p.Log))
}

func (p *Platform) workReceipts(ctx context.Context) (int, error) {
	return queue.Work(ctx, p.queue, queue.Receipts, queueBatch, p.Payments.Worker.Do, p.Log)
}

func (p *Platform) workSettlements(ctx context.Context) (int, error) {
	return p.Books.Worker.Work(ctx, p.queue)
}

// waiting does one batch of a queue, or waits until something is sent.
func (p *Platform) waiting(work func(context.Context) (int, error)) func(context.Context) error {
	return func(ctx context.Context) error {
		sent := p.queue.Sent()
		handled, err := work(ctx)
		if err != nil || handled > 0 {
			return err
		}
		timer := time.NewTimer(lookEvery)
		defer timer.Stop()
		select {
		case <-ctx.Done():
		case <-sent:
		case <-timer.C:
		}
		return nil
	}
}

func (p *Platform) sweepWhenDue(ctx context.Context) error {
	if err := p.Sweep(ctx); err != nil {
		return err
	}
	timer := time.NewTimer(sweepEvery)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-p.sweep:
	case <-timer.C:
	}
	return nil
}

// Sweep goes through all due keys once. A shard that cannot be read holds up no other.
func (p *Platform) Sweep(ctx context.Context) error {
	var failed []error
	for _, m := range []ids.Mode{ids.Test, ids.Live} {
		for shard := range store.Shards {
			_, err := p.Payments.Sweeper.Sweep(ctx, m, shard)
			_, overErr := p.Books.Sweeper.Sweep(ctx, m, shard) // the ledger's days have as many shards
			failed = append(failed, err, overErr)
			if ctx.Err() != nil {
				return errors.Join(failed...)
			}
		}
	}
	for _, m := range []ids.Mode{ids.Test, ids.Live} { // after all that is about money: thousands may wait for one endpoint that is dead
		for shard := range store.Shards {
			_, err := p.Hooks.Sweeper.Sweep(ctx, m, shard)
			if failed = append(failed, err); ctx.Err() != nil {
				return errors.Join(failed...)
			}
		}
	}
	return errors.Join(failed...)
}

// advance moves the clock of all sides and has what became due looked at now.
func (p *Platform) advance(step time.Duration) error {
	if err := p.Clock.Advance(step); err != nil {
		return err
	}
	select {
	case p.sweep <- struct{}{}:
	default:
	}
	return nil
}
