package memory

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/platform/queue"
)

// Queue is a queue.Queue and its queue.Graveyard, with the rules of SQS standard queues. It is safe for concurrent use.
type Queue struct {
	clock clock.Clock

	mu     sync.Mutex
	last   uint64
	queues map[string]*shelf
}

// shelf is one queue: its messages and its dead letters, both in the order in which they were sent.
type shelf struct {
	messages []*message
	dead     []*message
}

type message struct {
	id       uint64
	job      queue.Job
	visible  time.Time
	sent     time.Time
	received int
	turn     int // counts every receive ever: it makes older receipts stale
	reason   string
	died     time.Time
}

var (
	_ queue.Queue     = (*Queue)(nil)
	_ queue.Graveyard = (*Queue)(nil)
)

// NewQueue makes empty queues.
func NewQueue(c clock.Clock) *Queue {
	q := &Queue{clock: c, queues: map[string]*shelf{}}
	for _, name := range queue.Names {
		q.queues[name] = &shelf{}
	}
	return q
}

// on runs do on one queue.
func (q *Queue) on(ctx context.Context, name string, do func(*shelf) error) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	s, ok := q.queues[name]
	if !ok {
		return fmt.Errorf("%w: there is no queue %q", queue.ErrLimit, name)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", queue.ErrUnavailable, context.Cause(ctx))
	}
	return do(s)
}

// Send enqueues up to 10 jobs.
func (q *Queue) Send(ctx context.Context, name string, delay time.Duration, jobs ...queue.Job) error {
	if err := queue.Validate(delay, jobs); err != nil {
		return err
	}
	return q.on(ctx, name, func(s *shelf) error {
		now := q.clock.Now()
		for _, j := range jobs {
			q.last++
			j.Body = bytes.Clone(j.Body)
			s.messages = append(s.messages, &message{id: q.last, job: j, visible: now.Add(delay), sent: now})
		}
		return nil
	})
}

// Receive takes up to max visible jobs, the longest visible first, and buries what was received too often.
func (q *Queue) Receive(ctx context.Context, name string, max int) (batch []queue.Delivery, err error) {
	if max < 1 || max > queue.MaxBatch {
		return nil, fmt.Errorf("%w: receive %d jobs, 1 to %d are allowed", queue.ErrLimit, max, queue.MaxBatch)
	}
	err = q.on(ctx, name, func(s *shelf) error {
		now := q.clock.Now()
		var seen []*message
		for _, m := range s.messages {
			if !m.visible.After(now) {
				seen = append(seen, m)
			}
		}
		slices.SortStableFunc(seen, func(a, b *message) int { return a.visible.Compare(b.visible) })
		for _, m := range seen[:min(max, len(seen))] {
			if m.received >= queue.MaxReceives {
				s.bury(m, fmt.Sprintf("received %d times without an ending", m.received), now)
				continue
			}
			m.received, m.turn, m.visible = m.received+1, m.turn+1, now.Add(queue.Visibility)
			job := m.job
			job.Body = bytes.Clone(job.Body)
			batch = append(batch, queue.Delivery{ID: name36(m.id), Receipt: m.receipt(), Job: job, Received: m.received, SentAt: m.sent})
		}
		return nil
	})
	return batch, err
}

func name36(id uint64) string { return strconv.FormatUint(id, 36) }

func (m *message) receipt() string { return name36(m.id) + "." + strconv.Itoa(m.turn) }

// held finds the message of a receipt that no newer receive has made stale.
func (s *shelf) held(receipt string) (*message, bool) {
	id, _, _ := strings.Cut(receipt, ".")
	for _, m := range s.messages {
		if name36(m.id) == id {
			return m, m.turn > 0 && m.receipt() == receipt
		}
	}
	return nil, false
}

func (s *shelf) remove(m *message) {
	s.messages = slices.DeleteFunc(s.messages, func(o *message) bool { return o == m })
}

func (s *shelf) bury(m *message, reason string, now time.Time) {
	s.remove(m)
	m.reason, m.died = reason, now
	at, _ := slices.BinarySearchFunc(s.dead, m.id, func(o *message, id uint64) int { return int(int64(o.id) - int64(id)) })
	s.dead = slices.Insert(s.dead, at, m)
}

// Ack removes deliveries for good.
func (q *Queue) Ack(ctx context.Context, name string, receipts ...string) error {
	return q.on(ctx, name, func(s *shelf) error {
		for _, receipt := range receipts {
			if m, ok := s.held(receipt); ok {
				s.remove(m)
			}
		}
		return nil
	})
}

// Hide changes when a received job is seen again.
func (q *Queue) Hide(ctx context.Context, name, receipt string, wait time.Duration) error {
	if wait < 0 || wait > queue.MaxHide {
		return fmt.Errorf("%w: hide for %s, 0 to %s are allowed", queue.ErrLimit, wait, queue.MaxHide)
	}
	return q.on(ctx, name, func(s *shelf) error {
		if m, ok := s.held(receipt); ok {
			m.visible = q.clock.Now().Add(wait)
		}
		return nil
	})
}

// Bury moves a received job to the dead letters.
func (q *Queue) Bury(ctx context.Context, name string, d queue.Delivery, reason string) error {
	return q.on(ctx, name, func(s *shelf) error {
		if m, ok := s.held(d.Receipt); ok {
			s.bury(m, reason, q.clock.Now())
		}
		return nil
	})
}

// Dead lists up to limit dead letters.
func (q *Queue) Dead(ctx context.Context, name string, limit int) (letters []queue.DeadLetter, err error) {
	err = q.on(ctx, name, func(s *shelf) error {
		for _, m := range s.dead[:min(limit, len(s.dead))] {
			letters = append(letters, queue.DeadLetter{ID: name36(m.id), Queue: name, Job: m.job, Reason: m.reason, Died: m.died, Receive: m.received})
		}
		return nil
	})
	return letters, err
}

// Revive puts a dead letter back into its queue, visible at once and as if never received.
func (q *Queue) Revive(ctx context.Context, name, id string) error {
	return q.on(ctx, name, func(s *shelf) error {
		i := slices.IndexFunc(s.dead, func(m *message) bool { return name36(m.id) == id })
		if i < 0 {
			return queue.ErrNoDeadLetter
		}
		m := s.dead[i]
		s.dead = slices.Delete(s.dead, i, i+1)
		m.received, m.visible, m.reason, m.died = 0, q.clock.Now(), "", time.Time{}
		s.messages = append(s.messages, m)
		return nil
	})
}

// Next is when the earliest job of a queue is or was to be seen; false if the queue holds none.
func (q *Queue) Next(ctx context.Context, name string) (at time.Time, some bool, err error) {
	err = q.on(ctx, name, func(s *shelf) error {
		for _, m := range s.messages {
			if !some || m.visible.Before(at) {
				at, some = m.visible, true
			}
		}
		return nil
	})
	return at, some, err
}
