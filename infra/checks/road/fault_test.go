package road

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/payments"
)

// TestEveryFaultAtEveryCall goes each road once without fault and writes down its external calls; then again for every call
// and every way in which it can break. All go without the feed of
// changes, the paid ones with it as well.
func TestEveryFaultAtEveryCall(t *testing.T) {
	t.Parallel()
	for _, way := range ways {
		t.Run(way.name+"ByDueKeysAlone", func(t *testing.T) { t.Parallel(); everyFault(t, way, true) })
	}
	for _, way := range ways[:2] {
		t.Run(way.name+"WithTheFeed", func(t *testing.T) { t.Parallel(); everyFault(t, way, false) })
	}
}

func everyFault(t *testing.T, way way, noFeed bool) {
	t.Helper()
	calm := setup(t, options{noFeed: noFeed})
	way.ends(calm, t.Context(), way.goes(calm, t.Context()))
	require.Empty(t, calm.alarms(t.Context()))
	trace := calm.line.trace
	require.Greater(t, len(trace), 20)
	for n, call := range trace {
		if underRace && n%7 != 0 {
			continue
		}
		for name, how := range damages {
			t.Run(fmt.Sprintf("%03d %s/%s", n, call, name), func(t *testing.T) {
				t.Parallel()
				broken(t, way, options{noFeed: noFeed, at: n, how: how})
			})
		}
	}
}

func broken(t *testing.T, way way, o options) {
	t.Helper()
	ctx := context.Background()
	w := setup(t, o)
	order := way.goes(w, ctx)
	require.True(t, w.line.struck, "the fault did not happen")
	way.ends(w, ctx, order)
	for _, kind := range w.alarms(ctx) {
		// The bank tells again only after an hour what we did not take.
		require.Equal(t, payments.ReceiptMissing, kind)
		require.NotContains(t, []damage{errorBefore, errorAfter}, o.how)
	}
}
