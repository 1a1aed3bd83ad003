package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
)

func TestGetOrder(t *testing.T) {
	t.Parallel()
	t.Run("WithItsPayments", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, p := w.paid(t)
		require.Equal(t, "paid", o.Status)
		require.Equal(t, o.Total, o.Paid)
		require.Len(t, o.Payments, 1)
		require.Equal(t, p, o.Payments[0])
		require.Empty(t, o.Receipts)
	})
	t.Run("OneQueryNoWrite", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, _ := w.paid(t)
		w.table.Reset()
		w.getOrder(t, o.UUID)
		require.Equal(t, 1, w.table.Snapshot().ByOp["query"].Trips)
		require.Equal(t, 1, w.table.Snapshot().Total.Trips)
	})
	t.Run("TheIDMayBeInCapitals", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order(t, "")
		require.Equal(t, 200, w.do(get("/api/v1/order/"+upper(o.UUID))).Code)
	})
	notFound(t, "GET", "/api/v1/order/%s", "order_not_found", ids.Root)
}
