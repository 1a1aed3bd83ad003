// Package queue is the platform's queues: at least once, no order, with visibility, delay, receive counts and dead
// letters, as SQS standard queues have them. A job has a kind, a version, a key that makes it idempotent, and three
// endings: done, never again, later.
package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"giberno.ru/shared/core/fault"
)

// The queues of the platform (DESIGN §3).
const (
	Receipts       = "receipts"
	WebhookRetries = "webhook-retries"
	Settlements    = "settlements"
	Treasury       = "treasury"
)

// Names lists every queue; each has its dead letters.
var Names = []string{Receipts, WebhookRetries, Settlements, Treasury}

// Job is a message: what to do, on what, and the key that makes doing it twice harmless.
type Job struct {
	Kind    string          `json:"kind"`    // "payments.ask", "receipts.make" …: the domain first
	Version int             `json:"version"` // of Body's shape
	Key     string          `json:"key"`     // same key: same work
	Body    json.RawMessage `json:"body,omitempty"`
}

// Delivery is a job that was received and must be acknowledged before its visibility ends.
type Delivery struct {
	ID       string // of the message
	Receipt  string // of this receive; a newer receive makes it stale
	Job      Job
	Received int // how often it was received, this time included
	SentAt   time.Time
}

// Queue is what sends and receives. Every method is one round trip.
type Queue interface {
	// Send enqueues up to 10 jobs, visible after delay (0 … 15 minutes). All are durable when it returns nil.
	Send(ctx context.Context, queue string, delay time.Duration, jobs ...Job) error
	// Receive takes up to max (1 … 10) visible jobs and hides them for the queue's visibility time. It does not wait.
	Receive(ctx context.Context, queue string, max int) ([]Delivery, error)
	// Ack removes deliveries for good. A stale receipt is ignored.
	Ack(ctx context.Context, queue string, receipts ...string) error
	// Hide changes when a received job is seen again (0 … 12 hours from now).
	Hide(ctx context.Context, queue, receipt string, wait time.Duration) error
	// Bury moves a received job to the dead letters with its reason.
	Bury(ctx context.Context, queue string, d Delivery, reason string) error
}

// DeadLetter is a job that will not be tried again by itself.
type DeadLetter struct {
	ID      string    `json:"id"`
	Queue   string    `json:"queue"`
	Job     Job       `json:"job"`
	Reason  string    `json:"reason"`
	Died    time.Time `json:"died_at"`
	Receive int       `json:"received"`
}

// Graveyard lists and revives dead letters.
type Graveyard interface {
	Dead(ctx context.Context, queue string, limit int) ([]DeadLetter, error)
	Revive(ctx context.Context, queue, id string) error
}

// Worker does one job. nil is done; Never and Later are the other two endings; any other error is tried again by the
// queue's policy (30 s doubling to 15 minutes, 10 receives, then dead letters).
type Worker func(ctx context.Context, j Job) error

// Never says that the job must not be tried again, and why.
func Never(reason string, args ...any) error {
	if reason == "" {
		reason = "no reason given"
	}
	return &ending{never: fmt.Sprintf(reason, args...)}
}

// ErrNewer is a job of a kind or a version that this code does not know: a newer version of it, beside this one, has sent it.
// It comes again by the queue's policy, and finds that version at work by then; it is no dead letter before.
var ErrNewer = errors.New("queue: the job is of a newer version")

// Later says when to try again. It counts as a receive like any other (SQS cannot do otherwise), so long waits live on due
// keys of the table and never here.
func Later(wait time.Duration) error { return &ending{wait: wait} }

type ending struct {
	never string
	wait  time.Duration
}

func (e *ending) Error() string {
	if e.never != "" {
		return "queue: never again: " + e.never
	}
	return "queue: later: " + e.wait.String()
}

// IsNever reports the second ending and gives its reason.
func IsNever(err error) (string, bool) {
	var e *ending
	ok := errors.As(err, &e) && e.never != ""
	if !ok {
		return "", false
	}
	return e.never, true
}

// IsLater reports the third ending and gives its wait.
func IsLater(err error) (time.Duration, bool) {
	var e *ending
	ok := errors.As(err, &e) && e.never == ""
	if !ok {
		return 0, false
	}
	return e.wait, true
}

// The bounds of the real service.
const (
	MaxBatch    = 10                // jobs of one Send or Receive
	MaxDelay    = 15 * time.Minute  // of Send
	MaxHide     = 12 * time.Hour    // of Hide
	MaxJobBytes = 256 << 10         // of a job as JSON
	Visibility  = 180 * time.Second // of a received job, unless the queue says otherwise
	MaxReceives = 10                // then the job goes to the dead letters
)

// Validate refuses, with ErrLimit, what no queue would send: too many jobs, too long a delay, a job without kind or key or
// that is too large.
func Validate(delay time.Duration, jobs []Job) error {
	if len(jobs) > MaxBatch {
		return fmt.Errorf("%w: %d jobs, %d are allowed", ErrLimit, len(jobs), MaxBatch)
	}
	if delay < 0 || delay > MaxDelay {
		return fmt.Errorf("%w: a delay of %s, 0 to %s are allowed", ErrLimit, delay, MaxDelay)
	}
	for _, j := range jobs {
		if j.Kind == "" || j.Key == "" {
			return fmt.Errorf("%w: a job without kind or key", ErrLimit)
		}
		if size := len(j.Kind) + len(j.Key) + len(j.Body); size > MaxJobBytes {
			return fmt.Errorf("%w: a job of %d bytes, %d are allowed", ErrLimit, size, MaxJobBytes)
		}
		if len(j.Body) > 0 && !json.Valid(j.Body) {
			return fmt.Errorf("%w: the body of %s %s is not JSON", ErrLimit, j.Kind, j.Key)
		}
	}
	return nil
}

// ErrLimit is a request that the real service would refuse whatever the state.
var ErrLimit = errors.New("queue: a limit of the service is broken")

// ErrNoDeadLetter is the revival of a dead letter that is not there (any more).
var ErrNoDeadLetter = fault.NotFound("dead_letter_not_found", "There is no such dead letter.")

// ErrUnavailable is a queue operation whose outcome is not known.
var ErrUnavailable = errors.New("queue: unavailable, the outcome is not known")
