package teller_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/cashier"
	"giberno.ru/shared/payments/jobs"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/queue"
	qengine "giberno.ru/shared/platform/queue/boltengine"
	qfaulty "giberno.ru/shared/platform/queue/faulty"
	tengine "giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/counting"
	"giberno.ru/shared/platform/table/faulty"
	"giberno.ru/shared/platform/table/limits"
)

var (
	start   = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	partner = ids.FromParts("partner")
	total   = money.Of(150_000, money.RUB)
)

// world is a teller with its bank, on a clock that stands still. The feed of changes is not read: whatever happens by
// itself happens by due keys alone.
type world struct {
	*teller.Teller
	t        *testing.T
	clock    *clock.Manual
	bank     *bank
	second   *bank
	accounts *contracts
	count    *counting.Table
	table    *faulty.Table
	queue    *qfaulty.Queue
	store    *store.Store
	worker   *jobs.Worker
	sweeper  *jobs.Sweeper
}

func setup(t *testing.T) *world {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "data"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	w := &world{t: t, clock: clock.At(start), bank: newBank(), second: newBank()}
	te, err := tengine.New(f, tengine.Options{NoFeed: true})
	require.NoError(t, err)
	qe, err := qengine.New(f, w.clock, qengine.Options{})
	require.NoError(t, err)
	w.count = counting.New(limits.New(te))
	w.table, w.queue = faulty.New(w.count, nil), qfaulty.New(qe, nil)
	w.store = store.New(w.table)
	w.accounts = &contracts{off: map[ids.ID]bool{}, list: []banks.Account{
		{ID: ids.FromParts("first"), Provider: "first", Mode: ids.Test, Terminal: "T1", Password: "p1"},
		{ID: ids.FromParts("live"), Provider: "first", Mode: ids.Live, Terminal: "T1", Password: "live"},
	}}
	log := slog.New(slog.DiscardHandler)
	w.Teller = teller.New(teller.Config{
		Store: w.store, Accounts: w.accounts, Queue: w.queue, Clock: w.clock, Random: rand.NewChaCha8([32]byte{1}), Log: log,
		BaseURL: "https://pay.example", Notify: func(p string) string { return "https://pay.example/" + p },
		Bank: func(p string) (teller.Bank, bool) {
			switch p {
			case "first":
				return w.bank, true
			case "second":
				return w.second, true
			}
			return nil, false
		},
	})
	w.worker = &jobs.Worker{Store: w.store, Teller: w.Teller, Queue: w.queue, Clock: w.clock,
		Cashier: cashier.New(cashier.Config{Store: w.store, Clock: w.clock, Log: log})}
	all := func(_ context.Context, _ ids.Mode, entries ...string) (map[string]bool, error) {
		held := map[string]bool{}
		for _, e := range entries {
			held[e] = true
		}
		return held, nil
	}
	w.sweeper = &jobs.Sweeper{Store: w.store, Queue: w.queue, Posted: all, Clock: w.clock, Log: log}
	return w
}

// withSecond lets the partner use a second, dearer bank as well.
func (w *world) withSecond() *world {
	w.accounts.list = append(w.accounts.list, banks.Account{ID: ids.FromParts("second"), Provider: "second", Mode: ids.Test, Terminal: "T2", Password: "p2"})
	return w
}

// fiscal makes the first bank's till owe receipts.
func (w *world) fiscal() *world { w.accounts.list[0].Fiscal = true; return w }

func draft() payments.Draft {
	return payments.Draft{Project: "Школа", Email: "buyer@example.com",
		Items: []payments.Item{{Name: "Консультация", Price: total, Quantity: 1000, Subject: "service"}}}
}

func hold(d *payments.Draft) { d.Hold = true }

func (w *world) order(edit ...func(*payments.Draft)) payments.Whole {
	w.t.Helper()
	d := draft()
	for _, e := range edit {
		e(&d)
	}
	o, replayed, err := w.CreateOrder(w.t.Context(), ids.Test, partner, d, "", "")
	require.NoError(w.t, err)
	require.False(w.t, replayed)
	return w.load(o.ID)
}

func (w *world) load(order ids.ID) payments.Whole {
	w.t.Helper()
	whole, err := w.Load(w.t.Context(), ids.Test, partner, order)
	require.NoError(w.t, err)
	return whole
}

func wish(m banks.Method) teller.Wish { return teller.Wish{Method: m} }

func (w *world) open(o payments.Whole, m banks.Method) (payments.Whole, payments.Payment) {
	w.t.Helper()
	_, p, err := w.Open(w.t.Context(), w.load(o.Order.ID), wish(m))
	require.NoError(w.t, err)
	got := w.load(o.Order.ID)
	stored, _ := got.Payment(p.N)
	require.Equal(w.t, stored, p, "what is answered is what stands there")
	return got, p
}

// tell sends a notification of the first bank with its right password.
func (w *world) tell(p payments.Payment, s banks.Status) error {
	return w.send(message{Terminal: "T1", Password: "p1", Reference: p.Reference(), Status: s, Amount: total.Amount})
}

func (w *world) send(m message) error {
	raw, err := json.Marshal(m)
	require.NoError(w.t, err)
	return w.Notice(w.t.Context(), "first", raw, nil)
}

// pass lets time go by, at first in small steps, and after each the sweeper and the worker do what is due.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	for step, passed := 30*time.Second, time.Duration(0); passed < d; passed += step {
		if passed >= 30*time.Minute {
			step = 5 * time.Minute
		}
		w.clock.Advance(step)
		w.sweep()
		w.work()
	}
}

func (w *world) sweep() {
	w.t.Helper()
	for shard := range store.Shards {
		_, err := w.sweeper.Sweep(w.t.Context(), ids.Test, shard)
		require.NoError(w.t, err)
	}
}

func (w *world) work() {
	w.t.Helper()
	for range 100 {
		done := 0
		for _, name := range []string{queue.WebhookRetries, queue.Receipts} {
			n, err := queue.Work(w.t.Context(), w.queue, name, 10, w.worker.Do, slog.New(slog.DiscardHandler))
			require.NoError(w.t, err)
			done += n
		}
		if done == 0 {
			return
		}
	}
	w.t.Fatal("there is always more work")
}

// quiet requires that no due key is left in the whole table.
func (w *world) quiet() {
	w.t.Helper()
	for shard := range store.Shards {
		at, err := w.store.OldestDue(w.t.Context(), ids.Test, shard)
		require.NoError(w.t, err)
		require.True(w.t, at.IsZero(), "a due key is left at %s", at)
	}
}

func (w *world) alarms() (kinds []payments.AlarmKind) {
	w.t.Helper()
	page, _, err := w.store.OpenAlarms(w.t.Context(), ids.Test, "", 100)
	require.NoError(w.t, err)
	for _, a := range page {
		kinds = append(kinds, a.Kind)
	}
	return kinds
}

func statuses(o payments.Whole) (list []payments.Status) {
	for _, p := range o.Payments {
		list = append(list, p.Status)
	}
	return list
}
