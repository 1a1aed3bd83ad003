package jobs

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/platform/queue"
)

// The limits of one sweep (DESIGN §3).
const (
	sweepPage = 100
	SweepTime = 45 * time.Second
)

// Sweeper goes through the due keys. It reads the facts that should exist: all there, it lets the key go; something
// missing, it moves the key to the policy's next time, which is its claim, and enqueues the job. It never works itself.
type Sweeper struct {
	Store *store.Store
	Queue teller.Sender
	Clock clock.Clock
	Log   *slog.Logger
}

// Swept counts what a sweep did, and tells how long the longest waiting row had been due.
type Swept struct {
	Seen, LetGo, Enqueued int
	Overdue               time.Duration
}

// Add puts two sweeps together.
func (s Swept) Add(o Swept) Swept {
	return Swept{s.Seen + o.Seen, s.LetGo + o.LetGo, s.Enqueued + o.Enqueued, max(s.Overdue, o.Overdue)}
}

// Sweep works one shard of a mode off until it is empty or the time is up.
func (s *Sweeper) Sweep(ctx context.Context, m ids.Mode, shard int) (total Swept, err error) {
	until := s.Clock.Now().Add(SweepTime)
	for {
		now := s.Clock.Now()
		due, err := s.Store.DueBy(ctx, m, shard, now, sweepPage)
		if err != nil || len(due) == 0 {
			return total, err
		}
		total.Overdue = max(total.Overdue, now.Sub(due[0].At))
		moved := 0
		for _, d := range due {
			claimed, jobs, err := s.one(ctx, d, now)
			if err != nil {
				s.Log.ErrorContext(ctx, "a due row could not be looked at", "order", d.Order.String(), "error", err.Error())
				continue
			}
			total.Seen++
			if claimed {
				moved++
				total.Enqueued += jobs
				if jobs == 0 {
					total.LetGo++
				}
			}
		}
		if len(due) < sweepPage || moved == 0 || s.Clock.Now().After(until) || ctx.Err() != nil {
			return total, ctx.Err()
		}
	}
}

func (s *Sweeper) one(ctx context.Context, d store.Due, now time.Time) (claimed bool, sent int, err error) {
	w, err := s.Store.Load(ctx, d.Mode, d.Order)
	if errors.Is(err, payments.ErrOrderNotFound) {
		return false, 0, nil // the index is behind the table
	}
	if err != nil {
		return false, 0, err
	}
	duties, again := payments.OwedByPayment(w, d.Payment, now)
	if d.Payment == 0 {
		duties, again = payments.OwedByOrder(w, now)
	}
	claimed, err = s.Store.MoveDue(ctx, d, again.Truncate(time.Millisecond))
	if err != nil || !claimed || len(duties) == 0 {
		return claimed, 0, err
	}
	send := make([]queue.Job, 0, len(duties))
	for _, duty := range duties {
		send = append(send, job(kindOf[duty], d.Mode, d.Order, d.Payment))
	}
	return true, len(send), s.Queue.Send(ctx, queue.WebhookRetries, 0, send...)
}
