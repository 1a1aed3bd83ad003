package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/api"
)

func ending(refund ids.ID, outcome string) call {
	return post("/api/v1/admin/refund/"+refund.String()+"/end?mode=test", `{"outcome":"`+outcome+`","note":"line 14 of the register"}`).by(boris)
}

// stuck makes a refund of which the bank has no word for days.
func (w *world) stuck(t testing.TB) (api.Payment, api.Refund) {
	t.Helper()
	p := w.bought(t)
	w.bank.refund = func(banks.Ref, banks.Return) (banks.News, error) { return banks.News{}, lost }
	r := read[api.Refund](t, w.do(refundOf(p, amountBody("100"))), 202)
	w.clock.Advance(payments.RefundPatience + time.Hour)
	whole := w.whole(t, ids.Test, p.OrderUUID)
	require.NoError(t, w.store.Save(t.Context(), payments.RefundLooked(whole, r.UUID.N(), w.clock.Now())))
	return p, r
}

func TestEndRefund(t *testing.T) {
	t.Parallel()
	t.Run("TheMoneyIsGone", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p, r := w.stuck(t)
		got := read[api.Refund](t, w.do(ending(r.UUID, "succeeded")), 200)
		require.Equal(t, "succeeded", got.Status)
		require.Equal(t, "partially_refunded", w.getOrder(t, p.OrderUUID).Status)
		w.changesNothing(t, func() { refused(t, w.do(ending(r.UUID, "failed")), 409, "refund_not_stuck") })
	})
	t.Run("TheMoneyIsNotGone", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p, r := w.stuck(t)
		got := read[api.Refund](t, w.do(ending(r.UUID, "failed")), 200)
		require.Equal(t, "failed", got.Status)
		require.Equal(t, &banks.Decline{Code: payments.NotCarriedOut, Message: "line 14 of the register"}, got.Failure)
		require.Equal(t, p.Amount, w.getPayment(t, p.UUID).Refundable)
	})
	t.Run("ErrNotStuck", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.bank.refund = func(banks.Ref, banks.Return) (banks.News, error) { return banks.News{}, lost }
		r := read[api.Refund](t, w.do(refundOf(p, amountBody("100"))), 202)
		w.changesNothing(t, func() { refused(t, w.do(ending(r.UUID, "failed")), 409, "refund_not_stuck") })
	})
	t.Run("ErrBody", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, r := w.stuck(t)
		path := "/api/v1/admin/refund/" + r.UUID.String() + "/end?mode=test"
		for _, body := range []string{`{"outcome":"perhaps","note":"x"}`, `{"outcome":"failed","note":""}`, `{"outcome":"failed"}`} {
			w.changesNothing(t, func() { refused(t, w.do(post(path, body).by(boris)), 422, "validation_failed") })
		}
	})
	t.Run("ErrStrangers", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, r := w.stuck(t)
		refused(t, w.do(ending(r.UUID, "failed").by(shop)), 403, "forbidden_scope")
		refused(t, w.do(ending(ids.FromParts("another").Child(ids.Refund, 1), "failed")), 404, "refund_not_found")
		refused(t, w.do(post("/api/v1/admin/refund/"+r.UUID.String()+"/end?mode=live", `{"outcome":"failed","note":"x"}`).by(boris)), 404, "refund_not_found")
	})
}
