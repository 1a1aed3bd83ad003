package clock_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
)

func TestClocks(t *testing.T) {
	t.Parallel()
	t.Run("SystemIsUTC", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			before := time.Now()
			require.True(t, clock.System{}.Now().Equal(before))
			require.Equal(t, time.UTC, clock.System{}.Now().Location())
		})
	})
	t.Run("ShiftedOnlyGoesForward", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var c clock.Shifted
			c.Advance(time.Hour)
			c.Advance(-time.Minute)
			c.Advance(0)
			require.Equal(t, time.Hour, c.Offset())
			require.True(t, c.Now().Equal(time.Now().Add(time.Hour)))
		})
	})
	t.Run("ManualStandsStill", func(t *testing.T) {
		t.Parallel()
		start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("MSK", 3*3600))
		c := clock.At(start)
		require.True(t, c.Now().Equal(start))
		require.Equal(t, time.UTC, c.Now().Location())
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() { c.Advance(time.Second) })
		}
		group.Wait()
		require.True(t, c.Now().Equal(start.Add(10*time.Second)))
	})
}
