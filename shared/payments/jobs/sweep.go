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
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
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
	Queue queue.Sender
	// Posted tells which of these entries the ledger holds.
	Posted func(ctx context.Context, m ids.Mode, entries ...string) (map[string]bool, error)
	Clock  clock.Clock
	Log    *slog.Logger
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

// Sweep goes once through what is due in one shard of a mode, until its end or until the time is up. It goes on behind
// the rows that it had to leave where they were, so that those which cannot be read hold nobody up.
func (s *Sweeper) Sweep(ctx context.Context, m ids.Mode, shard int) (total Swept, err error) {
	begun := s.Clock.Now()
	var after *table.Place
	for {
		now := s.Clock.Now()
		due, more, err := s.Store.DueAfter(ctx, m, shard, begun, after, sweepPage)
		if err != nil {
			return total, err
		}
		if len(due) > 0 {
			total.Overdue = max(total.Overdue, now.Sub(due[0].At))
		}
		for _, d := range due {
			claimed, jobs, err := s.one(ctx, d, now)
			if err != nil {
				s.Log.ErrorContext(ctx, "a due row could not be looked at", "order", d.Order.String(), "error", err.Error())
				continue
			}
			total.Seen++
			if claimed {
				total.Enqueued += jobs
				if jobs == 0 {
					total.LetGo++
				}
			}
		}
		if more == nil || s.Clock.Now().Sub(begun) > SweepTime || ctx.Err() != nil {
			return total, ctx.Err()
		}
		after = more
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
	posted, err := s.posted(ctx, w, d)
	if err != nil {
		return false, 0, err
	}
	duties, again := payments.Owed(w, d.Child, posted, now)
	claimed, err = s.Store.MoveDue(ctx, d, again.Truncate(time.Millisecond))
	if err != nil || !claimed || len(duties) == 0 {
		return claimed, 0, err
	}
	send := make([]queue.Job, 0, len(duties))
	for _, duty := range duties {
		send = append(send, job(kindOf[duty], d.Mode, d.Child))
	}
	_, err = queue.SendAll(ctx, s.Queue, QueueOf, send...)
	return true, len(send), err
}

// posted reads the fact that the ledger should hold of a child, by its deterministic name.
func (s *Sweeper) posted(ctx context.Context, w payments.Whole, d store.Due) (bool, error) {
	entry := w.EntryID(d.Child)
	if entry == "" {
		return true, nil
	}
	held, err := s.Posted(ctx, d.Mode, entry)
	return held[entry], err
}
