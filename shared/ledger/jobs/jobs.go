// Package jobs writes the ledger from the settlements queue: jobs that each bring one entry are taken together, grouped by
// book, and posted in batches. A job is done when its entry is in the ledger, now or since before, so that the same job may
// come as often as it likes.
package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/store"
	"giberno.ru/shared/platform/queue"
)

// Post is the kind of a job that brings one entry.
const Post = "ledger.post"

const version = 1

// BatchSize is how many deliveries are taken together at most (DESIGN §3).
const BatchSize = 100

// PostJob is the job that writes an entry. It fails with ledger.ErrEntry for one that must not be written.
func PostJob(e ledger.Entry) (queue.Job, error) {
	if err := e.Validate(); err != nil {
		return queue.Job{}, err
	}
	body, err := json.Marshal(e)
	if err != nil {
		return queue.Job{}, fmt.Errorf("jobs: the entry %s: %w", e.ID, err)
	}
	return queue.Job{Kind: Post, Version: version, Key: Post + ":" + string(e.Mode) + ":" + e.ID, Body: body}, nil
}

// Mine reports a job of the ledger's postings.
func Mine(j queue.Job) bool { return j.Kind == Post }

// Zones tells the time zone of a partner's business day.
type Zones func(ctx context.Context, partner ids.ID) (*time.Location, error)

// Poster writes entries of one book: *store.Poster.
type Poster interface {
	Post(ctx context.Context, b ledger.Book, zone *time.Location, entries []ledger.Entry) []error
}

// Worker does the jobs. It may be used by many goroutines.
type Worker struct {
	Poster Poster
	Zones  Zones
	Others queue.Worker // does the queue's jobs of other kinds, one by one; nil: there are none
	Aside  int          // how many books of a batch are written side by side; 0: one after the other
	Log    *slog.Logger
	Alarms Alarms // nil: nobody is called
}

// Alarms calls an operator. One that is open already stays as it is.
type Alarms interface {
	Raise(ctx context.Context, m ids.Mode, kind, object, detail string) error
}

// LedgerMissing is the alarm of money that never reaches the ledger: its entry is refused, or another one has its name. The
// object is the entry.
const LedgerMissing = "ledger_missing"

// Dispatch does a batch of deliveries as queue.Dispatch does, but the postings together: one transaction for all entries of
// a book. Each delivery ends by itself; of a batch that failed in part, only that part comes again.
func (w *Worker) Dispatch(ctx context.Context, batch []queue.Delivery) []queue.Outcome {
	var errs []error
	n := -1
	return queue.Dispatch(ctx, batch, func(ctx context.Context, j queue.Job) error {
		n++ // one after the other, in the order of the batch
		if !Mine(j) {
			return w.other(ctx, j)
		}
		if errs == nil {
			errs = slices.Repeat([]error{errUndone}, len(batch)) // if posting panics
			errs = w.do(ctx, batch)
		}
		return errs[n]
	}, w.Log)
}

// errUndone is how a posting ends when the posting of its batch has panicked.
var errUndone = errors.New("jobs: the batch was not done to its end")

func (w *Worker) other(ctx context.Context, j queue.Job) error {
	if w.Others == nil {
		return queue.ErrNewer
	}
	return w.Others(ctx, j)
}

// Do does one job, for a caller that takes them one by one.
func (w *Worker) Do(ctx context.Context, j queue.Job) error {
	if !Mine(j) {
		return w.other(ctx, j)
	}
	return w.do(ctx, []queue.Delivery{{Job: j}})[0]
}

// Work receives up to BatchSize jobs, posts them and tells the queue how they ended. handled is how many were received: 0
// means that the queue had nothing visible. A queue gives few at a time, so it is asked until it gives none or the batch is
// full.
func (w *Worker) Work(ctx context.Context, q queue.Queue) (handled int, err error) {
	var batch []queue.Delivery
	for len(batch) < BatchSize && ctx.Err() == nil {
		some, failed := q.Receive(ctx, queue.Settlements, min(queue.MaxBatch, BatchSize-len(batch)))
		if failed != nil {
			err = fmt.Errorf("jobs: receive from %s: %w", queue.Settlements, failed)
			break
		}
		if len(some) == 0 {
			break
		}
		batch = append(batch, some...)
	}
	outcomes := w.Dispatch(ctx, batch)
	for first := 0; first < len(outcomes); first += queue.MaxBatch {
		part := outcomes[first:min(first+queue.MaxBatch, len(outcomes))]
		// What is done is told even if ctx ended meanwhile, or it would be done again.
		err = errors.Join(err, queue.Settle(context.WithoutCancel(ctx), q, queue.Settlements, part))
	}
	return len(batch), err
}

