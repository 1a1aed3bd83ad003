package jobs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/jobs"
	"giberno.ru/shared/ledger/store"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/queue"
	queueengine "giberno.ru/shared/platform/queue/boltengine"
	queuefaulty "giberno.ru/shared/platform/queue/faulty"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/faulty"
	"giberno.ru/shared/platform/table/stamped"
)

var (
	start   = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	account = ids.FromParts("account")
	moscow  = time.FixedZone("MSK", 3*3600)
)

// world is a ledger, its queue and its worker, all in one file.
type world struct {
	*jobs.Worker
	t      *testing.T
	clock  *clock.Manual
	table  *faulty.Table
	engine *boltengine.Engine
	queue  *queuefaulty.Queue
	dead   *queueengine.Engine
	store  *store.Store
}

func setup(t *testing.T) *world {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "data"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	w := &world{t: t, clock: clock.At(start)}
	w.engine, err = boltengine.New(f, boltengine.Options{})
	require.NoError(t, err)
	w.dead, err = queueengine.New(f, w.clock, queueengine.Options{})
	require.NoError(t, err)
	w.table, w.queue = faulty.New(w.engine, nil), queuefaulty.New(w.dead, nil)
	w.start()
	return w
}

// start begins a new process on what is durable.
func (w *world) start() {
	w.store = store.New(stamped.New(w.table, stamped.Options{Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}))
	w.Worker = &jobs.Worker{
		Poster: w.store.NewPoster(w.clock, rand.NewChaCha8([32]byte{1})), Log: slog.New(slog.DiscardHandler),
		Zones: func(context.Context, ids.ID) (*time.Location, error) { return moscow, nil },
	}
}

// payment is the entry of payment n of a partner.
func payment(of string, n int) ledger.Entry {
	e, err := ledger.Paid(ledger.Payment{
		ID: ids.FromParts("order", of, fmt.Sprint(n)).Child(ids.Payment, 1), Mode: ids.Test, Partner: ids.FromParts(of), Amount: money.Of(150_000, money.RUB),
		Terms: ledger.Terms{Account: account, Ours: ledger.Fee{BP: 250}, Theirs: ledger.Fee{BP: 190}},
	}, start)
	if err != nil {
		panic(err)
	}
	return e
}

func job(e ledger.Entry) queue.Job {
	j, err := jobs.PostJob(e)
	if err != nil {
		panic(err)
	}
	return j
}

func (w *world) send(list ...queue.Job) {
	w.t.Helper()
	for len(list) > 0 {
		n := min(queue.MaxBatch, len(list))
		require.NoError(w.t, w.queue.Send(w.t.Context(), queue.Settlements, 0, list[:n]...))
		list = list[n:]
	}
}

// drain works until nothing is visible, again and again as time goes by, and gives how many batches it took.
func (w *world) drain() (batches int) {
	w.t.Helper()
	for range 40 {
		n, err := w.Work(w.t.Context(), w.queue)
		require.NoError(w.t, err)
		if n == 0 {
			w.clock.Advance(queue.Visibility)
			continue
		}
		batches++
	}
	return batches
}

func (w *world) payable(of string) int64 {
	w.t.Helper()
	b, err := w.store.Balances(w.t.Context(), payment(of, 0).Book)
	require.NoError(w.t, err)
	return b.Balances[ledger.Payable]
}

// sound audits the whole ledger and gives the number of its entries.
func (w *world) sound() int {
	w.t.Helper()
	changes, err := w.engine.Changes(w.t.Context(), 100_000)
	require.NoError(w.t, err)
	rows := map[table.Key]table.Row{}
	for _, c := range changes {
		rows[c.Key()] = c.New
	}
	a := store.NewAuditor()
	for _, row := range rows {
		a.Add(row)
	}
	got := a.Done()
	require.Empty(w.t, got.Breaches)
	return got.Entries
}

func (w *world) graves() (reasons []string) {
	w.t.Helper()
	letters, err := w.dead.Dead(w.t.Context(), queue.Settlements, 100)
	require.NoError(w.t, err)
	for _, l := range letters {
		reasons = append(reasons, l.Reason)
	}
	return reasons
}

