package draw_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/docs/draw"
	"giberno.ru/shared/payments"
)

func has(m draw.Machine, from, to string) bool {
	return slices.ContainsFunc(m.Edges, func(e draw.Edge) bool { return e.From == from && e.To == to })
}

func TestPaymentStates(t *testing.T) {
	t.Parallel()
	attempts, orders := draw.States().Attempts, draw.States().Orders
	t.Run("PaidIsNeverLeft", func(t *testing.T) {
		t.Parallel()
		for _, s := range payments.Statuses {
			require.False(t, has(attempts, "paid", string(s)), "paid → %s", s)
		}
	})
	t.Run("ASuccessAlwaysWins", func(t *testing.T) {
		t.Parallel()
		for _, s := range payments.Statuses {
			if s != payments.Paid {
				require.True(t, has(attempts, string(s), "paid"), "%s → paid", s)
			}
		}
	})
	t.Run("EveryStatusIsReached", func(t *testing.T) {
		t.Parallel()
		for _, s := range payments.Statuses[1:] {
			require.True(t, slices.ContainsFunc(attempts.Edges, func(e draw.Edge) bool { return e.To == string(s) }), s)
		}
	})
	t.Run("NobodyIsDeclinedByALostAnswer", func(t *testing.T) {
		t.Parallel()
		for _, e := range attempts.Edges {
			if e.To == string(payments.Declined) || e.To == string(payments.Failed) {
				for _, cause := range e.Causes {
					require.NotContains(t, cause, "lost", "%s → %s", e.From, e.To)
				}
			}
		}
	})
	t.Run("APaidOrderStaysPaid", func(t *testing.T) {
		t.Parallel()
		for _, to := range []string{"created", "pending", "cancelled", "expired"} {
			require.False(t, has(orders, "paid", to), "paid → %s", to)
		}
		require.False(t, has(orders, "cancelled", "paid"), "money for a cancelled order is an alarm, not a payment of it")
		require.True(t, has(orders, "expired", "paid"))
	})
}

func TestRefundStates(t *testing.T) {
	t.Parallel()
	refunds, orders := draw.States().Refunds, draw.States().Orders
	t.Run("TheirEndsAreNeverLeft", func(t *testing.T) {
		t.Parallel()
		for _, e := range refunds.Edges {
			require.NotContains(t, []string{"succeeded", "failed"}, e.From, "%s → %s", e.From, e.To)
		}
	})
	t.Run("EveryStatusIsReached", func(t *testing.T) {
		t.Parallel()
		for _, s := range payments.RefundStatuses[1:] {
			require.True(t, slices.ContainsFunc(refunds.Edges, func(e draw.Edge) bool { return e.To == string(s) }), s)
		}
	})
	t.Run("NothingFailsByALostAnswer", func(t *testing.T) {
		t.Parallel()
		for _, e := range refunds.Edges {
			if e.To == string(payments.RefundFailed) {
				for _, cause := range e.Causes {
					require.NotContains(t, cause, "lost", "%s → %s", e.From, e.To)
				}
			}
		}
	})
	t.Run("NothingIsGivenBackBeforeTheSecondOperatorAgrees", func(t *testing.T) {
		t.Parallel()
		for _, to := range []string{"succeeded", "unknown"} {
			require.False(t, has(refunds, "pending_approval", to), "pending_approval → %s", to)
		}
		require.True(t, has(refunds, "pending_approval", "pending"))
	})
	t.Run("AnOrderIsGivenBackInPartsOrAtOnce", func(t *testing.T) {
		t.Parallel()
		require.True(t, has(orders, "paid", "partially_refunded"))
		require.True(t, has(orders, "paid", "refunded"))
		require.True(t, has(orders, "partially_refunded", "refunded"))
		for _, from := range []string{"partially_refunded", "refunded"} {
			require.False(t, has(orders, from, "paid"), "%s → paid", from)
		}
		require.False(t, has(orders, "refunded", "partially_refunded"))
	})
}
