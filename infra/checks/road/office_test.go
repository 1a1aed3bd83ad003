package road

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
)

// fulfil is the partner's call; it is made again under the same key until it is answered.
func (w *world) fulfil(ctx context.Context, o payments.Order) {
	w.t.Helper()
	var last error
	for range patience {
		alive := w.alive(func(p *process) {
			whole, err := p.teller.Load(ctx, ids.Test, partner, o.ID)
			if err == nil {
				_, _, _, err = p.teller.Fulfil(ctx, whole, nil, "fulfil", "hash")
			}
			last = err
		})
		if alive && last == nil {
			return
		}
		w.clock.Advance(15 * time.Second)
		w.around(ctx)
	}
	w.t.Fatal("the order cannot be closed", last)
}

func fulfilling(w *world, ctx context.Context) payments.Order {
	w.t.Helper()
	o := w.paid(ctx, banks.Card)
	w.fulfil(ctx, o)
	w.settle(ctx)
	return o
}

func refundingFulfilled(w *world, ctx context.Context) payments.Order {
	w.t.Helper()
	o := w.paid(ctx, banks.Card)
	w.calmly(func() {
		w.fulfil(ctx, o)
		w.settle(ctx)
	})
	w.refund(ctx, o, "all", payments.RefundWish{})
	w.settle(ctx)
	return o
}

// awaiting gives an order of which more shall go back than one person may say.
func (w *world) awaiting(ctx context.Context) (payments.Order, int) {
	w.t.Helper()
	o := w.paid(ctx, banks.Card)
	r := w.refund(ctx, o, "much", payments.RefundWish{Amount: 120_000})
	require.Equal(w.t, payments.RefundAwaitsApproval, r.Status)
	require.Equal(w.t, 30_000, int(w.load(ctx, o).Refundable(r.Payment)), "the amount is promised meanwhile")
	return o, r.N
}

func approving(w *world, ctx context.Context) payments.Order {
	w.t.Helper()
	o, k := w.awaiting(ctx)
	w.operate(ctx, o, k, func(p *process, whole payments.Whole) { _, _ = p.teller.Approve(ctx, whole, k, "second") })
	w.refunded(ctx, o, k)
	w.settle(ctx)
	return o
}

func rejecting(w *world, ctx context.Context) payments.Order {
	w.t.Helper()
	o, k := w.awaiting(ctx)
	w.operate(ctx, o, k, func(p *process, whole payments.Whole) { _, _ = p.teller.Reject(ctx, whole, k, "second", "no") })
	w.settle(ctx)
	r, _ := w.load(ctx, o).Refund(k)
	require.Equal(w.t, payments.Rejected, r.Decline.Code)
	return o
}

func notApproving(w *world, ctx context.Context) payments.Order {
	w.t.Helper()
	o, k := w.awaiting(ctx)
	w.settle(ctx)
	r, _ := w.load(ctx, o).Refund(k)
	require.Equal(w.t, payments.ApprovalExpired, r.Decline.Code)
	return o
}

// operate is the second operator, who presses until the refund waits for nobody any more.
func (w *world) operate(ctx context.Context, o payments.Order, k int, press func(*process, payments.Whole)) {
	w.t.Helper()
	for range patience {
		w.alive(func(p *process) {
			if whole, err := p.store.Load(ctx, ids.Test, o.ID); err == nil {
				press(p, whole)
			}
		})
		if r, _ := w.load(ctx, o).Refund(k); r.Status != payments.RefundAwaitsApproval {
			return
		}
		w.clock.Advance(15 * time.Second)
		w.around(ctx)
	}
	w.t.Fatal("the second operator is not heard")
}
