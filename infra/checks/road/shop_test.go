package road

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	simulator "giberno.ru/infra/simulators/tbank"
	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/teller"
)

// patience is how often a partner or a payer tries again what did not work.
const patience = 40

// goods are what every order is about: half a quantity of the first line is no whole number of kopecks.
var goods = []payments.Item{
	{Name: "Консультация", Price: money.Of(33_333, money.RUB), Quantity: 3000, Subject: "service"},
	{Name: "Запись", Price: money.Of(50_001, money.RUB), Quantity: 1000, Subject: "service"},
}

// order is the partner's call; it is made again under the same key until it is answered.
func (w *world) order(ctx context.Context) payments.Order { w.t.Helper(); return w.orderOf(ctx, false) }

func (w *world) orderOf(ctx context.Context, hold bool) (o payments.Order) {
	w.t.Helper()
	d := payments.Draft{Project: "Школа", Email: "buyer@example.com", ExpiresAt: start.Add(2 * time.Hour), Hold: hold,
		Items: goods}
	for range patience {
		var err error
		if w.alive(func(p *process) { o, _, err = p.teller.CreateOrder(ctx, ids.Test, partner, d, "key", "hash") }) && err == nil {
			w.shards, w.orders = []int{int(o.ID[0]) % store.Shards}, []payments.Order{o}
			return o
		}
		w.clock.Advance(5 * time.Second)
	}
	w.t.Fatal("the order cannot be created")
	return o
}

// open is the payer's press of «pay»; the page asks again by itself until the bank's page is there.
func (w *world) open(ctx context.Context, o payments.Order, m banks.Method) (got payments.Payment) {
	w.t.Helper()
	var last error
	for range patience {
		var err error
		alive := w.alive(func(p *process) { got, err = p.press(ctx, o, m) })
		last = err
		if alive && err == nil && (got.Status == payments.Pending || got.Status == payments.Held || got.Status == payments.Paid) {
			return got
		}
		w.clock.Advance(15 * time.Second)
		w.around(ctx)
	}
	w.t.Fatal("the payer gets no page", last)
	return got
}

func (p *process) press(ctx context.Context, o payments.Order, m banks.Method) (payments.Payment, error) {
	whole, err := p.teller.LoadLink(ctx, o.Link())
	if err != nil {
		return payments.Payment{}, err
	}
	_, got, err := p.teller.Open(ctx, whole, teller.Wish{Method: m})
	return got, err
}

// pay is what the payer does on the bank's page; the bank may refuse a page that is closed.
func (w *world) pay(ctx context.Context, p payments.Payment) error {
	a := simulator.Attempt{Outcome: "success"}
	if p.Method == banks.SBP {
		a.Method = "sbp"
	}
	_, err := w.bank.Pay(ctx, p.BankID, a)
	return err
}

// load reads what stands there, not over the line.
func (w *world) load(ctx context.Context, o payments.Order) payments.Whole {
	w.t.Helper()
	whole, err := store.New(w.table).Load(ctx, ids.Test, o.ID)
	require.NoError(w.t, err)
	return whole
}

// requirePaidOnce is how every road ends, whatever happened on it.
func (w *world) requirePaidOnce(ctx context.Context, o payments.Order) payments.Whole {
	w.t.Helper()
	whole := w.load(ctx, o)
	require.Equal(w.t, payments.OrderPaid, whole.Status())
	require.Equal(w.t, total.Amount, whole.State.Paid)
	paid := 0
	for _, p := range whole.Payments {
		require.False(w.t, p.Watched(), "attempt %d is still %s", p.N, p.Status)
		if p.Status == payments.Paid {
			paid++
			require.Equal(w.t, p.N, whole.State.Winner)
		}
	}
	require.Equal(w.t, 1, paid, "winning attempts")
	charged, prints := 0, 0
	for _, p := range w.bank.Payments(1000) {
		if p.Captured > 0 {
			charged++
			require.Equal(w.t, total.Amount, p.Captured)
			require.Zero(w.t, p.Returned)
		}
		prints += len(p.Receipts)
	}
	require.Equal(w.t, 1, charged, "charges at the bank")
	require.Equal(w.t, 1, prints, "receipts of the till")
	require.Len(w.t, whole.Receipts, 1)
	require.True(w.t, whole.Receipts[0].Verified)
	w.requireBooks(ctx, o)
	return whole
}

// requireQuiet: no due key, no dead letter, no job and no undelivered notification is left.
func (w *world) requireQuiet(ctx context.Context) {
	w.t.Helper()
	for shard := range store.Shards {
		at, err := store.New(w.table).OldestDue(ctx, ids.Test, shard)
		require.NoError(w.t, err)
		require.True(w.t, at.IsZero(), "a due key is left at %s", at)
	}
	for _, name := range queues {
		dead, err := w.queue.Dead(ctx, name, 10)
		require.NoError(w.t, err)
		require.Empty(w.t, dead)
		_, waiting, err := w.queue.Next(ctx, name)
		require.NoError(w.t, err)
		require.False(w.t, waiting, "a job is left in %s", name)
	}
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
