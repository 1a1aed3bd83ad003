package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChosen(t *testing.T) {
	t.Parallel()
	t.Run("AllWithoutAName", func(t *testing.T) {
		t.Parallel()
		got, err := chosen(nil)
		require.NoError(t, err)
		require.Len(t, got, len(parts))
	})
	t.Run("ThoseThatAreNamed", func(t *testing.T) {
		t.Parallel()
		got, err := chosen([]string{"world", "units"})
		require.NoError(t, err)
		require.Len(t, got, 2)
		require.Equal(t, "world", got[0].name)
	})
	t.Run("ErrAnotherName", func(t *testing.T) {
		t.Parallel()
		_, err := chosen([]string{"speed"})
		require.ErrorContains(t, err, "usage")
	})
	t.Run("EachHasANameOfItsOwn", func(t *testing.T) {
		t.Parallel()
		seen := map[string]bool{"serve": true, "echo": true, registersRole: true}
		for _, p := range parts {
			require.False(t, seen[p.name], p.name)
			seen[p.name] = true
		}
	})
}

func TestRoleOfRegisters(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{registersRole, "1000"}, &out))
	require.Contains(t, out.String(), "reconciled 1000 lines")
	require.Error(t, run(t.Context(), []string{registersRole, "many"}, &out))
}

func TestPlayWorld(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, playWorld(&out, 300))
	require.Contains(t, out.String(), "300 steps")
}
