//go:build wire

package wire

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	simulator "giberno.ru/infra/simulators/tbank"
	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	ledgerstore "giberno.ru/shared/ledger/store"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/jobs"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table/faulty"
)

// patience is how often a partner or a payer tries again what did not work.
const patience = 40

// pass lets time go by, for us, the bank and the queues.
func (w *world) pass(ctx context.Context, by time.Duration) {
	w.clock.Advance(by)
	w.lens.advance(ctx, by)
}

// around lets the platform's own work go on for a moment: bank, relay, sweeper, worker.
func (w *world) around(ctx context.Context) {
	require.NoError(w.t, w.bank.Tick(ctx))
	w.alive(func(p *process) { w.relay(ctx, p) })
	w.alive(func(p *process) { _, _ = p.sweeper.Sweep(ctx, ids.Test, w.shard) })
	for range 20 {
		retried, written, posted := 0, 0, 0
		w.alive(func(p *process) { retried, _ = queue.Work(ctx, p.queue, queue.WebhookRetries, 10, p.worker.Do, quiet) })
		w.alive(func(p *process) { written, _ = queue.Work(ctx, p.queue, queue.Receipts, 10, p.worker.Do, quiet) })
		w.alive(func(p *process) { posted, _ = p.ledger.Work(ctx, p.queue) })
		if retried+written+posted == 0 {
			return
		}
	}
}

// relay sends the jobs that follow from the table's changes, and forgets a change only once they are sent.
func (w *world) relay(ctx context.Context, p *process) {
	changes, err := w.table.Changes(ctx, 100)
	require.NoError(w.t, err)
	for _, c := range changes {
		if follow := jobs.FromChange(c); len(follow) > 0 {
			if _, err := queue.SendAll(ctx, p.queue, jobs.QueueOf, follow...); err != nil {
				return
			}
		}
		require.NoError(w.t, w.table.Done(ctx, c.Seq))
	}
}

// settle lets days go by, first in small steps.
func (w *world) settle(ctx context.Context) {
	for _, pace := range []struct {
		steps int
		by    time.Duration
	}{{12, time.Minute}, {12, 20 * time.Minute}, {5, 12 * time.Hour}} {
		for range pace.steps {
			w.pass(ctx, pace.by)
			w.around(ctx)
		}
	}
}

// order is the partner's call; it is made again under the same key until it is answered.
func (w *world) order(ctx context.Context) (o payments.Order) {
	w.t.Helper()
	d := payments.Draft{Project: "Школа", Email: "buyer@example.com", ExpiresAt: start.Add(2 * time.Hour),
		Items: []payments.Item{{Name: "Консультация", Price: total, Quantity: 1000, Subject: "service"}}}
	for range patience {
		var err error
		if w.alive(func(p *process) { o, _, err = p.teller.CreateOrder(ctx, ids.Test, partner, d, "key", "hash") }) && err == nil {
			w.shard = int(o.ID[0]) % store.Shards
			return o
		}
		w.pass(ctx, 5*time.Second)
	}
	w.t.Fatal("the order cannot be created")
	return o
}

// open is the payer's press of «pay»; the page asks again by itself until the bank's page is there.
func (w *world) open(ctx context.Context, o payments.Order) (got payments.Payment) {
	w.t.Helper()
	var last error
	for range patience {
		var err error
		alive := w.alive(func(p *process) { got, err = p.press(ctx, o) })
		if last = err; alive && err == nil && (got.Status == payments.Pending || got.Status == payments.Paid) {
			return got
		}
		w.pass(ctx, 15*time.Second)
		w.around(ctx)
	}
	w.t.Fatal("the payer gets no page", last)
	return got
}

func (p *process) press(ctx context.Context, o payments.Order) (payments.Payment, error) {
	whole, err := p.teller.LoadLink(ctx, o.Link())
	if err != nil {
		return payments.Payment{}, err
	}
	_, got, err := p.teller.Open(ctx, whole, teller.Wish{Method: banks.Card})
	return got, err
}

// road is one payment by card, from the order until nothing is owed.
func (w *world) road(ctx context.Context) payments.Order {
	w.t.Helper()
	o := w.order(ctx)
	if p := w.open(ctx, o); p.Status == payments.Pending {
		w.pay(ctx, p)
	}
	w.settle(ctx)
	return o
}

func (w *world) pay(ctx context.Context, p payments.Payment) {
	w.t.Helper()
	_, err := w.bank.Pay(ctx, p.BankID, simulator.Attempt{Outcome: "success"})
	require.NoError(w.t, err)
}

