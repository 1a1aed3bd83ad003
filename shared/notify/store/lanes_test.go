package store

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
)

func TestClaim(t *testing.T) {
	t.Parallel()
	t.Run("OneHolderAtATime", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		n := LaneName{ids.Test, w.endpoint(1).ID, 1}
		var all sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			all.Go(func() { _, errs[i] = w.Claim(t.Context(), n) })
		}
		all.Wait()
		held := 0
		for _, err := range errs {
			if err == nil {
				held++
			} else {
				require.ErrorIs(t, err, ErrBusy)
			}
		}
		require.Equal(t, 1, held)
		_, err := w.Claim(t.Context(), LaneName{n.Mode, n.Endpoint, 0})
		require.NoError(t, err, "the other lane is free")
	})
	t.Run("ALeaseEnds", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		e := w.endpoint(1)
		n := LaneName{ids.Test, e.ID, 0}
		first, err := w.Claim(t.Context(), n)
		require.NoError(t, err)
		w.clock.Advance(notify.LeaseTime - time.Millisecond)
		_, err = w.Claim(t.Context(), n)
		require.ErrorIs(t, err, ErrBusy)
		w.clock.Advance(time.Millisecond)
		second, err := w.Claim(t.Context(), n)
		require.NoError(t, err)
		_, err = w.Look(t.Context(), first, partner, ids.ID{})
		require.ErrorIs(t, err, ErrBusy, "the first claim has ended")
		require.NoError(t, w.Release(t.Context(), first, notify.Lane{Wake: start.AddDate(1, 0, 0)}))
		held, err := w.Look(t.Context(), second, partner, ids.ID{})
		require.NoError(t, err)
		require.Equal(t, second.holder, held.Lane.Holder, "a late release changes nothing")
		require.Zero(t, held.Lane.Wake)
	})
	t.Run("ASleepingLane", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		n := LaneName{ids.Test, w.endpoint(1).ID, 0}
		c, err := w.Claim(t.Context(), n)
		require.NoError(t, err)
		h, err := w.Look(t.Context(), c, partner, ids.ID{})
		require.NoError(t, err)
		l := h.Lane
		for range 3 {
			l = l.After(notify.Answered(start, 0, 500), start)
		}
		require.NoError(t, w.Release(t.Context(), c, l))
		_, err = w.Claim(t.Context(), n)
		require.ErrorIs(t, err, ErrBusy)
		lanes, err := w.Lanes(t.Context(), n, LaneName{ids.Live, n.Endpoint, 0})
		require.NoError(t, err)
		require.Len(t, lanes, 1)
		require.Equal(t, start.Add(time.Minute), lanes[n].Busy(start))
		require.Equal(t, 3, lanes[n].Failures)
		w.clock.Advance(time.Minute)
		c, err = w.Claim(t.Context(), n)
		require.NoError(t, err)
		require.NoError(t, w.Release(t.Context(), c, l.After(notify.Answered(start, 0, 200), w.clock.Now())))
		lanes, err = w.Lanes(t.Context(), n)
		require.NoError(t, err)
		require.Equal(t, notify.Lane{Mode: ids.Test, Endpoint: n.Endpoint, Partner: partner, LastSuccess: w.clock.Now()}, lanes[n], "health is lowered, too")
	})
	t.Run("WhatAClaimSees", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		e, paid := w.endpoint(1), fact(partner, 1, notify.OrderPaid)
		w.tell(paid)
		c, err := w.Claim(t.Context(), lane(e, paid))
		require.NoError(t, err)
		w.count.Reset()
		h, err := w.Look(t.Context(), c, partner, paid.ID)
		require.NoError(t, err)
		require.Equal(t, 1, w.count.Snapshot().Total.Trips)
		require.Equal(t, e, h.Endpoint)
		require.Equal(t, []Parcel{{Delivery: notify.Begin(paid, e.ID, start), What: paid, Known: true}}, h.Named)
		h, err = w.Look(t.Context(), c, partner, fact(partner, 2, notify.OrderPaid).ID)
		require.NoError(t, err)
		require.Empty(t, h.Named)
		_, err = w.Look(t.Context(), c, rival, paid.ID)
		require.ErrorIs(t, err, ErrNoLane, "the endpoint is another's")
		require.NoError(t, w.Delete(t.Context(), ids.Test, partner, e.ID))
		_, err = w.Look(t.Context(), c, partner, paid.ID)
		require.ErrorIs(t, err, ErrNoLane)
		require.NoError(t, w.Release(t.Context(), c, h.Lane))
		_, err = w.Claim(t.Context(), lane(e, paid))
		require.ErrorIs(t, err, ErrNoLane, "a release does not bring a lane back")
	})
}

func TestOutcome(t *testing.T) {
	t.Parallel()
	w := setup(t)
	e, paid := w.endpoint(1), fact(partner, 1, notify.OrderPaid)
	w.tell(paid)
	was := w.history(paid).Deliveries[0]
	failed := was.Tried(notify.Answered(start, time.Second, 500), start)
	kept, err := w.Outcome(t.Context(), was, failed)
	require.NoError(t, err)
	require.True(t, kept)
	require.Equal(t, failed, w.history(paid).Deliveries[0])
	require.Empty(t, w.waiting(lane(e, paid), start))
	require.Equal(t, []ids.ID{paid.ID}, w.waiting(lane(e, paid), failed.Next))
	require.Equal(t, []ids.ID{paid.ID}, w.waiting(lane(e, paid), time.Time{}))
	kept, err = w.Outcome(t.Context(), was, was.Drop())
	require.NoError(t, err)
	require.False(t, kept, "what stands is newer")
	done := failed.Tried(notify.Answered(failed.Next, time.Second, 200), failed.Next)
	kept, err = w.Outcome(t.Context(), failed, done)
	require.NoError(t, err)
	require.True(t, kept)
	require.Equal(t, done, w.history(paid).Deliveries[0])
	require.Empty(t, w.waiting(lane(e, paid), time.Time{}))
	require.Empty(t, w.due(start.AddDate(1, 0, 0)))
}

func TestDue(t *testing.T) {
	t.Parallel()
	w := setup(t)
	e, paid := w.endpoint(1), fact(partner, 1, notify.OrderPaid)
	w.tell(paid)
	first := w.due(start.Add(notify.FeedFirst))[0]
	require.Equal(t, Due{ids.Test, e.ID, notify.LaneOf(paid.ID), paid.ID, start.Add(notify.FeedFirst)}, first)
	require.Equal(t, lane(e, paid), first.Name())
	oldest, err := w.OldestDue(t.Context(), ids.Test, int(e.ID[0])%DueShards)
	require.NoError(t, err)
	require.Equal(t, first.At, oldest)
	claimed, err := w.MoveDue(t.Context(), first, start.Add(time.Hour))
	require.NoError(t, err)
	require.True(t, claimed)
	claimed, err = w.MoveDue(t.Context(), first, start.Add(2*time.Hour))
	require.NoError(t, err)
	require.False(t, claimed, "another sweeper was first")
	require.Empty(t, w.due(start.Add(time.Hour-1)))
	moved := w.due(start.Add(time.Hour))[0]
	d := w.history(paid).Deliveries[0]
	require.Equal(t, moved.At, d.Due)
	_, err = w.Outcome(t.Context(), d, d.Drop())
	require.NoError(t, err)
	claimed, err = w.MoveDue(t.Context(), moved, start.Add(2*time.Hour))
	require.NoError(t, err)
	require.False(t, claimed, "it waits no more")
	none, err := w.OldestDue(t.Context(), ids.Live, 0)
	require.NoError(t, err)
	require.Zero(t, none)
}