func TestWork(t *testing.T) {
	t.Parallel()
	t.Run("ABatchIsPostedByBook", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for i := range 30 {
			w.send(job(payment([]string{"a", "b", "c"}[i%3], i)))
		}
		w.table.SetPlan(nil)
		n, err := w.Work(t.Context(), w.queue)
		require.NoError(t, err)
		require.Equal(t, 30, n)
		require.LessOrEqual(t, w.table.Calls(), 3*4, "of each book: a look, its opening, a look, one transaction")
		for _, of := range []string{"a", "b", "c"} {
			require.Equal(t, int64(10*146_250), w.payable(of))
		}
		n, err = w.Work(t.Context(), w.queue)
		require.NoError(t, err)
		require.Zero(t, n)
	})
	t.Run("ABatchHasItsBound", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for i := range jobs.BatchSize + 5 {
			w.send(job(payment("a", i)))
		}
		n, err := w.Work(t.Context(), w.queue)
		require.NoError(t, err)
		require.Equal(t, jobs.BatchSize, n)
		require.Equal(t, 1, w.drain())
		require.Equal(t, jobs.BatchSize+5, w.sound())
	})
	t.Run("TheSameJobTwiceIsOneEntry", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.send(job(payment("a", 1)), job(payment("a", 1)))
		w.drain()
		w.send(job(payment("a", 1)))
		w.drain()
		require.Equal(t, 1, w.sound())
		require.Empty(t, w.graves())
	})
	t.Run("OnlyWhatFailedComesAgain", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		zones := w.Zones
		w.Zones = func(ctx context.Context, partner ids.ID) (*time.Location, error) {
			if partner == ids.FromParts("b") {
				return nil, errors.New("no table")
			}
			return zones(ctx, partner)
		}
		bad := payment("a", 9)
		bad.ID, bad.Facts.Paid = payment("a", 1).ID, 7
		w.send(job(payment("a", 1)), job(payment("b", 1)), job(payment("a", 2)), job(bad))
		n, err := w.Work(t.Context(), w.queue)
		require.NoError(t, err)
		require.Equal(t, 4, n)
		require.Equal(t, 2, w.sound())
		require.Len(t, w.graves(), 1)
		require.Contains(t, w.graves()[0], "ledger_entry_differs")
		w.Zones = zones
		w.drain()
		require.Equal(t, int64(146_250), w.payable("b"))
	})
	t.Run("OtherKindsHaveTheirOwnWorker", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		var others []string
		w.Others = func(_ context.Context, j queue.Job) error { others = append(others, j.Key); return nil }
		w.send(queue.Job{Kind: "settle.day", Version: 1, Key: "x"}, job(payment("a", 1)))
		w.drain()
		require.Equal(t, []string{"x"}, others)
		require.Equal(t, 1, w.sound())
		require.NoError(t, w.Do(t.Context(), queue.Job{Kind: "settle.day", Key: "y"}))
		require.NoError(t, w.Do(t.Context(), job(payment("a", 2))))
		require.Equal(t, 2, w.sound())
		require.False(t, jobs.Mine(queue.Job{Kind: "settle.day"}))
	})
	t.Run("APanicIsTheFailureOfItsBatch", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		poster := w.Poster
		w.Poster = panics{}
		w.send(job(payment("a", 1)), job(payment("a", 2)))
		_, err := w.Work(t.Context(), w.queue)
		require.NoError(t, err)
		w.Poster = poster
		w.drain()
		require.Equal(t, 2, w.sound())
	})
	t.Run("ErrNoPosting", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		broken := job(payment("a", 2))
		broken.Body = json.RawMessage(strings.Replace(string(broken.Body), `"amount":150000`, `"amount":-1`, 1))
		for _, j := range []queue.Job{
			{Kind: jobs.Post, Version: 1, Key: "x"},
			{Kind: jobs.Post, Version: 1, Key: "x", Body: json.RawMessage(`{"id":"x"}`)}, broken,
		} {
			_, never := queue.IsNever(w.Do(t.Context(), j))
			require.True(t, never, j)
		}
		require.ErrorIs(t, w.Do(t.Context(), queue.Job{Kind: "stranger", Version: 1, Key: "x"}), queue.ErrNewer)
		_, err := jobs.PostJob(ledger.Entry{})
		require.ErrorIs(t, err, ledger.ErrEntry)
	})
	t.Run("WhatANewerVersionSentWaitsForIt", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		later, more := job(payment("a", 1)), job(payment("a", 2))
		later.Version++
		more.Body = json.RawMessage(strings.Replace(string(more.Body), `{"id"`, `{"tax":7,"id"`, 1))
		for _, j := range []queue.Job{later, more} {
			err := w.Do(t.Context(), j)
			require.ErrorContains(t, err, "newer version")
			_, never := queue.IsNever(err)
			require.False(t, never)
		}
		require.Zero(t, w.sound())
	})
}

