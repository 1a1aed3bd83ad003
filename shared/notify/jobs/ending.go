package jobs

import (
	"context"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
)

// dropAll ends everything that waits in a lane to which nothing is sent any more.
func (r *round) dropAll(ctx context.Context) error {
	done, err := r.endEach(ctx, time.Time{}, func(d notify.Delivery) (notify.Delivery, bool) { return d.Drop(), true })
	r.more = !done
	return err
}

// giveUp ends what could not be tried for too long because its lane slept: a dead endpoint must not gather for a month what was
// to be given up after three days. What was tried before ends by its next attempt, or here, once it has been due for as long.
// What is left when the time is up is handed on.
func (r *round) giveUp(ctx context.Context) error {
	now := r.Clock.Now()
	done, err := r.endEach(ctx, now.Add(-notify.OnTheWay), func(d notify.Delivery) (notify.Delivery, bool) { return d.GiveUp(), d.Over(now) })
	r.over = !done
	return err
}

// endEach ends those waiting deliveries that end says, up to a time of their next attempt (zero: all), without a request. It works
// as long as attempts do; done tells whether it has come to the end.
func (r *round) endEach(ctx context.Context, upTo time.Time, end func(notify.Delivery) (notify.Delivery, bool)) (done bool, err error) {
	until := r.Clock.Now().Add(workTime)
	var after *table.Place
	for {
		events, more, err := r.Store.Waiting(ctx, r.name(), upTo, after)
		if err != nil {
			return false, err
		}
		parcels, err := r.Store.Parcels(ctx, r.Mode, r.Endpoint, events)
		if err != nil {
			return false, err
		}
		for _, p := range parcels {
			is, ends := end(p.Delivery)
			if p.Status != notify.Waiting || !ends {
				continue
			}
			if _, err := r.Store.Outcome(ctx, p.Delivery, is); err != nil {
				return false, err
			}
		}
		if after = more; after == nil {
			return true, nil
		}
		if !r.Clock.Now().Before(until) || r.enough.Err() != nil {
			return false, nil
		}
	}
}

// goOnGivingUp does what a round before this one had no time for. The lane sleeps by then; whoever changes one of these
// deliveries meanwhile is before us, for each is written only as it was read.
func (r *round) goOnGivingUp(ctx context.Context) error {
	if err := r.giveUp(ctx); err != nil {
		return err
	}
	return r.handOnOver(ctx)
}

// handOnOver sends one more job for what is over and left: the lane's next attempt may be an hour away.
func (r *round) handOnOver(ctx context.Context) error {
	if !r.over {
		return nil
	}
	again := r.drain
	again.Event, again.Over = ids.ID{}, true
	return r.Queue.Send(ctx, QueueOf(queue.Job{}), 0, again.job())
}
