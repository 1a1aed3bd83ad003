package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments/api"
)

func cancelOf(order ids.ID) call { return post("/api/v1/order/"+order.String()+"/cancel", "") }

func TestCancelOrder(t *testing.T) {
	t.Parallel()
	t.Run("NeverOpened", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order(t, "")
		w.clock.Advance(time.Minute)
		got := read[api.Order](t, w.do(cancelOf(o.UUID)), 200)
		require.Equal(t, "cancelled", got.Status)
		require.Equal(t, "2026-11-22T09:01:00.000Z", got.UpdatedAt)
		require.Equal(t, got, w.getOrder(t, o.UUID))
		require.Empty(t, w.bank.made())
	})
	t.Run("TheOpenPageIsClosedAtItsBankFirst", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order(t, "")
		w.payment(t, o.UUID, "card")
		require.Equal(t, "cancelled", read[api.Order](t, w.do(cancelOf(o.UUID)), 200).Status)
		require.Equal(t, []string{"open", "ask", "cancel"}, w.bank.made())
		require.Equal(t, "cancelled", w.getOrder(t, o.UUID).Payments[0].Status)
	})
	t.Run("ReplaySameBytes", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order(t, "")
		w.payment(t, o.UUID, "card")
		first := w.do(cancelOf(o.UUID).keyed("k"))
		w.clock.Advance(time.Hour)
		w.changesNothing(t, func() { same(t, first, w.do(cancelOf(o.UUID).keyed(`"k"`))) })
	})
	t.Run("ReplaySameBytesAfterALatePayment", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.bank.noCancel = true
		o := w.order(t, "")
		p := w.payment(t, o.UUID, "card")
		first := w.do(cancelOf(o.UUID).keyed("k"))
		w.clock.Advance(time.Minute)
		w.tell(t, p, "paid")
		require.Equal(t, "paid", w.getPayment(t, p.UUID).Status)
		same(t, first, w.do(cancelOf(o.UUID).keyed("k")))
	})
	t.Run("TwiceIsOnce", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order(t, "")
		first := w.do(cancelOf(o.UUID))
		w.clock.Advance(time.Hour)
		w.changesNothing(t, func() { require.Equal(t, first.Body.String(), w.do(cancelOf(o.UUID).keyed("k")).Body.String()) })
	})
	t.Run("ErrPaid", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, _ := w.paid(t)
		w.changesNothing(t, func() { refused(t, w.do(cancelOf(o.UUID)), 409, "order_already_paid") })
	})
	t.Run("ErrPaidAtTheBankMeanwhile", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order(t, "")
		p := w.payment(t, o.UUID, "card")
		w.bank.move(ids.Reference(ids.Test, p.OrderUUID, 1), "paid")
		refused(t, w.do(cancelOf(o.UUID)), 409, "order_already_paid")
		require.Equal(t, "paid", w.getOrder(t, o.UUID).Status)
		require.NotContains(t, w.bank.made(), "cancel")
	})
	t.Run("ErrExpired", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order(t, "")
		w.clock.Advance(25 * time.Hour)
		require.NoError(t, w.service.Teller.Expire(t.Context(), w.whole(t, ids.Test, o.UUID)))
		require.Equal(t, "expired", w.getOrder(t, o.UUID).Status)
		w.changesNothing(t, func() { refused(t, w.do(cancelOf(o.UUID)), 409, "order_expired") })
	})
	t.Run("ErrHeld", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.held(t)
		w.changesNothing(t, func() { refused(t, w.do(cancelOf(p.OrderUUID)), 409, "payment_in_progress") })
	})
	t.Run("ErrTheCancelsAnswerWasLost", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.bank.cancel = func(banks.Ref) (banks.News, error) { return banks.News{}, lost }
		o := w.order(t, "")
		w.payment(t, o.UUID, "card")
		refused(t, w.do(cancelOf(o.UUID)), 409, "payment_unknown")
		w.changesNothing(t, func() {
			a := w.do(cancelOf(o.UUID))
			refused(t, a, 409, "payment_unknown")
			require.NotEmpty(t, a.Header().Get("Retry-After"))
		})
	})
	t.Run("ErrBankSilent", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order(t, "")
		w.payment(t, o.UUID, "card")
		w.bank.ask = func(banks.Ref) (banks.News, error) { return banks.News{}, lost }
		w.changesNothing(t, func() { refused(t, w.do(cancelOf(o.UUID)), 502, "bank_unavailable") })
	})
	notFound(t, "POST", "/api/v1/order/%s/cancel", "order_not_found", ids.Root)
}
