package days

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSettle(t *testing.T) {
	t.Parallel()
	t.Run("ASmallDayIsOneJob", func(t *testing.T) {
		t.Parallel()
		s, err := Settle(t.Context(), 250, 0)
		require.NoError(t, err)
		require.Equal(t, 1, s.Jobs)
		require.Less(t, s.Spent.WriteUnits, 250, "entries are read and not written again")
	})
	t.Run("ALargeOneIsGoneOnWith", func(t *testing.T) {
		t.Parallel()
		s, err := Settle(t.Context(), 250, 100)
		require.NoError(t, err)
		require.Equal(t, 3, s.Jobs)
	})
}

func TestReport(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, Report(t.Context(), &out, 100))
	require.Contains(t, out.String(), "100 entries")
	t.Log(out.String())
}
