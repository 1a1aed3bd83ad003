package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments/api"
)

func voidOf(p api.Payment) call { return post("/api/v1/payment/"+p.UUID.String()+"/void", "") }

func TestVoidPayment(t *testing.T) {
	t.Parallel()
	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.held(t)
		got := read[api.Payment](t, w.do(voidOf(p)), 200)
		require.Equal(t, "cancelled", got.Status)
		require.Zero(t, got.Captured.Amount)
		require.Equal(t, "pending", w.getOrder(t, p.OrderUUID).Status, "the order may be paid anew")
		require.Equal(t, 2, w.payment(t, p.OrderUUID, "card").UUID.N())
	})
	t.Run("ReplaySameBytes", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.held(t)
		first := w.do(voidOf(p).keyed("k"))
		w.clock.Advance(time.Hour)
		w.payment(t, p.OrderUUID, "card")
		w.changesNothing(t, func() { same(t, first, w.do(voidOf(p).keyed(`"k"`))) })
	})
	t.Run("ALostAnswerIs202AndNotStored", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.held(t)
		w.bank.cancel = func(banks.Ref) (banks.News, error) { return banks.News{}, lost }
		require.Equal(t, "unknown", read[api.Payment](t, w.do(voidOf(p).keyed("k")), 202).Status)
		refused(t, w.do(voidOf(p).keyed("k")), 409, "payment_unknown")
		refused(t, w.do(voidOf(p)), 409, "payment_unknown")
	})
	t.Run("ErrTheBankRefusedAndStillHolds", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.held(t)
		w.bank.cancel = func(banks.Ref) (banks.News, error) { return banks.News{}, &banks.Error{Class: banks.Unavailable} }
		refused(t, w.do(voidOf(p).keyed("k")), 502, "bank_unavailable")
		w.bank.cancel = nil
		require.Equal(t, 200, w.do(voidOf(p).keyed("k")).Code)
	})
	t.Run("ErrNotHeld", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, p := w.paid(t)
		w.changesNothing(t, func() { refused(t, w.do(voidOf(p)), 409, "not_capturable") })
	})
	t.Run("ErrTwiceWithoutAKey", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.held(t)
		w.do(voidOf(p))
		w.changesNothing(t, func() { refused(t, w.do(voidOf(p)), 409, "not_capturable") })
	})
	notFound(t, "POST", "/api/v1/payment/%s/void", "payment_not_found", ids.Payment)
}
