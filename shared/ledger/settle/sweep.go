package settle

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger/store"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
)

// The limits of one sweep (DESIGN §3).
const (
	sweepPage = 100
	SweepTime = 45 * time.Second
)

// DefaultGrace is how long after its end a day is closed: what happened before midnight is posted by then.
const DefaultGrace = 10 * time.Minute

const (
	patience = 5 * time.Minute // before a day that is still due is enqueued again by the same sweeper
	maxSent  = 10_000          // days that a sweeper remembers; what it forgets is enqueued once more
)

// Sweeper goes through the days that are over, or closed and not settled, and enqueues their jobs. It never works itself. A
// day stays due until its settlement is finished, so a job that was lost comes again.
type Sweeper struct {
	Store *store.Store
	Queue queue.Sender
	Clock clock.Clock
	Log   *slog.Logger
	Grace time.Duration // 0: DefaultGrace

	mu   sync.Mutex
	sent map[store.Due]time.Time
}

// Swept counts what a sweep did, and tells how long the longest waiting day had been due.
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
	grace := s.Grace
	if grace == 0 {
		grace = DefaultGrace
	}
	begun := s.Clock.Now()
	var after *table.Place
	for {
		due, more, err := s.Store.DueAfter(ctx, m, shard, begun.Add(-grace), after, sweepPage)
		if err != nil {
			return total, err
		}
		now := s.Clock.Now()
		if len(due) > 0 {
			total.Overdue = max(total.Overdue, now.Sub(due[0].At)-grace)
		}
		total.Seen += len(due)
		enqueued, err := s.enqueue(ctx, due, now)
		if total.Enqueued += enqueued; err != nil {
			return total, err
		}
		if more == nil || now.Sub(begun) > SweepTime || ctx.Err() != nil {
			return total, ctx.Err()
		}
		after = more
	}
}

// enqueue sends the jobs of the days that were not sent lately.
func (s *Sweeper) enqueue(ctx context.Context, due []store.Due, now time.Time) (int, error) {
	var jobs []queue.Job
	var of []store.Due
	for _, d := range due {
		if !s.isTurn(d, now) {
			continue
		}
		job, err := CloseJob(d.Book, d.Day)
		if err != nil {
			s.Log.ErrorContext(ctx, "a due day has no job", "book", d.Book.String(), "day", string(d.Day), "error", err.Error())
			continue
		}
		jobs, of = append(jobs, job), append(of, d)
	}
	unsent, err := queue.SendAll(ctx, s.Queue, func(queue.Job) string { return queue.Settlements }, jobs...)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range of[:unsent] {
		if len(s.sent) >= maxSent {
			clear(s.sent)
		}
		s.sent[d] = now
	}
	return unsent, err
}

// isTurn reports whether a day's job is to be sent now.
func (s *Sweeper) isTurn(d store.Due, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sent == nil {
		s.sent = map[store.Due]time.Time{}
	}
	last, before := s.sent[d]
	return !before || now.Sub(last) >= patience
}
