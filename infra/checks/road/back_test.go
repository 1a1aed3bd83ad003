package road

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	simulator "giberno.ru/infra/simulators/tbank"
	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
)

// waysBack are the roads of money that goes back, and of the receipt that closes a prepayment. What was paid before is not
// part of them.
var waysBack = []way{
	{name: "RefundWhole", goes: refundingWhole, ends: gaveBack(whollyByPartner)},
	{name: "RefundParts", goes: refundingParts, ends: gaveBack(part{16_667, payments.ByPartner}, part{83_334, payments.ByPartner}, part{49_999, payments.ByPartner})},
	{name: "RefundSBP", goes: refundingSBP, ends: gaveBack(part{60_000, payments.ByPartner}), fed: true},
	{name: "RefundSBPRefused", goes: refundingSBPRefused, ends: gaveBack(part{60_000, payments.ByPartner})},
	{name: "SecondSuccess", goes: payingTwice, ends: keptOne, alarms: []payments.AlarmKind{payments.SecondSuccess}, fed: true, unsteady: true},
	{name: "LateOnCancelled", goes: payingCancelled, ends: keptNone, alarms: []payments.AlarmKind{payments.PaidAfterCancel}},
	{name: "BankRefund", goes: refundedInCabinet(50_000), ends: gaveBack(part{50_000, payments.ByBank}), alarms: []payments.AlarmKind{payments.RefundedAtBank}},
	{name: "Chargeback", goes: chargedBack, ends: gaveBack(part{total.Amount, payments.ByBank}), alarms: []payments.AlarmKind{payments.RefundedAtBank}},
	{name: "PartialCaptureThenRefund", goes: refundingCaptured, ends: gaveBack(part{50_001, payments.ByPartner})},
	{name: "Fulfil", goes: fulfilling, ends: closed, may: []payments.AlarmKind{payments.ReceiptMissing}},
	{name: "FulfilThenRefund", goes: refundingFulfilled, ends: gaveBack(whollyByPartner)},
	{name: "Approved", goes: approving, ends: gaveBack(part{120_000, payments.ByPartner}), limit: 100_000},
	{name: "Rejected", goes: rejecting, ends: gaveBack(), limit: 100_000},
	{name: "ApprovalExpired", goes: notApproving, ends: gaveBack(), limit: 100_000},
}

// part is money that went back, in minor units, and who gave it.
type part struct {
	amount int64
	by     payments.RefundSource
}

var whollyByPartner = part{total.Amount, payments.ByPartner}

// paid gives an order that was paid and has its receipt.
func (w *world) paid(ctx context.Context, m banks.Method) (o payments.Order) {
	w.t.Helper()
	w.calmly(func() {
		o = w.order(ctx)
		w.openAndPay(ctx, o, m)
		w.settle(ctx)
	})
	return o
}

// refund is the partner's call about the payment that won; it is made again under the same key until it is answered. Then he
// waits for the end.
func (w *world) refund(ctx context.Context, o payments.Order, key string, wish payments.RefundWish) payments.Refund {
	w.t.Helper()
	wish.Source, wish.Author, wish.Key, wish.Hash = payments.ByPartner, "partner", key, "hash"
	var last error
	for range patience {
		var r payments.Refund
		alive := w.alive(func(p *process) {
			whole, err := p.teller.Load(ctx, ids.Test, partner, o.ID)
			if err == nil {
				_, r, _, err = p.teller.Refund(ctx, whole, whole.State.Winner, wish)
			}
			last = err
		})
		if alive && last == nil {
			return w.refunded(ctx, o, r.N)
		}
		w.clock.Advance(15 * time.Second)
		w.around(ctx)
	}
	w.t.Fatal("the partner gets no answer to his refund", last)
	return payments.Refund{}
}

// refunded waits until refund k has ended, or waits for a second operator.
func (w *world) refunded(ctx context.Context, o payments.Order, k int) (r payments.Refund) {
	w.t.Helper()
	for range patience {
		r, _ = w.load(ctx, o).Refund(k)
		if r.Status.Final() || r.Status == payments.RefundAwaitsApproval {
			return r
		}
		w.clock.Advance(time.Minute)
		w.around(ctx)
	}
	w.t.Fatal("the refund has no end, it is", r.Status)
	return r
}

func refundingWhole(w *world, ctx context.Context) payments.Order {
	w.t.Helper()
	o := w.paid(ctx, banks.Card)
	w.refund(ctx, o, "all", payments.RefundWish{})
	w.settle(ctx)
	return o
}

// refundingParts gives two parts back by lines, and then the rest.
func refundingParts(w *world, ctx context.Context) payments.Order {
	w.t.Helper()
	o := w.paid(ctx, banks.Card)
	w.refund(ctx, o, "first", payments.RefundWish{Parts: []payments.Part{{Line: 1, Quantity: 500}}})
	w.refund(ctx, o, "second", payments.RefundWish{Parts: []payments.Part{{Line: 1, Quantity: 1000}, {Line: 2, Quantity: 1000}}})
	w.refund(ctx, o, "rest", payments.RefundWish{})
	w.settle(ctx)
	return o
}

