package store

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
)

func TestTell(t *testing.T) {
	t.Parallel()
	t.Run("ToEveryEndpointThatHearsIt", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		all, paid, other := w.endpoint(1), w.endpoint(2, notify.OrderPaid, notify.RefundFailed), w.endpoint(3, notify.OrderExpired)
		e := fact(partner, 1, notify.OrderPaid)
		w.tell(e)
		h := w.history(e)
		require.Equal(t, e, h.Event)
		var to []ids.ID
		for _, d := range h.Deliveries {
			to = append(to, d.Endpoint)
			require.Equal(t, notify.Begin(e, d.Endpoint, start), d)
		}
		require.ElementsMatch(t, []ids.ID{all.ID, paid.ID}, to)
		require.Equal(t, []ids.ID{e.ID}, w.waiting(lane(all, e), start))
		require.Equal(t, []ids.ID{e.ID}, w.waiting(lane(paid, e), start))
		require.Empty(t, w.waiting(lane(other, e), start))
		require.Empty(t, w.due(start.Add(notify.FeedFirst-time.Millisecond)))
		require.Len(t, w.due(start.Add(notify.FeedFirst)), 2)
	})
	t.Run("TwiceIsOnce", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.endpoint(1)
		e := fact(partner, 1, notify.OrderPaid)
		w.tell(e)
		before := w.history(e)
		w.clock.Advance(time.Hour)
		w.endpoint(2)
		again := e
		again.Data = json.RawMessage(`{"version":1,"status":"another"}`)
		w.tell(again)
		require.Equal(t, before, w.history(e), "the bytes that were told first stay")
	})
	t.Run("AtOnceFromManySides", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.endpoint(1)
		e := fact(partner, 1, notify.OrderPaid)
		var all sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			all.Go(func() { errs[i] = w.Tell(t.Context(), e) })
		}
		all.Wait()
		for _, err := range errs {
			require.NoError(t, err)
		}
		require.Len(t, w.history(e).Deliveries, 1)
	})
	t.Run("NobodyHears", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		e := fact(partner, 1, notify.OrderPaid)
		w.tell(e)
		require.Empty(t, w.history(e).Deliveries)
		require.Empty(t, w.due(start.AddDate(1, 0, 0)))
	})
	t.Run("OthersDoNotHear", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.endpoint(1)
		e := fact(rival, 1, notify.OrderPaid)
		w.tell(e)
		require.Empty(t, w.history(e).Deliveries)
		live, err := notify.New(ids.Live, partner, notify.OrderPaid, e.Object, 1, start, e.Data)
		require.NoError(t, err)
		w.tell(live)
		h, err := w.Event(t.Context(), ids.Live, partner, live.ID)
		require.NoError(t, err)
		require.Empty(t, h.Deliveries)
		_, err = w.Event(t.Context(), ids.Test, partner, live.ID)
		require.ErrorIs(t, err, notify.ErrEventNotFound)
		_, err = w.Event(t.Context(), ids.Test, partner, e.ID)
		require.ErrorIs(t, err, notify.ErrEventNotFound, "of another partner")
	})
	t.Run("ErrEvent", func(t *testing.T) {
		t.Parallel()
		e := fact(partner, 1, notify.OrderPaid)
		e.Version = 2
		require.ErrorIs(t, setup(t).Tell(t.Context(), e), notify.ErrEvent)
	})
	t.Run("ANewEndpointHearsWithinAMinute", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.tell(fact(partner, 1, notify.OrderPaid))
		elsewhere := w.Store
		w.Store = w.process()
		w.endpoint(1)
		w.Store = elsewhere
		w.tell(fact(partner, 2, notify.OrderPaid))
		require.Empty(t, w.history(fact(partner, 2, notify.OrderPaid)).Deliveries)
		w.clock.Advance(CacheTime)
		w.tell(fact(partner, 3, notify.OrderPaid))
		require.Len(t, w.history(fact(partner, 3, notify.OrderPaid)).Deliveries, 1)
		require.Equal(t, int64(2), w.Misses())
	})
}

func TestTold(t *testing.T) {
	t.Parallel()
	w := setup(t)
	var all []ids.ID
	for n := range 150 {
		e := fact(partner, n, notify.OrderPaid)
		if n%2 == 0 {
			w.tell(e)
		}
		all = append(all, e.ID, e.ID)
	}
	w.count.Reset()
	told, err := w.Told(t.Context(), ids.Test, all...)
	require.NoError(t, err)
	require.Len(t, told, 75)
	require.True(t, told[all[0]])
	require.False(t, told[all[2]])
	require.Equal(t, 3, w.count.Snapshot().Total.Trips)
	none, err := w.Told(t.Context(), ids.Live, all[0])
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestEvents(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for n := range 7 {
		w.tell(fact(partner, n, notify.OrderPaid))
	}
	w.tell(fact(rival, 1, notify.OrderPaid))
	t.Run("NewestFirstPageByPage", func(t *testing.T) {
		t.Parallel()
		var seen []ids.ID
		after, pages := "", 0
		for first := true; first || after != ""; first = false {
			list, next, err := w.Events(t.Context(), ids.Test, partner, Window{After: after, Limit: 3})
			require.NoError(t, err)
			for _, e := range list {
				seen = append(seen, e.ID)
			}
			after, pages = next, pages+1
		}
		require.Equal(t, 3, pages)
		require.Len(t, seen, 7)
		for i, id := range seen {
			require.Equal(t, fact(partner, 6-i, notify.OrderPaid).ID, id)
		}
	})
	t.Run("Between", func(t *testing.T) {
		t.Parallel()
		list, next, err := w.Events(t.Context(), ids.Test, partner, Window{From: start.Add(2 * time.Second), To: start.Add(4 * time.Second), Limit: 100})
		require.NoError(t, err)
		require.Empty(t, next)
		require.Len(t, list, 2)
	})
	t.Run("ErrPosition", func(t *testing.T) {
		t.Parallel()
		_, _, err := w.Events(t.Context(), ids.Test, partner, Window{After: "nonsense", Limit: 3})
		require.ErrorIs(t, err, ErrPosition)
	})
}
