package jobs

import (
	"context"
	"errors"
	"log/slog"
	"slices"
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
	// Told tells of each of these events whether it is kept for its partner; nil: nobody is told.
	Told  func(ctx context.Context, m ids.Mode, events ...payments.Event) ([]bool, error)
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
		swept, err := s.page(ctx, m, due, now)
		total = total.Add(swept)
		if err != nil {
			return total, err
		}
		if more == nil || s.Clock.Now().Sub(begun) > SweepTime || ctx.Err() != nil {
			return total, ctx.Err()
		}
		after = more
	}
}

// looked is a due row with its order, as it was read, and where the facts beside it stand among those of its page.
type looked struct {
	due    store.Due
	whole  payments.Whole
	entry  string // "": it owes the ledger nothing
	events []payments.Event
}

// page looks at a page of due rows. Their orders are read one by one, the facts beside them all at once: so that letting go
// of a row costs one read and one write, and its share of the page.
func (s *Sweeper) page(ctx context.Context, m ids.Mode, due []store.Due, now time.Time) (swept Swept, err error) {
	all := make([]looked, 0, len(due))
	for _, d := range due {
		w, err := s.Store.Load(ctx, d.Mode, d.Order)
		switch {
		case errors.Is(err, payments.ErrOrderNotFound): // the index is behind the table
		case err != nil:
			s.complain(ctx, d, err)
		default:
			all = append(all, looked{d.Judged(w), w, w.EntryID(d.Child), w.EventsOf(d.Child, now)})
		}
	}
	kept, err := s.kept(ctx, m, all...)
	if errors.Is(err, table.ErrUnavailable) {
		return swept, err
	}
	together := err == nil
	for i, l := range all {
		if !together { // one of them cannot be read, and holds up none but itself
			if kept, err = s.kept(ctx, m, l); err != nil {
				s.complain(ctx, l.due, err)
				continue
			}
			i = 0
		}
		claimed, jobs, err := s.one(ctx, l, kept[i], now)
		if err != nil {
			s.complain(ctx, l.due, err)
			continue
		}
		if swept.Seen++; claimed {
			swept.Enqueued += jobs
			if jobs == 0 {
				swept.LetGo++
			}
		}
	}
	return swept, nil
}

func (s *Sweeper) complain(ctx context.Context, d store.Due, err error) {
	s.Log.ErrorContext(ctx, "a due row could not be looked at", "order", d.Order.String(), "error", err.Error())
}

// kept reads the facts that should exist beside the orders of a page, by their deterministic names.
func (s *Sweeper) kept(ctx context.Context, m ids.Mode, page ...looked) ([]payments.Kept, error) {
	var entries []string
	var events []payments.Event
	for _, l := range page {
		if l.entry != "" {
			entries = append(entries, l.entry)
		}
		events = append(events, l.events...)
	}
	if s.Told == nil {
		events = nil
	}
	var posted map[string]bool
	var told []bool
	var err error
	if len(entries) > 0 {
		if posted, err = s.Posted(ctx, m, entries...); err != nil {
			return nil, err
		}
	}
	if len(events) > 0 {
		if told, err = s.Told(ctx, m, events...); err != nil {
			return nil, err
		}
	}
	out := make([]payments.Kept, len(page))
	for i, l := range page {
		n := min(len(l.events), len(told))
		out[i] = payments.Kept{Posted: l.entry == "" || posted[l.entry], Told: !slices.Contains(told[:n], false)}
		told = told[n:]
	}
	return out, nil
}

// one claims a row and enqueues what it is owed, or lets it go.
func (s *Sweeper) one(ctx context.Context, l looked, kept payments.Kept, now time.Time) (claimed bool, sent int, err error) {
	d := l.due
	duties, again := payments.OwedAll(l.whole, d.Child, kept, now)
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
