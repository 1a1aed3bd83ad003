package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments/api"
)

func TestGetRefund(t *testing.T) {
	t.Parallel()
	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		want := w.refund(t, p, `{"items":[{"line":2,"quantity":1}],"reason":"a torn one"}`)
		w.changesNothing(t, func() { require.Equal(t, want, w.getRefund(t, want.UUID)) })
	})
	t.Run("InAnyCase", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		got := w.refund(t, w.bought(t), "")
		require.Equal(t, got, read[api.Refund](t, w.do(get("/api/v1/refund/"+upper(got.UUID))), 200))
	})
	t.Run("AsItStandsAndNotAsItWasAnswered", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.bank.underway()
		id := w.refund(t, p, amountBody("100")).UUID
		require.Equal(t, "pending", w.getRefund(t, id).Status)
		w.clock.Advance(time.Hour)
		w.returned(t, p, "partly_refunded")
		got := w.getRefund(t, id)
		require.Equal(t, "succeeded", got.Status)
		require.Equal(t, "2026-11-22T10:00:00.000Z", got.UpdatedAt)
	})
	t.Run("FoundAtTheBank", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		ref := ids.Reference(ids.Test, p.OrderUUID, 1)
		_, err := w.bank.giveBack(banks.Ref{Reference: ref, Amount: p.Amount}, banks.Return{Key: "cabinet", Amount: roubles(3333)})
		require.NoError(t, err)
		w.returned(t, p, "partly_refunded")
		got := w.getRefund(t, p.OrderUUID.Child(ids.Refund, 1))
		require.Equal(t, "bank", got.Source)
		require.Equal(t, "succeeded", got.Status)
		require.Equal(t, roubles(3333), got.Amount)
		require.Empty(t, got.Items, "nobody knows which lines came back")
		require.Equal(t, "partially_refunded", w.getOrder(t, p.OrderUUID).Status)
		require.Equal(t, "refunded_at_bank", w.alarms(t, "").Items[0].Kind)
		refused(t, w.do(refundOf(p, amountBody("156667"))), 409, "amount_exceeds_refundable")
	})
	t.Run("AFailedOneSaysWhy", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.bank.refuses(banks.DeclinedNow, banks.NotPermitted)
		got := w.getRefund(t, w.refund(t, w.bought(t), "").UUID)
		require.Equal(t, banks.NotPermitted, got.Failure.Code)
	})
	notFound(t, "GET", "/api/v1/refund/%s", "refund_not_found", ids.Refund)
}
