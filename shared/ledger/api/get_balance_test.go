package api_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/api"
	"giberno.ru/shared/platform/table"
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
	t.Run("OpenRefundsAreNotAvailable", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 0, 2)
		w.settled(t)
		w.paid(t, 10, 1)
		var asked []ids.ID
		w.service.Leaving = func(_ context.Context, m ids.Mode, partner ids.ID) (map[money.Currency]int64, error) {
			require.Equal(t, ids.Test, m)
			asked = append(asked, partner)
			return map[money.Currency]int64{money.RUB: 150_000, money.KZT: 7}, nil
		}
		got := read[api.Balances](t, w.trips(t, 2, get("/api/v1/balance")), 200)
		require.Equal(t, []api.Balance{{Currency: "RUB", Posted: roubles(3 * 146_250), Available: roubles(146_250 - 150_000), Reserved: roubles(2 * 146_250)}}, got.Items,
			"more may be on its way back than what is left, and a currency without a book has no balance")
		require.Equal(t, []ids.ID{shopID}, asked)
	})
	t.Run("OneThatIsPostedMeanwhileIsNeverMissed", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 0, 2)
		w.service.Leaving = func(context.Context, ids.Mode, ids.ID) (map[money.Currency]int64, error) {
			back, err := ledger.Refunded(payment(0, false), ledger.Refund{ID: payment(0, false).ID, Amount: 150_000}, start)
			require.NoError(t, err)
			w.post(t, back)
			return nil, nil // the ledger had it before the list was read
		}
		require.Equal(t, roubles(2*146_250-150_000), read[api.Balances](t, w.do(get("/api/v1/balance")), 200).Items[0].Available)
	})
	t.Run("ErrRefundsNotRead", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 0, 1)
		w.service.Leaving = func(context.Context, ids.Mode, ids.ID) (map[money.Currency]int64, error) {
			return nil, table.ErrUnavailable
		}
		require.Equal(t, 503, w.do(get("/api/v1/balance")).Code, "more than there is must not be shown")
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
