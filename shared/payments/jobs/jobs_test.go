package jobs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/jobs"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/queue"
	qengine "giberno.ru/shared/platform/queue/boltengine"
	qfaulty "giberno.ru/shared/platform/queue/faulty"
	"giberno.ru/shared/platform/table"
	tengine "giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/faulty"
)

var (
	start   = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	partner = ids.FromParts("partner")
	total   = money.Of(150_000, money.RUB)
	quiet   = slog.New(slog.DiscardHandler)
)

// world has no bank: what is tested here never asks one.
type world struct {
	t       *testing.T
	clock   *clock.Manual
	table   *tengine.Engine
	dead    *qengine.Engine
	queue   *qfaulty.Queue
	store   *store.Store
	worker  *jobs.Worker
	sweeper *jobs.Sweeper
}

func setup(t *testing.T) *world {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "data"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	w := &world{t: t, clock: clock.At(start)}
	w.table, err = tengine.New(f, tengine.Options{})
	require.NoError(t, err)
	w.dead, err = qengine.New(f, w.clock, qengine.Options{})
	require.NoError(t, err)
	w.queue, w.store = qfaulty.New(w.dead, nil), store.New(w.table)
	te := teller.New(teller.Config{Store: w.store, Queue: w.queue, Clock: w.clock, Log: quiet,
		Bank: func(string) (teller.Bank, bool) { return nil, false }})
	w.worker = &jobs.Worker{Store: w.store, Teller: te, Clock: w.clock}
	w.sweeper = &jobs.Sweeper{Store: w.store, Queue: w.queue, Clock: w.clock, Log: quiet}
	return w
}

// orders writes n orders whose due keys share shard 3.
func (w *world) orders(n int) (made []payments.Order) {
	w.t.Helper()
	for i := 0; len(made) < n; i++ {
		id := ids.FromParts("order", fmt.Sprint(i))
		if int(id[0])%store.Shards != 3 {
			continue
		}
		o, err := payments.NewOrder(payments.Draft{Project: "p", Email: "a@b.ru",
			Items: []payments.Item{{Name: "a", Price: total, Quantity: 1000}}}, id, ids.Test, partner, start.Add(time.Duration(len(made))*time.Millisecond))
		require.NoError(w.t, err)
		_, _, err = w.store.Create(w.t.Context(), o)
		require.NoError(w.t, err)
		made = append(made, o)
	}
	return made
}

func (w *world) load(o payments.Order) payments.Whole {
	w.t.Helper()
	whole, err := w.store.Load(w.t.Context(), ids.Test, o.ID)
	require.NoError(w.t, err)
	return whole
}

