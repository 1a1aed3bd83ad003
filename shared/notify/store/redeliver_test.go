package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
)

func TestRedeliver(t *testing.T) {
	t.Parallel()
	paid := fact(partner, 1, notify.OrderPaid)
	again := func(w *world, endpoint ids.ID) (History, error) {
		return w.Redeliver(w.t.Context(), ids.Test, partner, paid.ID, endpoint)
	}
	t.Run("WhateverBecameOfIt", func(t *testing.T) {
		t.Parallel()
		for _, end := range []func(notify.Delivery) notify.Delivery{
			notify.Delivery.Drop, notify.Delivery.GiveUp, func(d notify.Delivery) notify.Delivery { return d },
			func(d notify.Delivery) notify.Delivery { return d.Tried(notify.Answered(start, 0, 200), start) },
			func(d notify.Delivery) notify.Delivery { return d.Tried(notify.Answered(start, 0, 500), start) },
		} {
			w := setup(t)
			e := w.endpoint(1)
			w.tell(paid)
			was := w.history(paid).Deliveries[0]
			if is := end(was); is.Version != was.Version {
				_, err := w.Outcome(t.Context(), was, is)
				require.NoError(t, err)
			}
			w.clock.Advance(24 * time.Hour)
			h, err := again(w, e.ID)
			require.NoError(t, err)
			require.Equal(t, w.history(paid), h)
			require.Equal(t, notify.Waiting, h.Deliveries[0].Status)
			require.Equal(t, w.clock.Now(), h.Deliveries[0].Since)
			require.Equal(t, []ids.ID{paid.ID}, w.waiting(lane(e, paid), w.clock.Now()))
		}
	})
	t.Run("ToAllThatHearItOrHaveHeardIt", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		first, deleted := w.endpoint(1), w.endpoint(2)
		w.tell(paid)
		require.NoError(t, w.Delete(t.Context(), ids.Test, partner, deleted.ID))
		late, deaf := w.endpoint(3), w.endpoint(4, notify.OrderExpired)
		h, err := again(w, ids.ID{})
		require.NoError(t, err)
		require.Equal(t, w.history(paid).Event, h.Event)
		require.ElementsMatch(t, w.history(paid).Deliveries, h.Deliveries)
		require.Len(t, h.Deliveries, 3)
		require.Equal(t, []ids.ID{paid.ID}, w.waiting(lane(first, paid), start))
		require.Equal(t, []ids.ID{paid.ID}, w.waiting(lane(late, paid), start))
		require.Empty(t, w.waiting(lane(deaf, paid), start))
		_, err = again(w, deaf.ID)
		require.NoError(t, err, "whom the partner names, hears")
		require.Equal(t, []ids.ID{paid.ID}, w.waiting(lane(deaf, paid), start))
	})
	t.Run("WakesTheLane", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		e := w.endpoint(1)
		w.tell(paid)
		c, err := w.Claim(t.Context(), lane(e, paid))
		require.NoError(t, err)
		require.NoError(t, w.Release(t.Context(), c, notify.Lane{Failures: 9, Wake: start.Add(time.Hour)}))
		_, err = w.Claim(t.Context(), lane(e, paid))
		require.ErrorIs(t, err, ErrBusy)
		_, err = again(w, e.ID)
		require.NoError(t, err)
		_, err = w.Claim(t.Context(), lane(e, paid))
		require.NoError(t, err)
	})
	t.Run("WinsOverAnOutcome", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.endpoint(1)
		w.tell(paid)
		was := w.history(paid).Deliveries[0]
		_, err := again(w, ids.ID{})
		require.NoError(t, err)
		kept, err := w.Outcome(t.Context(), was, was.Tried(notify.Answered(start, 0, 200), start))
		require.NoError(t, err)
		require.False(t, kept)
		require.Equal(t, notify.Waiting, w.history(paid).Deliveries[0].Status)
	})
	t.Run("ErrEventNotFound", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		e := w.endpoint(1)
		_, err := again(w, e.ID)
		require.ErrorIs(t, err, notify.ErrEventNotFound)
		w.tell(paid)
		_, err = w.Redeliver(t.Context(), ids.Test, rival, paid.ID, e.ID)
		require.ErrorIs(t, err, notify.ErrEventNotFound)
	})
	t.Run("ErrEndpointNotFound", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.tell(paid)
		_, err := again(w, ids.ID{})
		require.ErrorIs(t, err, notify.ErrEndpointNotFound)
		e := w.endpoint(1)
		_, err = again(w, ids.FromParts("no endpoint"))
		require.ErrorIs(t, err, notify.ErrEndpointNotFound)
		require.NoError(t, w.Disable(t.Context(), e))
		_, err = again(w, e.ID)
		require.ErrorIs(t, err, notify.ErrEndpointNotFound)
	})
}

func TestReadChange(t *testing.T) {
	t.Parallel()
	w := setup(t)
	e, paid := w.endpoint(1), fact(partner, 1, notify.OrderPaid)
	seen := 0
	follow := func() (all []Changed) {
		changes, err := w.engine.Changes(t.Context(), 1000)
		require.NoError(t, err)
		for _, c := range changes[seen:] {
			if is, ok := ReadChange(c); ok {
				all = append(all, is)
			}
		}
		seen = len(changes)
		return all
	}
	require.Empty(t, follow(), "nothing follows from an endpoint")
	w.tell(paid)
	d := w.history(paid).Deliveries[0]
	require.Equal(t, []Changed{{OnItsWay: &d}}, follow())
	failed := d.Tried(notify.Answered(start, 0, 500), start)
	_, err := w.Outcome(t.Context(), d, failed)
	require.NoError(t, err)
	_, err = w.MoveDue(t.Context(), dueOf(failed), start.Add(time.Hour))
	require.NoError(t, err)
	require.Empty(t, follow(), "it goes on waiting")
	w.clock.Advance(time.Second)
	h, err := w.Redeliver(t.Context(), ids.Test, partner, paid.ID, e.ID)
	require.NoError(t, err)
	require.Equal(t, []Changed{{OnItsWay: &h.Deliveries[0]}}, follow())
	require.NoError(t, w.Disable(t.Context(), e))
	require.NoError(t, w.Disable(t.Context(), e))
	gone := follow()
	require.Len(t, gone, 1)
	require.Equal(t, e.ID, gone[0].Disabled.ID)
	require.NoError(t, w.Delete(t.Context(), ids.Test, partner, e.ID))
	deleted := follow()
	require.Len(t, deleted, notify.Lanes)
	for _, c := range deleted {
		require.Equal(t, partner, c.Deleted.Partner)
	}
}