// refundingPart is the road of one refund, for pairs of faults.
func refundingPart(w *world, ctx context.Context) payments.Order {
	w.t.Helper()
	o := w.paid(ctx, banks.Card)
	w.refund(ctx, o, "part", payments.RefundWish{Parts: []payments.Part{{Line: 1, Quantity: 500}}})
	w.settle(ctx)
	return o
}

func refundingSBP(w *world, ctx context.Context) payments.Order {
	w.t.Helper()
	o := w.paid(ctx, banks.SBP)
	w.refundUntilDone(ctx, o, payments.RefundWish{Amount: 60_000})
	w.settle(ctx)
	return o
}

// refundUntilDone asks for a new refund when the one before proved not to have happened.
func (w *world) refundUntilDone(ctx context.Context, o payments.Order, wish payments.RefundWish) {
	w.t.Helper()
	for _, key := range []string{"1", "2", "3", "4"} {
		if w.refund(ctx, o, key, wish).Status == payments.RefundSucceeded {
			return
		}
	}
	w.t.Fatal("no refund goes through")
}

func refundingSBPRefused(w *world, ctx context.Context) payments.Order {
	w.t.Helper()
	o := w.paid(ctx, banks.SBP)
	require.NoError(w.t, w.bank.SetFault(simulator.Fault{Call: "Cancel", Fault: simulator.FaultRefundRefused}))
	w.refundUntilDone(ctx, o, payments.RefundWish{Amount: 60_000})
	require.Greater(w.t, len(w.load(ctx, o).Refunds), 1)
	w.settle(ctx)
	return o
}

// payingTwice: the answer to the first opening is lost, yet somebody pays on its page as well.
func payingTwice(w *world, ctx context.Context) payments.Order {
	w.t.Helper()
	o := w.order(ctx)
	require.NoError(w.t, w.bank.SetFault(simulator.Fault{Call: "Init", Fault: simulator.FaultLostAnswer}))
	w.open(ctx, o, banks.Card)
	for _, p := range w.bank.Payments(1000) {
		if p.Status == "NEW" || p.Status == "FORM_SHOWED" {
			_, err := w.bank.Pay(ctx, p.ID, simulator.Attempt{Outcome: "success"})
			require.NoError(w.t, err)
		}
	}
	w.settle(ctx)
	return o
}

// payingCancelled: the request for the first page reaches the bank only after the order has been cancelled.
func payingCancelled(w *world, ctx context.Context) payments.Order {
	w.t.Helper()
	var o payments.Order
	w.calmly(func() { o = w.order(ctx) })
	w.line.stray = "Init"
	w.open(ctx, o, banks.Card)
	w.cancelOrder(ctx, o)
	require.NotNil(w.t, w.line.kept)
	w.arrive()
	for _, p := range w.bank.Payments(1000) {
		if p.Status == "NEW" {
			_, err := w.bank.Pay(ctx, p.ID, simulator.Attempt{Outcome: "success"})
			require.NoError(w.t, err)
		}
	}
	w.settle(ctx)
	return o
}

func refundedInCabinet(kopecks int64) func(*world, context.Context) payments.Order {
	return func(w *world, ctx context.Context) payments.Order {
		w.t.Helper()
		o := w.paid(ctx, banks.Card)
		_, err := w.bank.Refund(ctx, w.bankID(ctx, o), kopecks)
		require.NoError(w.t, err)
		w.settle(ctx)
		return o
	}
}

func chargedBack(w *world, ctx context.Context) payments.Order {
	w.t.Helper()
	o := w.paid(ctx, banks.Card)
	_, err := w.bank.Chargeback(ctx, w.bankID(ctx, o))
	require.NoError(w.t, err)
	w.settle(ctx)
	return o
}

// bankID is the bank's number of the payment that won.
func (w *world) bankID(ctx context.Context, o payments.Order) string {
	whole := w.load(ctx, o)
	p, _ := whole.Payment(whole.State.Winner)
	return p.BankID
}

func refundingCaptured(w *world, ctx context.Context) payments.Order {
	w.t.Helper()
	var o payments.Order
	w.calmly(func() {
		o = w.held(ctx, payments.Paid, func(p *process, whole payments.Whole, n int) error {
			part := whole.Order.Items[1]
			part.Line = 2
			_, _, err := p.teller.Capture(ctx, whole, n, 0, []payments.Item{part}, "capture", "hash")
			return err
		})
	})
	w.refund(ctx, o, "all", payments.RefundWish{Amount: 50_001})
	w.settle(ctx)
	return o
}
