package api_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/api"
)

// TestTwoRefundsAtOnce: 60 and 60 of 100 at the same time. One of them is refused, whatever their order.
func TestTwoRefundsAtOnce(t *testing.T) {
	t.Parallel()
	for round := range 8 {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			p := w.ofRoubles(t, "100")
			answers := make(chan answer, 2)
			for _, key := range []string{"a", "b"} {
				go func() { answers <- w.do(refundOf(p, amountBody("6000")).keyed(key)) }()
			}
			made := 0
			for range 2 {
				if a := <-answers; a.Code == 201 {
					made++
				} else {
					refused(t, a, 409, "amount_exceeds_refundable")
				}
			}
			require.Equal(t, 1, made)
			require.Len(t, w.bank.gave(), 1, "the bank was asked once")
			o := w.getOrder(t, p.OrderUUID)
			require.Equal(t, roubles(6000), o.Refunded)
			require.Len(t, o.Refunds, 1)
			require.Equal(t, roubles(4000), o.Payments[0].Refundable)
		})
	}
	t.Run("TheSameKeyTwice", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.ofRoubles(t, "100")
		answers := make(chan answer, 8)
		for range cap(answers) {
			go func() { answers <- w.do(refundOf(p, amountBody("1000"))) }()
		}
		for range cap(answers) {
			if a := <-answers; a.Code != 201 {
				refused(t, a, 409, "idempotency_in_flight")
			}
		}
		require.Len(t, w.bank.gave(), 1)
		require.Equal(t, roubles(1000), w.getOrder(t, p.OrderUUID).Refunded)
	})
	t.Run("EightTakeAllThereIs", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.ofRoubles(t, "100")
		answers := make(chan answer, 8)
		for i := range cap(answers) {
			go func() { answers <- w.do(refundOf(p, amountBody("2500")).keyed(fmt.Sprint(i))) }()
		}
		made := 0
		for range cap(answers) {
			if a := <-answers; a.Code == 201 {
				made++
			} else {
				require.Contains(t, []string{"amount_exceeds_refundable", "refund_in_progress"}, problemOf(t, a).Code)
			}
		}
		require.LessOrEqual(t, made, 4)
		o := w.getOrder(t, p.OrderUUID)
		require.Equal(t, int64(made)*2500, o.Refunded.Amount)
		require.Equal(t, 10_000-int64(made)*2500, o.Payments[0].Refundable.Amount)
	})
}

// TestRefundAboveTheLimit: what one person may not give back waits for a second one, and slices of it do as well.
func TestRefundAboveTheLimit(t *testing.T) {
	t.Parallel()
	t.Run("WaitsWithItsAmountPromised", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.accounts.limits(10_000)
		first := w.do(refundOf(p, amountBody("10001")))
		got := read[api.Refund](t, first, 201)
		require.Equal(t, "pending_approval", got.Status)
		require.Empty(t, w.bank.gave(), "the bank hears nothing of it")
		require.Equal(t, roubles(159_999-10_001), w.getPayment(t, p.UUID).Refundable)
		require.Equal(t, "paid", w.getOrder(t, p.OrderUUID).Status)
		w.clock.Advance(time.Hour)
		w.changesNothing(t, func() { same(t, first, w.do(refundOf(p, amountBody("10001")))) })
		refused(t, w.do(refundOf(p, amountBody("149999")).keyed("x")), 409, "amount_exceeds_refundable")
	})
	t.Run("TheLimitItselfMayGo", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.accounts.limits(10_000)
		require.Equal(t, "succeeded", w.refund(t, p, amountBody("10000")).Status)
	})
	t.Run("SlicesCountTogether", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.accounts.limits(10_000)
		var got []string
		for i := range 4 {
			got = append(got, read[api.Refund](t, w.do(refundOf(p, amountBody("4000")).keyed(fmt.Sprint(i))), 201).Status)
		}
		require.Equal(t, []string{"succeeded", "succeeded", "pending_approval", "pending_approval"}, got)
		require.Len(t, w.bank.gave(), 2)
	})
	t.Run("AnotherPaymentHasItsOwn", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.accounts.limits(10_000)
		for range 2 {
			require.Equal(t, "succeeded", w.refund(t, w.bought(t), amountBody("10000")).Status)
		}
	})
	t.Run("OneThatFailedDoesNotCount", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.accounts.limits(10_000)
		w.bank.refuses(banks.DeclinedNow, "")
		w.refund(t, p, amountBody("10000"))
		w.bank.refund = nil
		require.Equal(t, "succeeded", read[api.Refund](t, w.do(refundOf(p, amountBody("10000")).keyed("x")), 201).Status)
	})
	t.Run("AfterADayItIsLetGo", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.accounts.limits(1)
		first := w.do(refundOf(p, ""))
		id := read[api.Refund](t, first, 201).UUID
		require.Equal(t, "2026-11-23T09:00:00.000Z", w.getRefund(t, id).NextCheckAt)
		for _, after := range []time.Duration{payments.ApprovalLife - time.Millisecond, time.Millisecond} {
			w.clock.Advance(after)
			require.NoError(t, w.service.Teller.RefundDuty(t.Context(), w.whole(t, ids.Test, p.OrderUUID), 1))
		}
		got := w.getRefund(t, id)
		require.Equal(t, "failed", got.Status)
		require.Equal(t, banks.DeclineCode("approval_expired"), got.Failure.Code)
		require.Equal(t, p.Amount, w.getPayment(t, p.UUID).Refundable)
		same(t, first, w.do(refundOf(p, "")))
		refused(t, w.do(approving(id).by(boris)), 409, "approval_not_pending")
		require.Empty(t, w.bank.gave())
	})
}