func (w *world) work() (done int) {
	w.t.Helper()
	for {
		n, err := queue.Work(w.t.Context(), w.queue, queue.WebhookRetries, 10, w.worker.Do, quiet)
		require.NoError(w.t, err)
		if n == 0 {
			return done
		}
		done += n
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	t.Run("ManyPagesOfOneShard", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		all := w.orders(230)
		swept, err := w.sweeper.Sweep(t.Context(), ids.Test, 3)
		require.NoError(t, err)
		require.Equal(t, jobs.Swept{}, swept, "nothing is due yet")
		w.clock.Advance(25 * time.Hour)
		swept, err = w.sweeper.Sweep(t.Context(), ids.Test, 3)
		require.NoError(t, err)
		require.Equal(t, jobs.Swept{Seen: 230, Enqueued: 230, Overdue: time.Hour - time.Second}, swept)
		require.Equal(t, 230, w.work())
		for _, o := range all {
			require.Equal(t, payments.OrderExpired, w.load(o).Status())
		}
		w.clock.Advance(10 * time.Minute)
		swept, err = w.sweeper.Sweep(t.Context(), ids.Test, 3)
		require.NoError(t, err)
		require.Equal(t, jobs.Swept{Seen: 230, LetGo: 230, Overdue: 5 * time.Minute}, swept)
		oldest, err := w.store.OldestDue(t.Context(), ids.Test, 3)
		require.NoError(t, err)
		require.True(t, oldest.IsZero())
	})
	t.Run("ItNeverWorksItself", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.orders(1)[0]
		w.clock.Advance(25 * time.Hour)
		_, err := w.sweeper.Sweep(t.Context(), ids.Test, 3)
		require.NoError(t, err)
		require.Equal(t, payments.OrderCreated, w.load(o).Status())
	})
	t.Run("RowsThatCannotBeReadHoldNobodyUp", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		all := w.orders(251)
		for _, o := range all[:250] { // an attempt without the one before it
			key := table.Key{PK: store.Prefix + "t#" + o.ID.String(), SK: "P#02"}
			require.NoError(t, w.table.Write(t.Context(), table.Put(table.Row{Key: key, Attrs: table.Attrs{"sv": table.N(1)}})))
		}
		w.clock.Advance(25 * time.Hour)
		swept, err := w.sweeper.Sweep(t.Context(), ids.Test, 3)
		require.NoError(t, err)
		require.Equal(t, 1, swept.Enqueued)
		w.work()
		require.Equal(t, payments.OrderExpired, w.load(all[250]).Status())
	})
	t.Run("AJobThatWasNotSentIsOnlyLate", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.orders(1)[0]
		w.clock.Advance(25 * time.Hour)
		w.queue.SetPlan(qfaulty.Nth(0, faulty.ErrorBefore))
		_, err := w.sweeper.Sweep(t.Context(), ids.Test, 3)
		require.NoError(t, err)
		require.Zero(t, w.work())
		w.clock.Advance(10 * time.Minute)
		_, err = w.sweeper.Sweep(t.Context(), ids.Test, 3)
		require.NoError(t, err)
		require.Equal(t, 1, w.work())
		require.Equal(t, payments.OrderExpired, w.load(o).Status())
	})
	t.Run("TheOtherWorldIsNotTouched", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.orders(1)
		w.clock.Advance(25 * time.Hour)
		swept, err := w.sweeper.Sweep(t.Context(), ids.Live, 3)
		require.NoError(t, err)
		require.Equal(t, jobs.Swept{}, swept)
	})
	t.Run("ItEndsWithItsContext", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := w.sweeper.Sweep(ctx, ids.Test, 3)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestDo(t *testing.T) {
	t.Parallel()
	w := setup(t)
	o := w.orders(1)[0]
	body := func(v any) []byte {
		raw, err := json.Marshal(v)
		require.NoError(t, err)
		return raw
	}
	known := teller.AttemptJob{Mode: ids.Test, Order: o.ID}
	for name, j := range map[string]queue.Job{
		"ErrBody":   {Kind: jobs.Expire, Version: 1, Body: []byte("{")},
		"ErrMode":   {Kind: jobs.Expire, Version: 1, Body: body(teller.AttemptJob{Mode: "x", Order: o.ID})},
		"ErrOrder":  {Kind: jobs.Expire, Version: 1, Body: body(teller.AttemptJob{Mode: ids.Live, Order: o.ID})},
		"ErrNotice": {Kind: teller.JobNotice, Version: 1, Body: []byte("{")},
		"ErrForged": {Kind: teller.JobNotice, Version: 1, Body: body(teller.NoticeJob{Provider: "nobody", Raw: []byte("{}")})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reason, never := queue.IsNever(w.worker.Do(t.Context(), j))
			require.True(t, never)
			require.NotEmpty(t, reason)
		})
	}
	for name, j := range map[string]queue.Job{
		"ErrNewerVersion": {Kind: jobs.Expire, Version: 2, Body: body(known)},
		"ErrNewerKind":    {Kind: "payments.dance", Version: 1, Body: body(known)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := w.worker.Do(t.Context(), j)
			require.Error(t, err)
			_, never := queue.IsNever(err)
			require.False(t, never, "the version beside this one knows it")
		})
	}
	for _, kind := range []string{teller.JobAsk, jobs.Tidy, jobs.Expire, jobs.Alarm} {
		t.Run("NothingToDo "+kind, func(t *testing.T) {
			t.Parallel()
			j := queue.Job{Kind: kind, Version: 1, Body: body(teller.AttemptJob{Mode: ids.Test, Order: o.ID, N: 1})}
			require.True(t, jobs.Mine(j))
			require.NoError(t, w.worker.Do(t.Context(), j))
		})
	}
	require.False(t, jobs.Mine(queue.Job{Kind: "ledger.post"}))
}

func TestFromChange(t *testing.T) {
	t.Parallel()
	w := setup(t)
	whole := w.load(w.orders(1)[0])
	save := func(out payments.Outcome) {
		require.NoError(t, w.store.Save(t.Context(), out))
		whole = w.load(whole.Order)
	}
	// follows gives the kinds of the jobs that follow from all changes since it was last called.
	follows := func() (kinds []string) {
		changes, err := w.table.Changes(t.Context(), 100)
		require.NoError(t, err)
		for _, c := range changes {
			for _, j := range jobs.FromChange(c) {
				require.NoError(t, queue.Validate(0, []queue.Job{j}))
				kinds = append(kinds, j.Kind)
			}
			require.NoError(t, w.table.Done(t.Context(), c.Seq))
		}
		return kinds
	}
	begin := func(m banks.Method) {
		out, p := payments.Begin(whole, m, payments.Through{}, "", nil, start)
		save(out)
		save(payments.Opened(whole, p.N, banks.Opened{BankID: fmt.Sprint(p.N), PageURL: "https://bank.example"}, start))
	}
	begin(banks.Card)
	begin(banks.SBP)
	require.Empty(t, follows(), "opening owes nothing")
	save(payments.Apply(whole, 2, banks.News{Status: banks.Paid}, payments.Told, start))
	require.Equal(t, []string{jobs.Return, jobs.Tidy, jobs.Tell}, follows(), "the first success closes the others")
	save(payments.Retried(whole, 2, start))
	require.Empty(t, follows(), "it stays paid")

	whole = w.load(w.orders(2)[1])
	begin(banks.Card)
	save(payments.Apply(whole, 1, banks.News{Status: banks.Paid}, payments.Told, start))
	require.Equal(t, []string{jobs.Tell}, follows(), "there was nobody else")

	whole = w.load(w.orders(3)[2])
	begin(banks.Card)
	require.Empty(t, follows())
	save(payments.Apply(whole, 1, banks.News{Status: banks.Declined}, payments.Told, start))
	require.Equal(t, []string{jobs.Tell}, follows(), "the attempt was declined")
	save(payments.Expire(whole, whole.Order.ExpiresAt))
	require.Equal(t, []string{jobs.Tell}, follows(), "the order has expired")
}
