package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/notify/store"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/platform/queue"
	queueengine "giberno.ru/shared/platform/queue/boltengine"
	queuefaulty "giberno.ru/shared/platform/queue/faulty"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/faulty"
	"giberno.ru/shared/platform/table/limits"
	"giberno.ru/shared/platform/table/stamped"
)

var (
	start   = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	partner = ids.FromParts("partner")
)

// world is the room of events with its feed, its queue and partners who hear.
type world struct {
	t      testing.TB
	store  *store.Store
	worker *Worker
	sweep  *Sweeper
	engine *boltengine.Engine
	table  *faulty.Table
	queue  *queuefaulty.Queue
	jobs   *queueengine.Engine
	clock  *clock.Manual
	ears   *ears
	log    *bytes.Buffer
	seed   byte
}

type vault struct{}

func (vault) Unwrap(context.Context, secret.KeyName) ([secret.KeySize]byte, error) {
	return [secret.KeySize]byte{1}, nil
}

// chance is a seeded source that many may use.
type chance struct {
	mu sync.Mutex
	of *rand.ChaCha8
}

func (c *chance) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of.Read(p)
}

func setup(t testing.TB) *world {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "data"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	w := &world{t: t, clock: clock.At(start), log: &bytes.Buffer{}}
	w.engine, err = boltengine.New(f, boltengine.Options{})
	require.NoError(t, err)
	w.jobs, err = queueengine.New(f, w.clock, queueengine.Options{})
	require.NoError(t, err)
	w.table, w.queue = faulty.New(limits.New(w.engine), nil), queuefaulty.New(w.jobs, nil)
	w.ears = &ears{clock: w.clock, bytes: map[string]string{}, heard: map[string]int{}}
	w.restart()
	return w
}

// restart makes another process over the same table and queue.
func (w *world) restart() {
	w.seed++
	random := &chance{of: rand.NewChaCha8([32]byte{w.seed})}
	tbl := stamped.New(w.table, stamped.Options{Sleep: func(ctx context.Context, _ time.Duration) error { runtime.Gosched(); return ctx.Err() }})
	w.store = store.New(tbl, secret.NewKeeper(vault{}, random), w.clock, random)
	log := slog.New(slog.NewJSONHandler(w.log, nil))
	w.worker = &Worker{Store: w.store, Queue: w.queue, Out: w.ears, Clock: w.clock, Log: log}
	w.sweep = &Sweeper{Store: w.store, Queue: w.queue, Clock: w.clock, Log: log}
}

// ears are the partners' endpoints: they answer as answer says, and hold that a webhook-id always brings the same bytes and
// that a lane never has two requests in flight.
type ears struct {
	clock  clock.Clock
	answer func(req *http.Request) (outbound.Answer, error) // nil: 200
	fault  func(n int) faulty.Fault                         // of the n-th request, from 0; nil: none

	mu       sync.Mutex
	requests []request
	bytes    map[string]string // by webhook-id
	heard    map[string]int    // answered 2xx, by address and webhook-id
	calls    int               // to which a fault may have happened
}

type request struct {
	url, id string
	at      time.Time
	head    http.Header
	body    []byte
}

func (e *ears) Do(req *http.Request) (a outbound.Answer, err error) {
	if e.fault == nil {
		return e.hear(req)
	}
	e.calls++
	err = faulty.Apply(e.fault(e.calls-1), func() error {
		a, err = e.hear(req)
		return err
	}, faulty.Errors{Unavailable: errLost, Conflict: errLost, Throttled: &outbound.NotSentError{Cause: errLost}})
	if err != nil {
		return outbound.Answer{}, err
	}
	return a, nil
}

func (e *ears) hear(req *http.Request) (outbound.Answer, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return outbound.Answer{}, err
	}
	got := request{req.URL.String(), req.Header.Get(notify.HeaderID), e.clock.Now(), req.Header.Clone(), body}
	e.mu.Lock()
	e.requests = append(e.requests, got)
	if first, ok := e.bytes[got.id]; ok && first != string(body) {
		panic("the event " + got.id + " was told in other bytes")
	}
	e.bytes[got.id] = string(body)
	answer := e.answer
	e.mu.Unlock()
	a, err := outbound.Answer{Status: 200}, error(nil)
	if answer != nil {
		a, err = answer(req)
	}
	if err == nil && a.Status/100 == 2 {
		e.mu.Lock()
		e.heard[got.url+" "+got.id]++
		e.mu.Unlock()
	}
	return a, err
}

