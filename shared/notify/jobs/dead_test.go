package jobs

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/platform/table/faulty"
)

const (
	healthy = "https://well.example/"
	dead    = "https://dead.example/"
)

// deaf answers for the healthy endpoint, and lets the dead one time out.
func (w *world) deaf(req *http.Request) (outbound.Answer, error) {
	if req.URL.String() == healthy {
		return outbound.Answer{Status: 200}, nil
	}
	w.clock.Advance(notify.Timeout)
	return outbound.Answer{}, http.ErrHandlerTimeout
}

func (w *world) requests(url string) (n int) {
	for _, r := range w.ears.requests {
		if r.url == url {
			n++
		}
	}
	return n
}

func TestADeadEndpoint(t *testing.T) {
	t.Parallel()
	t.Run("SlowsNobodyElse", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.endpoint(dead)
		w.endpoint(healthy)
		w.ears.answer = w.deaf
		for n := range 6 { // six failures in each lane: all rests up to half an hour
			w.tell(inLane(partner, 0, 6)[n], inLane(partner, 1, 6)[n])
		}
		w.pass(2 * time.Hour)
		before := w.requests(dead)
		for n := 100; n < 200; n++ {
			told := w.clock.Now()
			e := fact(partner, n)
			w.tell(e)
			w.relay()
			w.work()
			for _, d := range w.history(e) {
				if len(d.Tries) > 0 && d.Status == notify.Delivered {
					require.Less(t, d.Tries[0].At.Sub(told), 3*notify.Timeout)
				}
			}
			w.pass(time.Minute)
		}
		require.Equal(t, 112, w.requests(healthy))
		require.LessOrEqual(t, w.requests(dead)-before, 2*notify.Lanes+2, "two requests for each hour of sleep")
	})
	t.Run("CostsAtMostTwoRequestsPerSleep", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		e, _ := w.endpoint(dead)
		w.ears.answer = w.deaf
		for n := range 60 {
			w.tell(fact(partner, n))
		}
		for range 6 * 60 {
			w.pass(time.Minute)
		}
		// Three failures of each lane, then a probe after 1, 5, 15, 30 and 60 minutes, and one each hour from there on.
		require.LessOrEqual(t, len(w.ears.requests), notify.Lanes*(3+5+5))
		require.GreaterOrEqual(t, len(w.ears.requests), notify.Lanes*(3+5+2))
		list, err := w.store.Endpoints(t.Context(), ids.Test, partner)
		require.NoError(t, err)
		require.Equal(t, e.ID, list[0].ID)
		require.Less(t, list[0].FailingSince.Sub(start), time.Minute)
		require.Zero(t, list[0].LastDelivered)
		w.ears.answer = nil // well again
		w.pass(62 * time.Minute)
		for n := range 60 {
			require.Equal(t, notify.Delivered, w.status(fact(partner, n)))
		}
		w.nothingWaits()
	})
	t.Run("IsGivenUpAfterThreeDays", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.endpoint(dead)
		w.ears.answer = w.deaf
		all := inLane(partner, 0, 60)
		w.tell(all...)
		w.relay()
		w.work()
		until := func(age time.Duration) {
			for w.clock.Now().Sub(start) < age {
				w.clock.Advance(3 * time.Hour)
				w.sweepAll()
				w.work()
			}
		}
		until(notify.OnTheWay - 4*time.Hour)
		for _, e := range all {
			require.Equal(t, notify.Waiting, w.status(e))
		}
		until(notify.OnTheWay + 2*time.Hour)
		asked, failed := len(w.ears.requests), 0
		for _, e := range all {
			if w.status(e) == notify.Failed {
				failed++
			}
		}
		require.GreaterOrEqual(t, failed, len(all)-asked, "what was never tried goes with the first probe")
		require.Less(t, asked, len(all))
		until(2*notify.OnTheWay + 2*time.Hour)
		for _, e := range all {
			require.Equal(t, notify.Failed, w.status(e))
		}
		w.nothingWaits()
	})
}

func TestSweep(t *testing.T) {
	t.Parallel()
	t.Run("LeavesAHeldLaneAlone", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.endpoint(address)
		paid := fact(partner, 1)
		w.tell(paid)
		w.clock.Advance(notify.FeedFirst)
		d := drainOf(w, paid)
		c, err := w.store.Claim(t.Context(), d.name())
		require.NoError(t, err)
		require.Equal(t, Swept{Seen: 1}, w.sweepAll())
		require.Equal(t, c.Until, w.history(paid)[0].Due)
		w.clock.Advance(notify.LeaseTime)
		require.Equal(t, Swept{Seen: 1, Enqueued: 1}, w.sweepAll())
		require.Equal(t, Swept{}, w.sweepAll(), "its claim holds")
		require.Equal(t, w.clock.Now().Add(patience), w.history(paid)[0].Due)
		w.work()
		require.Equal(t, notify.Delivered, w.status(paid))
	})
	t.Run("LetsASleepingLaneSleep", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.endpoint(address)
		paid := fact(partner, 1)
		w.tell(paid)
		d := drainOf(w, paid)
		c, err := w.store.Claim(t.Context(), d.name())
		require.NoError(t, err)
		require.NoError(t, w.store.Release(t.Context(), c, notify.Lane{Failures: 9, Wake: start.Add(time.Hour)}))
		w.clock.Advance(notify.FeedFirst + time.Minute)
		require.Equal(t, Swept{Seen: 1, Overdue: time.Minute}, w.sweepAll())
		require.Equal(t, start.Add(time.Hour), w.history(paid)[0].Due)
	})
	t.Run("TwoSweepersSendOneJob", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.endpoint(address)
		w.tell(fact(partner, 1))
		w.clock.Advance(notify.FeedFirst)
		var first Swept
		w.table.SetPlan(func(c faulty.Call) faulty.Fault {
			if c.Op == faulty.OpGetMany { // the second has read the page
				w.table.SetPlan(nil)
				first = w.sweepAll()
			}
			return faulty.None
		})
		require.Equal(t, Swept{Seen: 1}, w.sweepAll())
		require.Equal(t, Swept{Seen: 1, Enqueued: 1}, first)
	})
	t.Run("SendsOneJobForALaneHoweverManyWait", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.endpoint(address)
		w.tell(inLane(partner, 0, 150)...)
		w.clock.Advance(notify.FeedFirst)
		require.Equal(t, Swept{Seen: 150, Enqueued: 1}, w.sweepAll())
	})
}
