package world

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger/settle"
	ledgerstore "giberno.ru/shared/ledger/store"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/payments/wire/deliveries"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
)

// relayBatch is how many changes of the table are relayed together, as a batch of the stream is.
const relayBatch = 25

func (w *World) feedWaits() bool {
	if w.clock.Now().Before(w.weather.noFeed) {
		return false
	}
	changes, err := w.durable.feed.Changes(context.Background(), 1)
	return err == nil && len(changes) > 0
}

// relay turns changes of the table into jobs. A change is forgotten only once its jobs are sent.
func relay(w *World, _ *actor) {
	p := w.house()
	w.inside(func() { _ = p.relay() })
}

func (p *process) relay() error {
	w := p.world
	var changes []table.Change
	_, err := p.through(feedPort, "changes", func() (err error) {
		changes, err = w.durable.feed.Changes(context.Background(), relayBatch)
		return err
	})
	if err != nil || len(changes) == 0 {
		return err
	}
	var follow []queue.Job
	for _, c := range changes {
		for _, from := range deliveries.Follow {
			follow = append(follow, w.Plant.follow(from(c))...)
		}
	}
	if _, err := queue.SendAll(context.Background(), p.queue, deliveries.QueueOf, follow...); err != nil {
		return err
	}
	_, err = p.through(feedPort, "done", func() error {
		return w.durable.feed.Done(context.Background(), changes[len(changes)-1].Seq)
	})
	return err
}

// shard is one partition of the due keys.
type shard struct {
	mode   ids.Mode
	number int
}

// dueShards lists the partitions in which a key has come.
func (w *World) dueShards() (due []shard) {
	now := w.clock.Now()
	for _, m := range modes {
		for n := range store.Shards {
			at, err := store.New(w.durable.table).OldestDue(context.Background(), m, n)
			if err == nil && !at.IsZero() && !at.After(now) {
				due = append(due, shard{m, n})
			}
		}
	}
	return due
}

// somethingDue looks anew only after a write.
func (w *World) somethingDue() bool {
	if w.watch.moved {
		w.lookForDue()
	}
	return !w.watch.due.IsZero() && !w.watch.due.After(w.clock.Now())
}

// lookForDue finds out when the first due keys come.
func (w *World) lookForDue() {
	w.watch.moved, w.watch.due, w.watch.day = false, w.oldestDue(), w.oldestDay()
}

// oldestDue is when the first due key of all comes; the zero time when there is none.
func (w *World) oldestDue() (first time.Time) {
	for _, m := range modes {
		for n := range store.Shards {
			at, err := store.New(w.durable.table).OldestDue(context.Background(), m, n)
			if err == nil && !at.IsZero() && (first.IsZero() || at.Before(first)) {
				first = at
			}
		}
	}
	return first
}

// sweep works off one partition of the due keys; now and then one in which nothing is due.
func sweep(w *World, _ *actor) {
	due := w.dueShards()
	if len(due) == 0 || w.dice.oneIn(50) {
		due = []shard{{pick(w.dice, modes), w.dice.IntN(store.Shards)}}
	}
	s := pick(w.dice, due)
	p := w.house()
	w.inside(func() { _, _ = p.module.Sweeper.Sweep(context.Background(), s.mode, s.number) })
}

// dayDue reports that a business day waits for being closed or settled.
func (w *World) dayDue() bool {
	if w.watch.moved {
		w.lookForDue()
	}
	return !w.watch.day.IsZero() && !w.watch.day.After(w.clock.Now().Add(-settle.DefaultGrace))
}

// oldestDay is when the first of them was over; the zero time when there is none.
func (w *World) oldestDay() (first time.Time) {
	for _, m := range modes {
		for _, partner := range partners {
			at, err := ledgerstore.New(w.durable.table).OldestDue(context.Background(), m, int(partner[0])%ledgerstore.DueShards)
			if err == nil && !at.IsZero() && (first.IsZero() || at.Before(first)) {
				first = at
			}
		}
	}
	return first
}

// dueDays lists the shards of the ledger's due keys in which a key has come.
func (w *World) dueDays() (due []shard) {
	books := ledgerstore.New(w.durable.table)
	now := w.clock.Now().Add(-settle.DefaultGrace)
	for _, m := range modes {
		for _, partner := range partners {
			n := int(partner[0]) % ledgerstore.DueShards
			at, err := books.OldestDue(context.Background(), m, n)
			if err == nil && !at.IsZero() && !at.After(now) {
				due = append(due, shard{m, n})
			}
		}
	}
	return due
}

