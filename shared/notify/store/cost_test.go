package store

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
)

// TestCost counts what telling and delivering cost. A transaction writes twice.
func TestCost(t *testing.T) {
	t.Parallel()
	w := setup(t)
	cost := func(name string, trips, units, index int, do func()) {
		t.Helper()
		w.count.Reset()
		do()
		got := w.count.Snapshot().Total
		t.Logf("%s: %d round trips, %d base and %d index units", name, got.Trips, got.WriteUnits, got.IndexUnits)
		require.Equal(t, trips, got.Trips, name)
		require.LessOrEqual(t, got.WriteUnits, units, name)
		require.LessOrEqual(t, got.IndexUnits, index, name)
	}
	quiet := fact(rival, 1, notify.OrderPaid)
	cost("the first event of a process that nobody hears", 2, 1, 1, func() { w.tell(quiet) })
	cost("an event that nobody hears", 1, 1, 1, func() { w.tell(fact(rival, 2, notify.OrderPaid)) })
	e := w.endpoint(1)
	paid := fact(partner, 1, notify.OrderPaid)
	cost("the first event of a process", 2, 4, 3, func() { w.tell(paid) })
	cost("an event", 1, 4, 3, func() { w.tell(fact(partner, 2, notify.OrderPaid)) })
	cost("an event that was told", 1, 4, 0, func() { w.tell(paid) })
	large := fact(partner, 3, notify.OrderPaid)
	large.Data = json.RawMessage(`{"version":1,"x":"` + strings.Repeat("x", 19_000) + `"}`)
	cost("a large event", 1, 2*(19+1+1), 3, func() { w.tell(large) })
	cost("was it told", 1, 0, 0, func() { _, _ = w.Told(t.Context(), ids.Test, paid.ID, large.ID) })
	var c Claim
	cost("a claim", 1, 1, 0, func() {
		var err error
		c, err = w.Claim(t.Context(), lane(e, paid))
		require.NoError(t, err)
	})
	d := w.history(paid).Deliveries[0]
	cost("a failure", 1, 1, 4, func() {
		failed := d.Tried(notify.Answered(start, time.Second, 500), start)
		_, err := w.Outcome(t.Context(), d, failed)
		require.NoError(t, err)
		d = failed
	})
	cost("a success", 1, 1, 2, func() {
		_, err := w.Outcome(t.Context(), d, d.Tried(notify.Answered(start, time.Second, 200), start))
		require.NoError(t, err)
	})
	cost("a release", 1, 1, 0, func() { require.NoError(t, w.Release(t.Context(), c, notify.Lane{LastSuccess: start})) })
	cost("asking for it again", 3, 4, 2, func() {
		_, err := w.Redeliver(t.Context(), ids.Test, partner, paid.ID, ids.ID{})
		require.NoError(t, err)
	})
	for n := range notify.MaxEndpoints - 1 {
		w.endpoint(n + 2)
	}
	cost("an event that ten endpoints hear", 2, 2*11, 1+2*10, func() { w.tell(fact(partner, 4, notify.OrderPaid)) })
	cost("asking ten endpoints again", 3, 2*20, 2*20, func() {
		_, err := w.Redeliver(t.Context(), ids.Test, partner, paid.ID, ids.ID{})
		require.NoError(t, err)
	})
	cost("listing endpoints", 2, 0, 0, func() { _, _ = w.Endpoints(t.Context(), ids.Test, partner) })
}
