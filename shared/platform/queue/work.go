package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"
)

// Ending is how the work on one delivery ended.
type Ending int

// The three endings. An error of a worker that is none of them is Again, by the retry policy.
const (
	Finished Ending = iota
	Dead
	Again
)

// Outcome is one delivery with its ending.
type Outcome struct {
	Delivery Delivery
	Ending   Ending
	Wait     time.Duration // of Again
	Reason   string        // of Dead and Again, for the log and the dead letter
}

// RetryWait is the policy for a job that failed: 30 s after the first receive, doubling, at most 15 minutes.
func RetryWait(received int) time.Duration {
	const first, last = 30 * time.Second, 15 * time.Minute
	if received < 1 {
		received = 1
	}
	return min(first<<min(received-1, 10), last)
}

// Dispatch has the worker do each delivery of a batch, one after the other, and tells how each ended. One failure does not
// touch the others; a panic is the failure of its job, except the death of the process that a test plays (a panic value
// with a method Crash). A job that failed or asked for later at its last allowed receive is Dead. Deliveries that the end of
// ctx leaves no time for are Again at once.
func Dispatch(ctx context.Context, batch []Delivery, w Worker, log *slog.Logger) []Outcome {
	outcomes := make([]Outcome, 0, len(batch))
	for _, d := range batch {
		if ctx.Err() != nil {
			outcomes = append(outcomes, Outcome{Delivery: d, Ending: Again, Reason: "no time was left"})
			continue
		}
		o := ended(d, attempt(ctx, d.Job, w))
		if o.Ending != Finished {
			level := slog.LevelWarn
			if o.Ending == Dead {
				level = slog.LevelError
			}
			log.Log(ctx, level, "job not done", "kind", d.Job.Kind, "key", d.Job.Key, "received", d.Received,
				"dead", o.Ending == Dead, "again_in_sec", int(o.Wait/time.Second), "reason", o.Reason)
		}
		outcomes = append(outcomes, o)
	}
	return outcomes
}

func ended(d Delivery, err error) Outcome {
	if err == nil {
		return Outcome{Delivery: d, Ending: Finished}
	}
	if reason, never := IsNever(err); never {
		return Outcome{Delivery: d, Ending: Dead, Reason: reason}
	}
	if d.Received >= MaxReceives {
		return Outcome{Delivery: d, Ending: Dead, Reason: fmt.Sprintf("tried %d times; at last: %v", d.Received, err)}
	}
	wait, later := IsLater(err)
	if !later {
		wait = RetryWait(d.Received)
	}
	return Outcome{Delivery: d, Ending: Again, Wait: max(0, min(wait, MaxHide)), Reason: err.Error()}
}

// attempt runs the worker and turns its panic into an error.
func attempt(ctx context.Context, j Job, w Worker) (err error) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if _, dies := r.(interface{ Crash() }); dies {
			panic(r)
		}
		err = fmt.Errorf("queue: the worker panicked: %v\n%s", r, debug.Stack())
	}()
	return w(ctx, j)
}

// Settle tells the queue how deliveries ended: one Ack for all that are done, a Bury for each dead one, a Hide for each that
// is to come again. It tells as much as it can and gives all errors; what it could not tell is delivered again when its
// visibility ends.
func Settle(ctx context.Context, q Queue, name string, outcomes []Outcome) error {
	var done []string
	var failures []error
	for _, o := range outcomes {
		switch o.Ending {
		case Finished:
			done = append(done, o.Delivery.Receipt)
		case Dead:
			failures = append(failures, q.Bury(ctx, name, o.Delivery, o.Reason))
		case Again:
			failures = append(failures, q.Hide(ctx, name, o.Delivery.Receipt, o.Wait))
		}
	}
	if len(done) > 0 {
		failures = append(failures, q.Ack(ctx, name, done...))
	}
	return errors.Join(failures...)
}

// Work receives one batch of up to max jobs, has the worker do them and settles them. handled is how many were received:
// 0 means that the queue had nothing visible. Jobs that are done are acknowledged together at the end, so max times the
// longest job must stay well below the queue's visibility.
func Work(ctx context.Context, q Queue, name string, max int, w Worker, log *slog.Logger) (handled int, err error) {
	return WorkTogether(ctx, q, name, max, func(ctx context.Context, batch []Delivery) []Outcome { return Dispatch(ctx, batch, w, log) })
}

// WorkTogether is Work by somebody who does the batch in an order of his own.
func WorkTogether(ctx context.Context, q Queue, name string, max int, together func(context.Context, []Delivery) []Outcome) (handled int, err error) {
	batch, err := q.Receive(ctx, name, max)
	if err != nil {
		return 0, fmt.Errorf("queue: receive from %s: %w", name, err)
	}
	if len(batch) == 0 {
		return 0, nil
	}
	outcomes := together(ctx, batch)
	// What is done is told even if ctx ended meanwhile, or it would be done again.
	if err := Settle(context.WithoutCancel(ctx), q, name, outcomes); err != nil {
		return len(batch), fmt.Errorf("queue: settle %d jobs of %s: %w", len(batch), name, err)
	}
	return len(batch), nil
}
