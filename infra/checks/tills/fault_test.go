package tills

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/ledger"
	"giberno.ru/shared/payments"
)

// roads are what a till of ours makes receipts of.
var roads = []struct {
	name string
	goes func(w *world, ctx context.Context)
	fed  bool // it is gone with the table's feed of changes as well
}{
	{"Sale", func(w *world, ctx context.Context) { w.paid(ctx) }, true},
	{"SaleWithoutTerms", func(w *world, ctx context.Context) { w.pays(ctx, ledger.Terms{}) }, false},
	{"Refund", func(w *world, ctx context.Context) {
		w.line.calmly(func() {
			w.paid(ctx)
			w.settle(ctx)
		})
		w.givesBack(ctx, payments.RefundWish{Parts: []payments.Part{{Line: 1, Quantity: 1500}}})
	}, true},
	{"Fulfilment", func(w *world, ctx context.Context) {
		w.line.calmly(func() {
			w.paid(ctx)
			w.settle(ctx)
		})
		w.fulfils(ctx)
	}, false},
}

// TestEveryFaultAtEveryCall goes each road once without fault and writes down its external calls; then again for every call
// and every way in which it can break.
func TestEveryFaultAtEveryCall(t *testing.T) {
	t.Parallel()
	for _, road := range roads {
		t.Run(road.name+"ByDueKeysAlone", func(t *testing.T) { t.Parallel(); everyFault(t, road.goes, true) })
		if road.fed {
			t.Run(road.name+"WithTheFeed", func(t *testing.T) { t.Parallel(); everyFault(t, road.goes, false) })
		}
	}
}

func everyFault(t *testing.T, goes func(*world, context.Context), noFeed bool) {
	t.Helper()
	ctx := context.Background()
	calm := setup(t, options{noFeed: noFeed})
	goes(calm, ctx)
	calm.settle(ctx)
	calm.requireBooks(ctx)
	require.Empty(t, calm.alarms(ctx))
	for _, k := range calm.outbox.Messages() {
		require.Equal(t, 1, k.Times, "nothing broke")
	}
	trace := calm.line.trace
	require.Greater(t, len(trace), 5)
	for n, call := range trace {
		if underRace && n%7 != 0 {
			continue
		}
		for name, how := range damages {
			if how.pointless(call) {
				continue
			}
			t.Run(fmt.Sprintf("%03d %s/%s", n, call, name), func(t *testing.T) {
				t.Parallel()
				broken(t, goes, options{noFeed: noFeed, at: n, how: how})
			})
		}
	}
}

func broken(t *testing.T, goes func(*world, context.Context), o options) {
	t.Helper()
	w, ctx := setup(t, o), context.Background()
	defer func() {
		if t.Failed() {
			for _, r := range w.load(ctx).Receipts {
				t.Logf("%s %s tries %d checks %d %q", r.ID, r.Status, r.Tries, r.Checks, r.Failure)
			}
			t.Log(w.line.trace)
		}
	}()
	goes(w, ctx)
	w.settle(ctx)
	require.True(t, w.line.struck, "the fault did not happen")
	w.requireBooks(ctx)
	require.Empty(t, w.alarms(ctx), "a single fault calls nobody")
}
