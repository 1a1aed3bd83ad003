package road

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/payments"
)

// TestEveryFaultAtEveryCall goes each road once without fault and writes down its external calls; then again for every call
// and every way in which it can break. All go without the feed of changes, some with it as well.
func TestEveryFaultAtEveryCall(t *testing.T) {
	t.Parallel()
	for _, way := range ways {
		t.Run(way.name+"ByDueKeysAlone", func(t *testing.T) { t.Parallel(); everyFault(t, way, true) })
		if way.fed {
			t.Run(way.name+"WithTheFeed", func(t *testing.T) { t.Parallel(); everyFault(t, way, false) })
		}
	}
}

// sample: of the roads that are not the main ones, the plain tests break every third call; with the build tag pairs, every one.
const sample = 3

func everyFault(t *testing.T, way way, noFeed bool) {
	t.Helper()
	trace := way.whole(t, noFeed)
	for n, call := range trace {
		if underRace && n%7 != 0 || !everyPair && !way.fed && n%sample != 0 {
			continue
		}
		for name, how := range damages {
			if how.idle(call) || call == idleLook && how == crashAfter {
				continue
			}
			t.Run(fmt.Sprintf("%03d %s/%s", n, call, name), func(t *testing.T) {
				t.Parallel()
				way.broken(t, noFeed, stroke{n, how})
			})
		}
	}
}

// idle reports damage that is no other than one of the others: what a call without effect loses is the same before and
// after, and a look at an empty queue has nothing to lose but the process, or the calls behind it.
func (how damage) idle(call string) bool {
	switch {
	case call == idleLook:
		return how != outage && how != crashBefore && how != crashAfter
	case reads[call]:
		return how == errorAfter || how == crashAfter
	}
	return false
}

// whole goes the road without fault and gives its calls.
func (r way) whole(t *testing.T, noFeed bool) (trace []string) {
	t.Helper()
	w, ctx := setup(t, options{noFeed: noFeed, limit: r.limit}), context.Background()
	r.ends(w, ctx, r.goes(w, ctx))
	require.ElementsMatch(t, r.alarms, w.alarms(ctx))
	require.Greater(t, len(w.line.trace), 5)
	return w.line.trace
}

// broken goes the road with faults, and gives its calls: the road ends as ever.
func (r way) broken(t *testing.T, noFeed bool, faults ...stroke) (trace []string) {
	t.Helper()
	w, ctx := setup(t, options{noFeed: noFeed, limit: r.limit, faults: faults}), context.Background()
	defer func() {
		if t.Failed() {
			t.Log(w.story(ctx))
		}
	}()
	order := r.goes(w, ctx)
	if !r.unsteady {
		require.Equal(t, len(faults), w.line.struck, "faults that happened")
	}
	r.ends(w, ctx, order)
	alarms := w.alarms(ctx)
	for _, kind := range r.alarms {
		require.Contains(t, alarms, kind)
	}
	for _, kind := range alarms {
		if r.allows(kind) {
			continue
		}
		// The bank tells again only after an hour what we did not take.
		require.Equal(t, payments.ReceiptMissing, kind)
		require.NotSubset(t, []damage{errorBefore, errorAfter}, damagesOf(faults))
	}
	return w.line.trace
}

func damagesOf(faults []stroke) (all []damage) {
	for _, f := range faults {
		all = append(all, f.how)
	}
	return all
}
