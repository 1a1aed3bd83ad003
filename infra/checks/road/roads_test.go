package road

import (
	"context"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
)

// way is one whole road and how it has to end, whatever breaks on it.
type way struct {
	name     string
	goes     func(w *world, ctx context.Context) payments.Order
	ends     func(w *world, ctx context.Context, o payments.Order)
	alarms   []payments.AlarmKind // that it raises by its nature
	may      []payments.AlarmKind // that a fault may make it raise
	limit    int64                // above which a refund needs a second operator, in minor units
	fed      bool                 // it is gone with the table's feed of changes as well
	unsteady bool                 // two notifications travel at once, so that the order of its calls differs
}

func (r way) allows(kind payments.AlarmKind) bool {
	return slices.Contains(r.alarms, kind) || slices.Contains(r.may, kind)
}

var ways = append([]way{
	{name: "Card", goes: byCard, ends: paidOnce, fed: true},
	{name: "ChangeOfMind", goes: changingMind, ends: paidOnce, fed: true},
	{name: "HeldAndCaptured", goes: capturing, ends: paidOnce},
	{name: "HeldAndVoided", goes: voiding, ends: givenUp},
	{name: "NobodyPays", goes: leaving, ends: givenUp},
	{name: "Cancelled", goes: cancelling, ends: givenUp},
}, waysBack...)

func paidOnce(w *world, ctx context.Context, o payments.Order) {
	w.t.Helper()
	w.requirePaidOnce(ctx, o)
}

func byCard(w *world, ctx context.Context) payments.Order {
	w.t.Helper()
	o := w.order(ctx)
	w.openAndPay(ctx, o, banks.Card)
	w.settle(ctx)
	return o
}

func changingMind(w *world, ctx context.Context) payments.Order {
	w.t.Helper()
	o := w.order(ctx)
	w.open(ctx, o, banks.Card)
	w.clock.Advance(time.Minute)
	w.openAndPay(ctx, o, banks.SBP)
	w.settle(ctx)
	return o
}

func (w *world) openAndPay(ctx context.Context, o payments.Order, m banks.Method) {
	w.t.Helper()
	if p := w.open(ctx, o, m); p.Status == payments.Pending {
		require.NoError(w.t, w.pay(ctx, p))
	}
}

func capturing(w *world, ctx context.Context) payments.Order {
	w.t.Helper()
	return w.held(ctx, payments.Paid, func(p *process, whole payments.Whole, n int) error {
		_, _, err := p.teller.Capture(ctx, whole, n, 0, nil, "capture", "hash")
		return err
	})
}

func voiding(w *world, ctx context.Context) payments.Order {
	w.t.Helper()
	return w.held(ctx, payments.Cancelled, func(p *process, whole payments.Whole, n int) error {
		_, _, err := p.teller.Void(ctx, whole, n, "void", "hash")
		return err
	})
}

// held goes to the hold, and has the partner make his call under one key until the payment is what he wants.
func (w *world) held(ctx context.Context, want payments.Status, call func(*process, payments.Whole, int) error) payments.Order {
	w.t.Helper()
	o := w.orderOf(ctx, true)
	w.openAndPay(ctx, o, banks.Card)
	for range patience {
		w.around(ctx)
		whole := w.load(ctx, o)
		n := whole.State.Attempts
		if p, _ := whole.Payment(n); p.Status == want {
			w.settle(ctx)
			return o
		} else if p.Status == payments.Held {
			w.alive(func(p *process) { _ = call(p, whole, n) })
		}
		w.clock.Advance(30 * time.Second)
	}
	w.t.Fatal("the hold stays a hold")
	return o
}

func leaving(w *world, ctx context.Context) payments.Order {
	w.t.Helper()
	o := w.order(ctx)
	w.open(ctx, o, banks.Card)
	w.settle(ctx)
	require.Equal(w.t, payments.OrderExpired, w.load(ctx, o).Status())
	return o
}

func cancelling(w *world, ctx context.Context) payments.Order {
	w.t.Helper()
	o := w.order(ctx)
	w.open(ctx, o, banks.Card)
	w.cancelOrder(ctx, o)
	w.settle(ctx)
	return o
}

// cancelOrder is the partner's call; it is made again under the same key until the order is cancelled.
func (w *world) cancelOrder(ctx context.Context, o payments.Order) {
	w.t.Helper()
	for range patience {
		w.alive(func(p *process) {
			if whole, err := p.teller.Load(ctx, ids.Test, partner, o.ID); err == nil {
				_, _, _ = p.teller.CancelOrder(ctx, whole, "cancel", "hash")
			}
		})
		if w.load(ctx, o).Status() == payments.OrderCancelled {
			return
		}
		w.clock.Advance(30 * time.Second)
		w.around(ctx)
	}
	w.t.Fatal("the order cannot be cancelled")
}

// givenUp: no money moved, nothing is open anywhere, and nothing is owed.
func givenUp(w *world, ctx context.Context, o payments.Order) {
	w.t.Helper()
	whole := w.load(ctx, o)
	require.True(w.t, whole.Closed())
	require.Zero(w.t, whole.State.Paid)
	require.Empty(w.t, whole.Receipts)
	for _, p := range whole.Payments {
		require.True(w.t, p.Status.Final(), "attempt %d is still %s", p.N, p.Status)
	}
	for _, p := range w.bank.Payments(1000) {
		require.Contains(w.t, []string{"REVERSED", "CANCELED", "DEADLINE_EXPIRED"}, string(p.Status))
		require.Zero(w.t, p.Captured)
	}
	w.requireQuiet(ctx)
}
