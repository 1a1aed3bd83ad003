package hot

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPlay(t *testing.T) {
	t.Parallel()
	small := load{workers: 8, partners: 1, batches: 24, size: 10}
	t.Run("TheSameSeedGivesTheSameTimes", func(t *testing.T) {
		t.Parallel()
		one, err := play(t.Context(), small, 1)
		require.NoError(t, err)
		two, err := play(t.Context(), small, 1)
		require.NoError(t, err)
		one.ours, two.ours = 0, 0
		require.Equal(t, one, two)
		require.Equal(t, 240, one.payments)
		require.Positive(t, one.virtual)
	})
	t.Run("OneWorkerIsEightTimesSlower", func(t *testing.T) {
		t.Parallel()
		alone := small
		alone.workers = 1
		slow, err := play(t.Context(), alone, 1)
		require.NoError(t, err)
		require.Zero(t, slow.cancelled+slow.cold, "there is nobody to meet")
		fast, err := play(t.Context(), small, 1)
		require.NoError(t, err)
		require.Greater(t, fast.rate(), 4*slow.rate())
	})
	t.Run("AMixedBatchIsManyWrites", func(t *testing.T) {
		t.Parallel()
		mixed := load{workers: 8, partners: 20, batches: 16, size: 20, mixed: true}
		got, err := play(t.Context(), mixed, 1)
		require.NoError(t, err)
		one := mixed
		one.partners = 1
		hot, err := play(t.Context(), one, 1)
		require.NoError(t, err)
		require.Greater(t, hot.rate(), got.rate())
	})
}

func TestReport(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	kept, err := Report(t.Context(), &out, Options{Partners: 20, Batches: 64, Rounds: 1})
	require.NoError(t, err)
	require.True(t, kept, out.String())
	require.Contains(t, out.String(), "batches of 25")
	t.Log(out.String())
}
