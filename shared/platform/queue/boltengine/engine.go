// Package boltengine keeps the platform's queues in a bbolt file, with the rules of SQS standard queues: a received job is
// hidden for a while and comes again unless it is acknowledged; too many receives lead to the dead letters.
package boltengine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/queue"
)

// Options of New. The zero value is right for production.
type Options struct {
	// Visibility of a queue's received jobs, by its name; queue.Visibility for the others.
	Visibility map[string]time.Duration
	// MaxReceives before the dead letters; 0 is queue.MaxReceives.
	MaxReceives int
}

// Engine is a queue.Queue and its queue.Graveyard.
type Engine struct {
	file    *file.File
	clock   clock.Clock
	options Options

	mu   sync.Mutex
	sent chan struct{}
}

var (
	_ queue.Queue     = (*Engine)(nil)
	_ queue.Graveyard = (*Engine)(nil)
)

// Buckets of each queue, inside one of its own.
var (
	jobsBucket    = []byte("jobs")    // id → record
	visibleBucket = []byte("visible") // visible at, id → nothing
	deadBucket    = []byte("dead")    // id → dead letter as JSON
)

func bucketName(name string) []byte { return []byte("queue/" + name) }

// New makes the queues of queue.Names in f, which stays the caller's to close.
func New(f *file.File, c clock.Clock, o Options) (*Engine, error) {
	if o.MaxReceives <= 0 {
		o.MaxReceives = queue.MaxReceives
	}
	err := f.Update(context.Background(), func(tx *bbolt.Tx) error {
		for _, name := range queue.Names {
			outer, err := tx.CreateBucketIfNotExists(bucketName(name))
			if err != nil {
				return file.Spoiled(err)
			}
			for _, inner := range [][]byte{jobsBucket, visibleBucket, deadBucket} {
				if _, err := outer.CreateBucketIfNotExists(inner); err != nil {
					return file.Spoiled(err)
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("boltengine: make the queues: %w", err)
	}
	return &Engine{file: f, clock: c, options: o, sent: make(chan struct{})}, nil
}

// Send enqueues up to 10 jobs.
func (e *Engine) Send(ctx context.Context, name string, delay time.Duration, jobs ...queue.Job) error {
	if err := queue.Validate(delay, jobs); err != nil || len(jobs) == 0 {
		return err
	}
	bodies := make([][]byte, len(jobs))
	for i, job := range jobs {
		body, err := json.Marshal(job)
		if err != nil {
			return fmt.Errorf("boltengine: job %s: %w", job.Kind, err)
		}
		bodies[i] = body
	}
	err := e.update(ctx, name, func(q shelf) error {
		now := e.clock.Now()
		for _, body := range bodies {
			id, err := q.jobs.NextSequence()
			if err != nil {
				return file.Spoiled(err)
			}
			r := record{visible: now.Add(delay).UnixNano(), sent: now.UnixNano(), job: body}
			if err := q.put(id, r); err != nil {
				return file.Spoiled(err)
			}
		}
		return nil
	})
	if err == nil {
		e.announce()
	}
	return err
}

// Receive takes up to max visible jobs, the longest visible first.
func (e *Engine) Receive(ctx context.Context, name string, max int) (batch []queue.Delivery, err error) {
	if max < 1 || max > queue.MaxBatch {
		return nil, fmt.Errorf("%w: receive %d jobs, 1 to %d are allowed", queue.ErrLimit, max, queue.MaxBatch)
	}
	if idle, err := e.idle(ctx, name); err != nil || idle {
		return nil, err
	}
	err = e.update(ctx, name, func(q shelf) error {
		batch, err = e.take(q, max)
		return err
	})
	if err != nil {
		return nil, err
	}
	return batch, nil
}

// idle looks without a write whether nothing is visible, for polling is mostly in vain.
func (e *Engine) idle(ctx context.Context, name string) (idle bool, err error) {
	next, some, err := e.Next(ctx, name)
	return !some || next.After(e.clock.Now()), err
}

// take hides what it gives, and buries what was received too often without an ending.
func (e *Engine) take(q shelf, max int) ([]queue.Delivery, error) {
	now := e.clock.Now()
	found, err := q.visible(now.UnixNano(), max)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, file.ErrNothing
	}
	visibility, ok := e.options.Visibility[q.name]
	if !ok {
		visibility = queue.Visibility
	}
	batch := make([]queue.Delivery, 0, len(found))
	for _, m := range found {
		was := m.record
		if int(was.received) >= e.options.MaxReceives {
			reason := fmt.Sprintf("received %d times without an ending", was.received)
			if err := q.bury(m, reason, now); err != nil {
				return nil, file.Spoiled(err)
			}
			continue
		}
		is := was
		is.received, is.turn, is.visible = was.received+1, was.turn+1, now.Add(visibility).UnixNano()
		d, err := is.delivery(m.id)
		if err != nil {
			return nil, file.Spoiled(err)
		}
		if err := q.move(m, is); err != nil {
			return nil, file.Spoiled(err)
		}
		batch = append(batch, d)
	}
	return batch, nil
}

// Ack removes deliveries for good.
func (e *Engine) Ack(ctx context.Context, name string, receipts ...string) error {
	return e.update(ctx, name, func(q shelf) error {
		gone := false
		for _, receipt := range receipts {
			m, ok, err := q.received(receipt)
			if err != nil {
				return file.Spoiled(err)
			}
			if !ok {
				continue
			}
			gone = true
			if err := q.remove(m); err != nil {
				return file.Spoiled(err)
			}
		}
		if !gone {
			return file.ErrNothing
		}
		return nil
	})
}

// Hide changes when a received job is seen again. A stale receipt is ignored.
func (e *Engine) Hide(ctx context.Context, name, receipt string, wait time.Duration) error {
	if wait < 0 || wait > queue.MaxHide {
		return fmt.Errorf("%w: hide for %s, 0 to %s are allowed", queue.ErrLimit, wait, queue.MaxHide)
	}
	err := e.update(ctx, name, func(q shelf) error {
		m, ok, err := q.received(receipt)
		if err != nil {
			return err
		}
		if !ok {
			return file.ErrNothing
		}
		is := m.record
		is.visible = e.clock.Now().Add(wait).UnixNano()
		return file.Spoiled(q.move(m, is))
	})
	if err == nil {
		e.announce()
	}
	return err
}

// Bury moves a received job to the dead letters. A stale receipt is ignored.
func (e *Engine) Bury(ctx context.Context, name string, d queue.Delivery, reason string) error {
	return e.update(ctx, name, func(q shelf) error {
		m, ok, err := q.received(d.Receipt)
		if err != nil {
			return err
		}
		if !ok {
			return file.ErrNothing
		}
		return file.Spoiled(q.bury(m, reason, e.clock.Now()))
	})
}

// update runs fn on one queue in a write transaction.
func (e *Engine) update(ctx context.Context, name string, fn func(q shelf) error) error {
	if !slices.Contains(queue.Names, name) {
		return fmt.Errorf("%w: there is no queue %q", queue.ErrLimit, name)
	}
	err := e.file.Update(ctx, func(tx *bbolt.Tx) error { return fn(open(tx, name)) })
	if errors.Is(err, file.ErrCommit) {
		return fmt.Errorf("%w: %w", queue.ErrUnavailable, err)
	}
	return err
}

func (e *Engine) view(ctx context.Context, name string, fn func(q shelf) error) error {
	if !slices.Contains(queue.Names, name) {
		return fmt.Errorf("%w: there is no queue %q", queue.ErrLimit, name)
	}
	return e.file.View(ctx, func(tx *bbolt.Tx) error { return fn(open(tx, name)) })
}