// sweepBooks enqueues what is due of one shard of the ledger.
func sweepBooks(w *World, _ *actor) {
	due := w.dueDays()
	if len(due) == 0 {
		return
	}
	s := pick(w.dice, due)
	p := w.house()
	w.inside(func() { _, _ = p.books.Sweeper.Sweep(context.Background(), s.mode, s.number) })
}

func (w *World) jobsWait() bool { return len(w.waiting()) > 0 }

// waiting lists the queues in which a job can be seen.
func (w *World) waiting() (names []string) {
	for _, name := range queues {
		at, some, err := w.durable.queue.Next(context.Background(), name)
		if err == nil && some && !at.After(w.clock.Now()) {
			names = append(names, name)
		}
	}
	return names
}

// work does one batch of a queue.
func work(w *World, a *actor) {
	names := w.waiting()
	if len(names) == 0 || w.dice.oneIn(50) {
		names = queues
	}
	p := w.house()
	name := pick(w.dice, names)
	if name == queue.Settlements {
		w.inside(func() { _, _ = p.books.Worker.Work(context.Background(), p.queue) })
		return
	}
	do := func(ctx context.Context, j queue.Job) error {
		a.order = w.orderOfJob(j)
		return p.do(ctx, j)
	}
	w.inside(func() { _, _ = queue.Work(context.Background(), p.queue, name, 1+w.dice.IntN(5), do, p.log) })
}

// do does a job of the queues that orders and events share.
func (p *process) do(ctx context.Context, j queue.Job) error {
	return p.hooks.Beside(p.module.Worker.Do)(ctx, j)
}

// orderOfJob is the order that a job is about, for the story.
func (w *World) orderOfJob(j queue.Job) ids.ID {
	var about struct {
		Order ids.ID `json:"order"`
		Raw   []byte `json:"raw"`
		Event ids.ID `json:"event"`
	}
	if json.Unmarshal(j.Body, &about) != nil {
		return ids.ID{}
	}
	if f := w.hearing.facts[about.Event]; f != nil {
		return f.order()
	}
	if about.Order.IsZero() {
		return orderNamed(about.Raw)
	}
	return about.Order
}

// deliver carries one letter of the post.
func deliver(w *World, a *actor) {
	l, ok := w.post.take(w)
	if !ok {
		return
	}
	a.order = l.order
	w.carry(l)
}

// passTime lets moments go by, and now and then more than those who are waiting for an answer can wait.
func passTime(w *World, _ *actor) {
	if w.dice.oneIn(150) {
		w.clock.Advance(w.dice.between(3*time.Second, 40*time.Second))
		return
	}
	w.clock.Advance(w.dice.between(time.Millisecond, 250*time.Millisecond))
}

// pauseForMinutes lets everybody end what he is at, and then a while goes by.
func pauseForMinutes(w *World, _ *actor) {
	w.hushed, w.night = true, w.dice.between(5*time.Second, 3*time.Minute)
	if w.dice.oneIn(6) {
		w.night = w.dice.between(3*time.Minute, 25*time.Minute)
	}
}

// fallAsleep lets everybody end what he is at, and then hours go by.
func fallAsleep(w *World, _ *actor) {
	w.hushed, w.night = true, w.dice.between(20*time.Minute, 12*time.Hour)
	w.coverage.Nights++
}

// reviveLetter is an operator who has a dead letter tried again.
func reviveLetter(w *World, _ *actor) {
	if _, err := w.reviveAll(3); err != nil {
		w.fail("Engine", ids.ID{}, "a dead letter cannot be revived: %v", err)
	}
}

// refusedForGood tells a lie that was put aside unread, and refused once it was read. Nobody has it tried again.
func refusedForGood(l queue.DeadLetter) bool {
	return l.Job.Kind == teller.JobNotice && (l.Reason == teller.ErrNoticeRefused.Code || l.Reason == teller.ErrNoticeMalformed.Code)
}

func (w *World) reviveAll(most int) (revived int, err error) {
	for _, name := range queues {
		letters, err := w.durable.grave.Dead(context.Background(), name, most)
		if err != nil {
			return revived, err
		}
		for _, l := range letters {
			if refusedForGood(l) {
				continue
			}
			if err := w.durable.grave.Revive(context.Background(), name, l.ID); err != nil && !errors.Is(err, queue.ErrNoDeadLetter) {
				return revived, err
			}
			revived++
			w.coverage.Revived++
		}
	}
	return revived, nil
}
