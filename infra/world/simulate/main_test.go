package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRun(t *testing.T) {
	t.Parallel()
	t.Run("PlaysWorldsAndShowsWhatTheySaw", func(t *testing.T) {
		t.Parallel()
		var out strings.Builder
		require.NoError(t, run([]string{"-seed", "1", "-steps", "1500", "-each", "1000", "-worlds", "1"}, &out))
		for _, part := range []string{"seed 1: 1000 steps", "seed 2: 500 steps", "1500 steps in 2 worlds", "transition × fault", "steps a second"} {
			require.Contains(t, out.String(), part)
		}
	})
	t.Run("ErrWorldTooLong", func(t *testing.T) {
		t.Parallel()
		require.Error(t, run([]string{"-each", "100001"}, &strings.Builder{}))
	})
}
