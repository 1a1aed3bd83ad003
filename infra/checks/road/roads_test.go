package road

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
)

// way is one whole road and how it has to end, whatever breaks on it.
type way struct {
	name string
	goes func(w *world, ctx context.Context) payments.Order
	ends func(w *world, ctx context.Context, o payments.Order)
}

var ways = []way{
	{"Card", byCard, paidOnce},
	{"ChangeOfMind", changingMind, paidOnce},
	{"HeldAndCaptured", capturing, paidOnce},
	{"HeldAndVoided", voiding, givenUp},
	{"NobodyPays", leaving, givenUp},
	{"Cancelled", cancelling, givenUp},
}

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
	for range patience {
		w.alive(func(p *process) {
			if whole, err := p.teller.Load(ctx, ids.Test, partner, o.ID); err == nil {
				_, _, _ = p.teller.CancelOrder(ctx, whole, "cancel", "hash")
			}
		})
		if w.load(ctx, o).Status() == payments.OrderCancelled {
			w.settle(ctx)
			return o
		}
		w.clock.Advance(30 * time.Second)
		w.around(ctx)
	}
	w.t.Fatal("the order cannot be cancelled")
	return o
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
