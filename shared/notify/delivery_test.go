package notify_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/notify"
)

func begun(t testing.TB) notify.Delivery {
	t.Helper()
	return notify.Begin(event(t, notify.OrderPaid, `{"version":1}`), object, start)
}

func failure(at time.Time) notify.Attempt { return notify.Answered(at, time.Second, 500) }

func TestDelivery(t *testing.T) {
	t.Parallel()
	t.Run("BeginsAtOnceAndIsDueBehindItsJob", func(t *testing.T) {
		t.Parallel()
		d := begun(t)
		require.Equal(t, notify.Waiting, d.Status)
		require.Equal(t, start, d.Next)
		require.Equal(t, start.Add(notify.FeedFirst), d.Due)
		require.Equal(t, int64(1), d.Version)
	})
	t.Run("WaitsAsThePolicySays", func(t *testing.T) {
		t.Parallel()
		d, now := begun(t), start
		var waits []time.Duration
		for d.Status == notify.Waiting && len(waits) < 100 {
			now = d.Next
			if d = d.Tried(failure(now), now); d.Status == notify.Waiting {
				waits = append(waits, d.Next.Sub(now))
			}
		}
		h := time.Hour
		require.Equal(t, []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * h, 5 * h, 10 * h, 10 * h, 10 * h, 10 * h, 10 * h, 10 * h,
			72*h - (67*h + 35*time.Minute + 5*time.Second)}, waits)
		require.Equal(t, notify.Failed, d.Status)
		require.Equal(t, start.Add(notify.OnTheWay), now, "the last attempt is made in the end")
		require.Equal(t, 13, d.Attempts)
		require.Len(t, d.Tries, notify.KeptOfTries)
		require.Zero(t, d.Next)
		require.Zero(t, d.Due)
	})
	t.Run("ShortWaitsAreDueBehindTheirJob", func(t *testing.T) {
		t.Parallel()
		d := begun(t).Tried(failure(start), start)
		require.Equal(t, d.Next.Add(notify.FeedFirst), d.Due)
		d = d.Tried(failure(start), start).Tried(failure(start), start)
		require.Equal(t, 30*time.Minute, d.Next.Sub(start))
		require.Equal(t, d.Next, d.Due)
	})
	t.Run("AgainCountsItsAgeAnew", func(t *testing.T) {
		t.Parallel()
		d := begun(t)
		for range 5 {
			d = d.Tried(failure(start), start)
		}
		later := start.Add(notify.OnTheWay)
		require.True(t, d.Over(later))
		d = d.Again(later)
		require.False(t, d.Over(later))
		d = d.Tried(failure(later), later)
		require.Equal(t, 5*time.Second, d.Next.Sub(later))
		require.Equal(t, 6, d.Attempts)
	})
	for name, fact := range map[string]struct {
		code  int
		class string
		is    notify.Status
	}{
		"OK":             {200, "", notify.Delivered},
		"NoContent":      {204, "", notify.Delivered},
		"Redirect":       {302, notify.ClassRedirect, notify.Waiting},
		"NotModified":    {304, notify.ClassRedirect, notify.Waiting},
		"Informational":  {101, notify.ClassStatus, notify.Waiting},
		"Unauthorised":   {401, notify.ClassStatus, notify.Waiting},
		"Gone":           {410, notify.ClassStatus, notify.Dropped},
		"TooManyAtOnce":  {429, notify.ClassStatus, notify.Waiting},
		"TheirOwnFault":  {503, notify.ClassStatus, notify.Waiting},
		"NoStatusAtAll":  {0, notify.ClassStatus, notify.Waiting},
		"BeyondStatuses": {999, notify.ClassStatus, notify.Waiting},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := notify.Answered(start, 1500*time.Microsecond, fact.code)
			require.Equal(t, fact.class, a.Class)
			require.Equal(t, int64(1), a.DurationMs)
			require.Equal(t, fact.is, begun(t).Tried(a, start).Status)
		})
	}
	t.Run("EndsWithinThreeDaysWhenTriedAsPlanned", rapid.MakeCheck(func(rt *rapid.T) {
		d, now := begun(t), start
		for n := 1; d.Status == notify.Waiting; n++ {
			require.LessOrEqual(rt, n, 14)
			require.False(rt, d.Next.Before(now), "time does not go back")
			now = d.Next
			took := time.Duration(rapid.Int64Range(0, int64(notify.Timeout)).Draw(rt, "took"))
			a := notify.Answered(now, took, rapid.SampledFrom([]int{500, 302, 404}).Draw(rt, "code"))
			was := d.Version
			now = now.Add(took)
			d = d.Tried(a, now)
			require.Equal(rt, was+1, d.Version)
			require.Equal(rt, n, d.Attempts)
		}
		require.True(rt, d.Over(now))
		require.Less(rt, now.Sub(start), notify.OnTheWay+time.Minute)
	}))
}
