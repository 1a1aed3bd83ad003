package jobs

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"time"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/notify/store"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
)

// The limits of one sweep (DESIGN §3).
const (
	sweepPage = 100
	SweepTime = 45 * time.Second
)

// patience is for how long a job that was sent is waited for.
const patience = 5 * time.Minute

// Sweeper goes through the due keys of waiting deliveries, lane by lane. Where the lane is held or sleeps, it moves the keys to
// the end of that; else it moves them on, which is its claim, and sends one job for the lane. It never works itself.
type Sweeper struct {
	Store *store.Store
	Queue queue.Sender
	Clock clock.Clock
	Log   *slog.Logger
}

// Swept counts what a sweep did, and tells how long the longest waiting delivery had been due.
type Swept struct {
	Seen, Enqueued int
	Overdue        time.Duration
}

// Add puts two sweeps together.
func (s Swept) Add(o Swept) Swept {
	return Swept{s.Seen + o.Seen, s.Enqueued + o.Enqueued, max(s.Overdue, o.Overdue)}
}

// Sweep goes once through what is due in one shard (0 … store.DueShards−1) of a mode, until its end or until the time is up.
func (s *Sweeper) Sweep(ctx context.Context, m ids.Mode, shard int) (total Swept, err error) {
	begun := s.Clock.Now()
	sent := map[store.LaneName]bool{}
	var after *table.Place
	for {
		due, more, err := s.Store.DueAfter(ctx, m, shard, begun, after, sweepPage)
		if err != nil {
			return total, err
		}
		now := s.Clock.Now()
		if len(due) > 0 {
			total.Overdue = max(total.Overdue, now.Sub(due[0].At))
		}
		total.Seen += len(due)
		enqueued, err := s.page(ctx, due, now, sent)
		if total.Enqueued += enqueued; err != nil {
			return total, err
		}
		if more == nil || s.Clock.Now().Sub(begun) > SweepTime || ctx.Err() != nil {
			return total, ctx.Err()
		}
		after = more
	}
}

// page moves the keys of one page, and sends the jobs of those lanes that no page before it has sent.
func (s *Sweeper) page(ctx context.Context, due []store.Due, now time.Time, sent map[store.LaneName]bool) (int, error) {
	lanes, damaged, err := s.lanes(ctx, due)
	if err != nil {
		return 0, err
	}
	var jobs []queue.Job
	for _, d := range due {
		if damage := damaged[d.Name()]; damage != nil {
			s.complain(ctx, d, damage)
			continue
		}
		lane, there := lanes[d.Name()]
		to := now.Add(patience)
		busy := there && !lane.Busy(now).IsZero()
		if busy {
			to = lane.Busy(now)
		}
		claimed, err := s.Store.MoveDue(ctx, d, to)
		if err != nil {
			s.complain(ctx, d, err)
			continue
		}
		if claimed && !busy && !sent[d.Name()] {
			sent[d.Name()] = true
			// It names no event: the index has had its time, and whoever waits longest comes first.
			jobs = append(jobs, drain{Mode: d.Mode, Partner: lane.Partner, Endpoint: d.Endpoint, Lane: d.Lane}.job())
		}
	}
	unsent, err := queue.SendAll(ctx, s.Queue, QueueOf, jobs...)
	return unsent, err
}

func (s *Sweeper) complain(ctx context.Context, d store.Due, err error) {
	s.Log.ErrorContext(ctx, "a due delivery could not be moved", "event", d.Event.String(), "endpoint", d.Endpoint.String(), "error", err.Error())
}

// lanes reads the lanes of a page together. Where one of them cannot be read, each is read by itself, so that it holds up none
// but those who wait in it: damaged says why.
func (s *Sweeper) lanes(ctx context.Context, due []store.Due) (lanes map[store.LaneName]notify.Lane, damaged map[store.LaneName]error, err error) {
	var names []store.LaneName
	known := map[store.LaneName]bool{}
	for _, d := range due {
		if !known[d.Name()] {
			known[d.Name()] = true
			names = append(names, d.Name())
		}
	}
	if len(names) == 0 {
		return nil, nil, nil
	}
	if lanes, err = s.Store.Lanes(ctx, names...); err == nil || errors.Is(err, table.ErrUnavailable) {
		return lanes, nil, err
	}
	lanes, damaged = map[store.LaneName]notify.Lane{}, map[store.LaneName]error{}
	for _, name := range names {
		one, err := s.Store.Lanes(ctx, name)
		if errors.Is(err, table.ErrUnavailable) {
			return nil, nil, err
		}
		if damaged[name] = err; err == nil {
			maps.Copy(lanes, one)
		}
	}
	return lanes, damaged, nil
}