func (e *ears) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.requests)
}

func always(status int) func(*http.Request) (outbound.Answer, error) {
	return func(*http.Request) (outbound.Answer, error) { return outbound.Answer{Status: status}, nil }
}

// fact is an event, as n differs.
func fact(of ids.ID, n int) notify.Event {
	e, err := notify.New(ids.Test, of, notify.OrderPaid, ids.FromParts("object", of.String(), fmt.Sprint(n)), 1, start, json.RawMessage(`{"version":1,"n":`+fmt.Sprint(n)+`}`))
	if err != nil {
		panic(err)
	}
	return e
}

// inLane gives the first n events of a partner in one lane.
func inLane(of ids.ID, lane, n int) (all []notify.Event) {
	for i := 0; len(all) < n; i++ {
		if e := fact(of, i); notify.LaneOf(e.ID) == lane {
			all = append(all, e)
		}
	}
	return all
}

const address = "https://shop.example/hooks?key=do-not-tell"

func (w *world) endpoint(url string) (notify.Endpoint, string) {
	w.t.Helper()
	e, shown, err := w.store.Create(w.t.Context(), store.Wish{Mode: ids.Test, Partner: partner, URL: url})
	require.NoError(w.t, err)
	return e, shown
}

func (w *world) tell(events ...notify.Event) {
	w.t.Helper()
	for _, e := range events {
		require.NoError(w.t, w.store.Tell(w.t.Context(), e))
	}
}

// relay sends the jobs that follow from the changes of the table, as the feed does.
func (w *world) relay() {
	w.t.Helper()
	for {
		changes, err := w.engine.Changes(w.t.Context(), 100)
		require.NoError(w.t, err)
		if len(changes) == 0 {
			return
		}
		for _, c := range changes {
			for _, j := range FromChange(c) {
				require.NoError(w.t, w.jobs.Send(w.t.Context(), QueueOf(j), 0, j))
			}
		}
		require.NoError(w.t, w.engine.Done(w.t.Context(), changes[len(changes)-1].Seq))
	}
}

// forget takes the changes away, as a feed that is switched off.
func (w *world) forget() {
	w.t.Helper()
	changes, err := w.engine.Changes(w.t.Context(), 100_000)
	require.NoError(w.t, err)
	if len(changes) > 0 {
		require.NoError(w.t, w.engine.Done(w.t.Context(), changes[len(changes)-1].Seq))
	}
}

// work does the jobs that are visible, and those that follow at once.
func (w *world) work() (done int) {
	w.t.Helper()
	for {
		n, err := queue.Work(w.t.Context(), w.jobs, queue.WebhookRetries, 10, w.worker.Do, w.worker.Log)
		require.NoError(w.t, err)
		if n == 0 {
			return done
		}
		done += n
	}
}

func (w *world) sweepAll() (total Swept) {
	w.t.Helper()
	for shard := range store.DueShards {
		one, err := w.sweep.Sweep(w.t.Context(), ids.Test, shard)
		require.NoError(w.t, err)
		total = total.Add(one)
	}
	return total
}

// pass lets time go by, minute by minute, with the feed and the sweeper at work.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	for end := w.clock.Now().Add(d); w.clock.Now().Before(end); {
		w.relay()
		w.work()
		w.clock.Advance(time.Minute)
		w.sweepAll()
		w.work()
	}
}

func (w *world) history(e notify.Event) []notify.Delivery {
	w.t.Helper()
	h, err := w.store.Event(w.t.Context(), e.Mode, e.Partner, e.ID)
	require.NoError(w.t, err)
	return h.Deliveries
}

func (w *world) status(e notify.Event) notify.Status {
	w.t.Helper()
	all := w.history(e)
	require.Len(w.t, all, 1)
	return all[0].Status
}

// nothingWaits holds that no delivery waits and no due key is left.
func (w *world) nothingWaits() {
	w.t.Helper()
	for shard := range store.DueShards {
		at, err := w.store.OldestDue(w.t.Context(), ids.Test, shard)
		require.NoError(w.t, err)
		require.Zero(w.t, at)
	}
}

func verified(t testing.TB, r request, shown string) {
	t.Helper()
	v, err := standardwebhooks.NewWebhook(shown)
	require.NoError(t, err)
	require.NoError(t, v.VerifyIgnoringTimestamp(r.body, r.head))
}
