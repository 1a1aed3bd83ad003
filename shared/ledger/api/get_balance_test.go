package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/api"
)

func TestGetBalance(t *testing.T) {
	t.Parallel()
	t.Run("Nothing", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, `{"items":[]}`+"\n", setup(t).do(get("/api/v1/balance")).Body.String())
	})
	t.Run("PostedIsAvailableAndReserved", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 0, 2)
		w.settled(t)
		w.paid(t, 10, 1)
		got := read[api.Balances](t, w.trips(t, 2, get("/api/v1/balance")), 200)
		require.Equal(t, []api.Balance{{Currency: "RUB", Posted: roubles(3 * 146_250), Available: roubles(146_250), Reserved: roubles(2 * 146_250)}}, got.Items)
		require.Equal(t, got, read[api.Balances](t, w.do(get("/api/v1/balance?currency=RUB")), 200))
		require.Empty(t, read[api.Balances](t, w.do(get("/api/v1/balance?currency=KZT")), 200).Items)
	})
	t.Run("ADebt", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		back, err := ledger.Refunded(payment(1, false), ledger.Refund{ID: payment(1, false).ID, Amount: 150_000}, start)
		require.NoError(t, err)
		w.post(t, back)
		require.Equal(t, roubles(-150_000), read[api.Balances](t, w.do(get("/api/v1/balance")), 200).Items[0].Posted)
	})
	t.Run("OtherPartnersAndModesAreApart", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 0, 1)
		for _, other := range []string{rival, shopLive} {
			require.Empty(t, read[api.Balances](t, w.do(get("/api/v1/balance").by(other)), 200).Items)
		}
	})
	t.Run("ErrCurrency", func(t *testing.T) {
		t.Parallel()
		refused(t, setup(t), get("/api/v1/balance?currency=XXX"), 422, "/api/v1/balance", "validation_failed")
	})
	t.Run("ErrOfAnOperator", func(t *testing.T) {
		t.Parallel()
		refused(t, setup(t), get("/api/v1/balance").by(operator), 403, "/api/v1/balance", "forbidden_scope")
	})
}