type panics struct{}

func (panics) Post(context.Context, ledger.Book, *time.Location, []ledger.Entry) []error {
	panic("boom")
}

// TestFaultsOnTheRoad plays each fault at each call of the table and of the queue, with the process beginning anew, and holds
// that every entry is in the ledger once.
func TestFaultsOnTheRoad(t *testing.T) {
	t.Parallel()
	for _, fault := range faulty.All {
		for _, where := range []string{"table", "queue"} {
			t.Run(where+"/"+fault.String(), func(t *testing.T) {
				t.Parallel()
				for n, hit := 0, true; hit; n++ {
					require.Less(t, n, 40)
					w := setup(t)
					for i := range 12 {
						w.send(job(payment([]string{"a", "b"}[i%2], i)))
					}
					hit = false
					once := func(at int) faulty.Fault {
						if at != n {
							return faulty.None
						}
						hit = true
						return fault
					}
					if where == "table" {
						w.table.SetPlan(func(c faulty.Call) faulty.Fault { return once(c.N) })
					} else {
						w.queue.SetPlan(func(c queuefaulty.Call) faulty.Fault { return once(c.N) })
					}
					w.survive()
					w.table.SetPlan(nil)
					w.queue.SetPlan(nil)
					w.start()
					w.drain()
					require.Equal(t, 12, w.sound())
					require.Equal(t, int64(6*146_250), w.payable("a"))
					require.Empty(t, w.graves())
				}
			})
		}
	}
}

// survive works once and lets the process die if it must.
func (w *world) survive() {
	defer func() {
		if r := recover(); r != nil && r != any(faulty.Crash) {
			panic(r)
		}
	}()
	_, _ = w.Work(w.t.Context(), w.queue) // what failed comes again
}

func FuzzJob(f *testing.F) {
	good := job(payment("a", 1))
	f.Add([]byte(good.Body))
	f.Add([]byte(`{"id":"x:paid","mode":"t","postings":[{"from":"payable","to":"payable","amount":1}]}`))
	f.Add([]byte(`null`))
	f.Add([]byte(`{"id":1}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		kept := &keeper{}
		w := jobs.Worker{Poster: kept, Log: slog.New(slog.DiscardHandler), Zones: func(context.Context, ids.ID) (*time.Location, error) { return moscow, nil }}
		err := w.Do(t.Context(), queue.Job{Kind: jobs.Post, Version: 1, Key: "x", Body: body})
		if _, never := queue.IsNever(err); err != nil && !never && !strings.Contains(err.Error(), "newer version") {
			t.Fatalf("%q may come again: %v", body, err)
		}
		for _, e := range kept.entries {
			again, err := jobs.PostJob(e)
			if err != nil {
				t.Fatalf("%q was posted as what cannot be sent: %v", body, err)
			}
			if !bytes.Contains(again.Body, []byte(`"id"`)) {
				t.Fatalf("%q lost its id", body)
			}
		}
	})
}

// keeper remembers what it is to post.
type keeper struct{ entries []ledger.Entry }

func (k *keeper) Post(_ context.Context, _ ledger.Book, _ *time.Location, entries []ledger.Entry) []error {
	k.entries = append(k.entries, entries...)
	return make([]error, len(entries))
}

// calls is an operator who is called, or cannot be.
type calls struct {
	said []string
	err  error
}

func (c *calls) Raise(_ context.Context, m ids.Mode, kind, object, _ string) error {
	if c.err == nil {
		c.said = append(c.said, string(m)+" "+kind+" "+object)
	}
	return c.err
}

// TestMoneyThatNeverReachesTheLedgerRings: a dead letter alone tells nobody that money is missing.
func TestMoneyThatNeverReachesTheLedgerRings(t *testing.T) {
	t.Parallel()
	w := setup(t)
	deaf := &calls{err: errors.New("nobody hears")}
	w.Alarms = deaf
	e := payment("A", 1)
	require.NoError(t, w.Do(t.Context(), job(e)))
	e.Facts.Paid++
	_, never := queue.IsNever(w.Do(t.Context(), job(e)))
	require.False(t, never, "it comes again until somebody was called")
	deaf.err = nil
	_, never = queue.IsNever(w.Do(t.Context(), job(e)))
	require.True(t, never)
	require.Equal(t, []string{"t " + jobs.LedgerMissing + " " + e.ID}, deaf.said)
}