// requirePaidOnce is how every road ends, whatever happened on it: one winner, one charge, one receipt, nothing owed.
func (w *world) requirePaidOnce(ctx context.Context, o payments.Order) {
	w.t.Helper()
	whole, err := store.New(w.table).Load(ctx, ids.Test, o.ID)
	require.NoError(w.t, err)
	require.Equal(w.t, payments.OrderPaid, whole.Status())
	require.Equal(w.t, total.Amount, whole.State.Paid)
	for _, p := range whole.Payments {
		require.False(w.t, p.Watched(), "attempt %d is still %s", p.N, p.Status)
		require.Equal(w.t, p.N == whole.State.Winner, p.Status == payments.Paid)
	}
	charged, prints := 0, 0
	for _, p := range w.bank.Payments(1000) {
		if p.Captured > 0 {
			charged++
			require.Equal(w.t, total.Amount, p.Captured)
			require.Zero(w.t, p.Returned)
		}
		prints += len(p.Receipts)
	}
	require.Equal(w.t, []int{1, 1}, []int{charged, prints}, "charges at the bank, and receipts of its till")
	require.Len(w.t, whole.Receipts, 1)
	require.True(w.t, whole.Receipts[0].Verified)
	for shard := range store.Shards {
		at, err := store.New(w.table).OldestDue(ctx, ids.Test, shard)
		require.NoError(w.t, err)
		require.True(w.t, at.IsZero(), "a due key is left at %s", at)
	}
	for _, name := range queues {
		left, err := w.queue.Receive(ctx, name, 10)
		require.NoError(w.t, err)
		require.Empty(w.t, left)
	}
	winner, _ := whole.Payment(whole.State.Winner)
	entry, owed, err := winner.Entry()
	require.NoError(w.t, err)
	require.True(w.t, owed)
	posted, found, err := ledgerstore.New(w.table).Entry(ctx, ids.Test, entry.ID)
	require.NoError(w.t, err)
	require.True(w.t, found, "the ledger does not hold the payment")
	require.Equal(w.t, entry, posted.Entry)
	for _, n := range w.bank.Notices("") {
		require.NotEqual(w.t, "pending", n.State, "the bank still tells of %s", n.Status)
	}
}

func (w *world) alarms(ctx context.Context) (kinds []payments.AlarmKind) {
	w.t.Helper()
	page, _, err := store.New(w.table).OpenAlarms(ctx, ids.Test, "", 100)
	require.NoError(w.t, err)
	for _, a := range page {
		kinds = append(kinds, a.Kind)
	}
	return kinds
}

// The road of a payment on the engines of the wire, and again with every external call of it broken in every way.
func TestRoad(t *testing.T) {
	t.Parallel()
	calm := newWorld(t, -1, faulty.None)
	calm.requirePaidOnce(t.Context(), calm.road(t.Context()))
	require.Empty(t, calm.alarms(t.Context()))
	dead, err := calm.queue.Dead(t.Context(), queue.WebhookRetries, 10)
	require.NoError(t, err)
	require.Empty(t, dead)
	calls := int(calm.calls.Load())
	require.Greater(t, calls, 20)
	t.Logf("%d external calls", calls)
	for n := range calls {
		for _, how := range faulty.All {
			t.Run(fmt.Sprintf("%03d/%s", n, how), func(t *testing.T) {
				t.Parallel()
				ctx := t.Context()
				w := newWorld(t, n, how)
				o := w.road(ctx)
				require.Greater(t, int(w.calls.Load()), n, "the fault did not happen")
				w.requirePaidOnce(ctx, o)
				for _, kind := range w.alarms(ctx) {
					require.Equal(t, payments.ReceiptMissing, kind, "the bank tells again only after an hour what we did not take")
				}
			})
		}
	}
}

// The road in bad weather: the service answers conflicts, throttling and 5xx, and loses answers, all the way.
func TestRoadInBadWeather(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			w := newWorld(t, -1, faulty.None)
			var faults atomic.Int64
			w.under = openTable(t, w.name, &weather{inner: direct(), chance: rand.New(rand.NewPCG(seed, 7)), lossy: true, faults: &faults})
			w.boot()
			w.requirePaidOnce(ctx, w.road(ctx))
			require.Positive(t, faults.Load())
			for _, kind := range w.alarms(ctx) {
				require.Equal(t, payments.ReceiptMissing, kind, "the bank tells again only after an hour what we did not take")
			}
		})
	}
}

// Sixty-four payers press «pay» on one link at once: one of them, or one after the other, gets the one page.
func TestPayersAtOnce(t *testing.T) {
	t.Parallel()
	const payers = 64
	ctx := t.Context()
	w := newWorld(t, -1, faulty.None)
	o := w.order(ctx)
	var all sync.WaitGroup
	begin := make(chan struct{})
	pages, refusals := make(chan payments.Payment, payers), make(chan error, payers)
	for range payers {
		all.Go(func() {
			<-begin
			p, err := w.proc.press(ctx, o)
			if err != nil {
				refusals <- err
				return
			}
			pages <- p
		})
	}
	close(begin)
	all.Wait()
	close(pages)
	close(refusals)
	for err := range refusals {
		require.Equal(t, payments.ErrPaymentInProgress.Code, fault.Code(err))
	}
	var page payments.Payment
	for p := range pages {
		require.Equal(t, 1, p.N)
		page = p
	}
	require.NotEmpty(t, page.PageURL)
	counts, _ := w.bank.Calls()
	require.Equal(t, 1, counts["Init"], "one payment at the bank")
	w.pay(ctx, page)
	w.settle(ctx)
	w.requirePaidOnce(ctx, o)
	require.Empty(t, w.alarms(ctx))
}
