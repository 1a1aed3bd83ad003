package road

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/payments"
)

// TestARefundThatReachesTheBankLate: after one look that shows no trace of it, nobody believes that it was lost.
func TestARefundThatReachesTheBankLate(t *testing.T) {
	t.Parallel()
	w, ctx := setup(t, options{noFeed: true}), t.Context()
	o := w.paid(ctx, banks.SBP)
	w.line.stray = "Cancel"
	require.NoError(t, partnerRefunds("a", 60_000)(w, ctx, o))
	w.clock.Advance(time.Minute)
	w.around(ctx)
	r, _ := w.load(ctx, o).Refund(1)
	require.Equal(t, payments.RefundUnknown, r.Status)
	require.False(t, r.MissedAt.IsZero(), "the bank was asked once")
	w.arrive()
	w.settle(ctx)
	gaveBack(part{60_000, payments.ByPartner})(w, ctx, o)
}