// do posts the entries of a batch by book, and tells how each job ended; what is no posting is passed over.
func (w *Worker) do(ctx context.Context, batch []queue.Delivery) []error {
	errs := make([]error, len(batch))
	entries := make([]ledger.Entry, len(batch))
	groups := map[ledger.Book][]int{}
	var order []ledger.Book // of the first job of each, so that the same batch is done in the same way
	for i, d := range batch {
		if !Mine(d.Job) {
			continue
		}
		e, err := read(d.Job)
		if err != nil {
			errs[i] = err
			continue
		}
		if entries[i] = e; groups[e.Book] == nil {
			order = append(order, e.Book)
		}
		groups[e.Book] = append(groups[e.Book], i)
	}
	write := func(b ledger.Book) {
		for at, err := range w.post(ctx, b, groups[b], entries) {
			errs[groups[b][at]] = err // each book has places of its own
		}
	}
	if w.Aside <= 1 || len(order) == 1 {
		for _, b := range order {
			write(b)
		}
		return errs
	}
	w.sideBySide(order, write)
	return errs
}

// sideBySide writes several books at once. A panic of one of them is thrown on once all have ended.
func (w *Worker) sideBySide(order []ledger.Book, write func(ledger.Book)) {
	var all sync.WaitGroup
	var mu sync.Mutex
	var thrown any
	places := make(chan struct{}, w.Aside)
	for _, b := range order {
		places <- struct{}{}
		all.Go(func() {
			defer func() {
				if caught := recover(); caught != nil {
					mu.Lock()
					thrown = caught
					mu.Unlock()
				}
				<-places
			}()
			write(b)
		})
	}
	all.Wait()
	if thrown != nil {
		panic(thrown)
	}
}

// post writes the entries of one book, those at the given places.
func (w *Worker) post(ctx context.Context, b ledger.Book, places []int, entries []ledger.Entry) []error {
	errs := make([]error, len(places))
	zone, err := w.Zones(ctx, b.Partner)
	if err != nil {
		for i := range errs {
			errs[i] = fmt.Errorf("jobs: the zone of partner %s: %w", b.Partner, err)
		}
		return errs
	}
	batch := make([]ledger.Entry, len(places))
	for i, at := range places {
		batch[i] = entries[at]
	}
	for i, err := range w.Poster.Post(ctx, b, zone, batch) {
		if errs[i] = err; errors.Is(err, store.ErrDiffers) || errors.Is(err, ledger.ErrEntry) {
			errs[i] = w.never(ctx, batch[i], err)
		}
	}
	return errs
}

// never ends a job whose entry can never be written, once an operator has been called.
func (w *Worker) never(ctx context.Context, e ledger.Entry, refusal error) error {
	if w.Alarms != nil {
		if err := w.Alarms.Raise(ctx, e.Mode, LedgerMissing, e.ID, refusal.Error()); err != nil {
			return err
		}
	}
	return queue.Never("%v", refusal)
}

// read gives the entry of a job. What nobody will ever be able to read is never tried again.
func read(j queue.Job) (ledger.Entry, error) {
	if j.Version > version {
		return ledger.Entry{}, queue.ErrNewer
	}
	var e ledger.Entry
	if err := json.Unmarshal(j.Body, &e); err != nil {
		return ledger.Entry{}, queue.Never("its body cannot be read")
	}
	strict := json.NewDecoder(bytes.NewReader(j.Body))
	strict.DisallowUnknownFields() // a field that is not known here could be money
	if err := strict.Decode(&ledger.Entry{}); err != nil {
		return ledger.Entry{}, fmt.Errorf("%w: %v", queue.ErrNewer, err)
	}
	if err := e.Validate(); err != nil {
		return ledger.Entry{}, queue.Never("%v", err)
	}
	return e, nil
}
