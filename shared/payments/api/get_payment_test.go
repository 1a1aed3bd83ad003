package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
)

func TestGetPayment(t *testing.T) {
	t.Parallel()
	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, p := w.paid(t)
		require.Equal(t, o.UUID, p.OrderUUID)
		require.Equal(t, "paid", p.Status)
		require.Equal(t, p.Amount, p.Captured)
		require.Equal(t, p.Amount, p.Refundable)
		require.Equal(t, "430000******0777", p.Card.Pan)
		require.Equal(t, p.RedirectURL, p.Link, "the original's word")
		require.Nil(t, p.Decline)
	})
	t.Run("AnOpenOneTellsWhenTheBankIsAskedNext", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.payment(t, w.order(t, "").UUID, "card")
		got := w.getPayment(t, p.UUID)
		require.Equal(t, "pending", got.Status)
		require.Equal(t, "2026-11-22T09:01:00.000Z", got.NextCheckAt)
		require.Nil(t, got.Card)
	})
	t.Run("ErrNoSuchAttempt", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.payment(t, w.order(t, "").UUID, "card")
		refused(t, w.do(get("/api/v1/payment/"+p.OrderUUID.Child(ids.Payment, 2).String())), 404, "payment_not_found")
	})
	notFound(t, "GET", "/api/v1/payment/%s", "payment_not_found", ids.Payment)
}
