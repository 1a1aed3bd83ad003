// Package faulty is a queue.Queue that fails by plan, with the faults of package table/faulty.
package faulty

import (
	"context"
	"sync/atomic"
	"time"

	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table/faulty"
)

// Call is one call as the plan sees it.
type Call struct {
	N     int    // the how manieth, from 0
	Op    string // send, receive, ack, hide, bury
	Queue string
	Jobs  []queue.Job // of a send
}

// The names of operations in Call.Op.
const (
	OpSend    = "send"
	OpReceive = "receive"
	OpAck     = "ack"
	OpHide    = "hide"
	OpBury    = "bury"
)

// Plan decides what happens to a call; it must be safe for use by many.
type Plan func(Call) faulty.Fault

// Nth is the plan in which only call n fails.
func Nth(n int, f faulty.Fault) Plan {
	return func(c Call) faulty.Fault {
		if c.N == n {
			return f
		}
		return faulty.None
	}
}

// Queue fails by plan in front of another queue.
type Queue struct {
	inner queue.Queue
	plan  atomic.Pointer[Plan]
	calls atomic.Int64
}

var _ queue.Queue = (*Queue)(nil)

// New puts the plan in front of inner; a nil plan lets everything pass.
func New(inner queue.Queue, plan Plan) *Queue {
	q := &Queue{inner: inner}
	q.SetPlan(plan)
	return q
}

// SetPlan changes the plan and counts calls from 0 again.
func (q *Queue) SetPlan(plan Plan) {
	if plan == nil {
		plan = func(Call) faulty.Fault { return faulty.None }
	}
	q.plan.Store(&plan)
	q.calls.Store(0)
}

// Calls is how many calls there were since the plan was set.
func (q *Queue) Calls() int { return int(q.calls.Load()) }

// through: a queue knows neither conflict nor a throttling that says so; both are an unknown outcome without effect.
func (q *Queue) through(c Call, effect func() error) error {
	c.N = int(q.calls.Add(1)) - 1
	f := (*q.plan.Load())(c)
	return faulty.Apply(f, effect, faulty.Errors{Unavailable: queue.ErrUnavailable, Conflict: queue.ErrUnavailable, Throttled: queue.ErrUnavailable})
}

// Send enqueues jobs.
func (q *Queue) Send(ctx context.Context, name string, delay time.Duration, jobs ...queue.Job) error {
	return q.through(Call{Op: OpSend, Queue: name, Jobs: jobs}, func() error { return q.inner.Send(ctx, name, delay, jobs...) })
}

// Receive takes visible jobs. After a lost answer they stay hidden until their visibility ends.
func (q *Queue) Receive(ctx context.Context, name string, max int) (batch []queue.Delivery, err error) {
	err = q.through(Call{Op: OpReceive, Queue: name}, func() (err error) {
		batch, err = q.inner.Receive(ctx, name, max)
		return err
	})
	if err != nil {
		return nil, err
	}
	return batch, nil
}

// Ack removes deliveries.
func (q *Queue) Ack(ctx context.Context, name string, receipts ...string) error {
	return q.through(Call{Op: OpAck, Queue: name}, func() error { return q.inner.Ack(ctx, name, receipts...) })
}

// Hide changes when a job is seen again.
func (q *Queue) Hide(ctx context.Context, name, receipt string, wait time.Duration) error {
	return q.through(Call{Op: OpHide, Queue: name}, func() error { return q.inner.Hide(ctx, name, receipt, wait) })
}

// Bury moves a job to the dead letters.
func (q *Queue) Bury(ctx context.Context, name string, d queue.Delivery, reason string) error {
	return q.through(Call{Op: OpBury, Queue: name}, func() error { return q.inner.Bury(ctx, name, d, reason) })
}
