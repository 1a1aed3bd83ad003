package jobs

import (
	"context"
	"errors"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/notify/store"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
)

// round is the work of one job on its lane.
type round struct {
	*Worker
	drain
	enough context.Context // ends when no attempt may be begun any more
	until  time.Time
	seen   map[ids.ID]bool // what was looked at: the index may show it still

	claim store.Claim
	lane  notify.Lane
	held  notify.Endpoint
	keys  [][]byte
	next  time.Time // of what failed in this round, the earliest
	more  bool      // something is left, and the time was up
	over  bool      // something is left that is over
}

// run claims the lane, works in it and gives it back, until nothing waits or the time is up. A job that came meanwhile found the
// lane taken and is gone, so the lane is looked at once more after each release.
func (r *round) run(ctx context.Context) error {
	if r.Over {
		return r.goOnGivingUp(ctx)
	}
	for {
		var err error
		if r.claim, err = r.Store.Claim(ctx, r.name()); err == nil {
			err = r.once(ctx)
		}
		switch {
		case errors.Is(err, store.ErrNoLane):
			err = r.dropAll(ctx)
			if err != nil || !r.more {
				return err
			}
		case errors.Is(err, store.ErrBusy): // the due keys know when to come back
			return nil
		case err != nil:
			return err
		}
		if r.more {
			return r.send(ctx, 0)
		}
		if r.lane.Asleep(r.Clock.Now()) {
			return errors.Join(r.handOnOver(ctx), r.send(ctx, r.lane.Wake.Sub(r.Clock.Now())))
		}
		waits, err := r.waits(ctx)
		if err != nil {
			return err
		}
		if !waits {
			return r.later(ctx)
		}
	}
}

// once works in the claimed lane and gives it back, also where the work has failed.
func (r *round) once(ctx context.Context) error {
	held, err := r.Store.Look(ctx, r.claim, r.Partner, r.Event)
	if err != nil {
		return err
	}
	r.lane, r.held = held.Lane, held.Endpoint
	if err = r.work(ctx, held.Named); err != nil {
		_ = r.Store.Release(ctx, r.claim, r.lane) // the lease ends by itself
		return err
	}
	return r.Store.Release(ctx, r.claim, r.lane)
}

// work makes the named delivery, then those that wait, longest waiting first.
func (r *round) work(ctx context.Context, named []store.Parcel) error {
	if !r.held.DisabledAt.IsZero() {
		return r.dropAll(ctx)
	}
	var err error
	if r.keys, err = r.Store.Keys(ctx, r.held); err != nil {
		return err
	}
	if err = r.deliver(ctx, named); err != nil {
		return err
	}
	var after *table.Place
	for !r.stopped() {
		var events []ids.ID
		if events, after, err = r.Store.Waiting(ctx, r.name(), r.Clock.Now(), after); err != nil {
			return err
		}
		parcels, err := r.Store.Parcels(ctx, r.Mode, r.Endpoint, r.unseen(events))
		if err != nil {
			return err
		}
		if err = r.deliver(ctx, parcels); err != nil {
			return err
		}
		for _, event := range events {
			r.seen[event] = true // also what is in the index alone
		}
		if after == nil {
			break
		}
	}
	if !r.held.DisabledAt.IsZero() {
		return r.dropAll(ctx)
	}
	if r.lane.Asleep(r.Clock.Now()) {
		return r.giveUp(ctx)
	}
	return nil
}

// stopped reports that no further attempt may be made in this claim.
func (r *round) stopped() bool {
	return r.more || !r.held.DisabledAt.IsZero() || r.lane.Asleep(r.Clock.Now())
}

func (r *round) unseen(events []ids.ID) (left []ids.ID) {
	for _, event := range events {
		if !r.seen[event] {
			left = append(left, event)
		}
	}
	return left
}

// deliver makes the deliveries whose time has come, one after the other.
func (r *round) deliver(ctx context.Context, parcels []store.Parcel) error {
	for _, p := range parcels {
		now := r.Clock.Now()
		if p.Damage != nil {
			r.seen[p.Event] = true
			r.Log.ErrorContext(ctx, "an event on its way cannot be read", "event", p.Event.String(), "endpoint", r.Endpoint.String(), "error", p.Damage.Error())
			continue
		}
		if p.Status != notify.Waiting || p.Next.After(now) {
			r.seen[p.Event] = true // the index is behind
			continue
		}
		if r.stopped() {
			return nil
		}
		if r.timeIsUp(now) {
			r.more = true
			return nil
		}
		r.seen[p.Event] = true
		is := p.Drop()
		if p.Known {
			is = r.attempt(ctx, p)
		}
		if err := r.outcome(ctx, p.Delivery, is); err != nil {
			return err
		}
	}
	return nil
}

// timeIsUp reports that no attempt may be begun: the job has worked long enough, or the invocation ends. Because the lane was
// claimed after the job had begun, its lease outlives every request that is begun in workTime, however slow the table was.
func (r *round) timeIsUp(now time.Time) bool {
	return !now.Before(r.until) || r.enough.Err() != nil
}

// attempt makes one request, and notes the health of the lane.
func (r *round) attempt(ctx context.Context, p store.Parcel) notify.Delivery {
	a := r.post(ctx, p)
	now := r.Clock.Now().UTC().Truncate(time.Millisecond)
	r.lane = r.lane.After(a, now)
	is := p.Tried(a, now)
	if !a.OK() {
		r.Log.WarnContext(ctx, "an event was not delivered", "event", p.Event.String(), "endpoint", p.Endpoint.String(), "class", a.Class,
			"code", a.Code, "attempts", is.Attempts, "status", string(is.Status))
	}
	if is.Status == notify.Waiting && (r.next.IsZero() || is.Next.Before(r.next)) {
		r.next = is.Next
	}
	if a.Gone() {
		r.held.DisabledAt = now
	}
	return is
}

// outcome writes what became of a delivery, unless this process is at its end: then nothing can be written, and that is no
// failure of the endpoint. An endpoint that is gone is disabled before: should this process die between the two,
// the next one finds it so and drops what waits.
func (r *round) outcome(ctx context.Context, was, is notify.Delivery) error {
	if !r.held.DisabledAt.IsZero() {
		if err := r.Store.Disable(ctx, r.held); err != nil {
			return err
		}
	}
	_, err := r.Store.Outcome(ctx, was, is)
	return err
}

// waits reports whether something waits that this round has not seen.
func (r *round) waits(ctx context.Context) (bool, error) {
	events, _, err := r.Store.Waiting(ctx, r.name(), r.Clock.Now(), nil)
	return len(r.unseen(events)) > 0, err
}

// later sends one more job for the earliest of what failed, if that is soon; longer waits live on due keys.
func (r *round) later(ctx context.Context) error {
	if r.next.IsZero() {
		return nil
	}
	return r.send(ctx, r.next.Sub(r.Clock.Now()))
}

// send sends one more job for this lane, unless it would have to wait for long.
func (r *round) send(ctx context.Context, delay time.Duration) error {
	if delay > notify.Soon {
		return nil
	}
	again := r.drain
	again.Event, again.Over = ids.ID{}, false
	return r.Queue.Send(ctx, QueueOf(queue.Job{}), max(0, roundedUp(delay)), again.job())
}

// roundedUp gives whole seconds, as the queues count delays.
func roundedUp(d time.Duration) time.Duration {
	return min((d + time.Second - 1).Truncate(time.Second), queue.MaxDelay)
}
