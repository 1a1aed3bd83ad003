package payments_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/payments"
)

// TestTheDueKeyOfARefund: after its call a due key that is soon enough stays where it is, for moving it costs a write.
func TestTheDueKeyOfARefund(t *testing.T) {
	t.Parallel()
	minute := start.Add(time.Minute)
	done := func(w payments.Whole, now time.Time) payments.Refund {
		return payments.RefundAnswered(w, 1, banks.News{Status: banks.PartlyRefunded}, now).After.Refunds[0]
	}
	t.Run("StaysWhereTheBankIsQuick", func(t *testing.T) {
		t.Parallel()
		w := refunding(t, ours(t), 100)
		require.Equal(t, minute, w.Refunds[0].Due)
		for _, took := range []time.Duration{0, time.Second, 30 * time.Second} {
			require.Equal(t, minute, done(w, start.Add(took)).Due, took)
			require.Equal(t, minute, payments.RefundLost(w, 1, start.Add(took)).After.Refunds[0].Due, took)
		}
	})
	t.Run("MovesWhereTheFeedWouldHaveNoTime", func(t *testing.T) {
		t.Parallel()
		w := refunding(t, ours(t), 100)
		late := start.Add(30*time.Second + time.Millisecond)
		require.Equal(t, late.Add(payments.FeedFirst), done(w, late).Due)
		require.Equal(t, late.Add(time.Minute), payments.RefundLost(w, 1, late).After.Refunds[0].Due)
	})
	t.Run("MovesWhereItIsFarAway", func(t *testing.T) {
		t.Parallel()
		w := refunding(t, ours(t), 100)
		w.Refunds[0].Due = start.Add(4 * time.Hour)
		require.Equal(t, start.Add(payments.FeedFirst), done(w, start).Due, "what happened is looked at soon")
	})
	t.Run("WaitsGrowWhileTheBankIsSilent", func(t *testing.T) {
		t.Parallel()
		w := payments.RefundLost(refunding(t, ours(t), 100), 1, start).After
		for _, wait := range []time.Duration{2 * time.Minute, 5 * time.Minute, 10 * time.Minute} {
			now := w.Refunds[0].Due
			out, send := payments.SendRefund(w, 1, now)
			require.True(t, send)
			w = payments.RefundLost(out.After, 1, now).After
			require.Equal(t, now.Add(wait), w.Refunds[0].Due)
		}
	})
}
