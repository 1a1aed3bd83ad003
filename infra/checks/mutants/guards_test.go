package main

import (
	"go/parser"
	"go/token"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the module's root as a test of this package sees it.
const root = "../../.."

func TestGuards(t *testing.T) {
	t.Parallel()
	guards, err := Parse(written)
	require.NoError(t, err)
	mutants, err := breed(root, guards)
	require.NoError(t, err, "every fragment stands exactly once in its file")

	t.Run("AtLeastForty", func(t *testing.T) {
		t.Parallel()
		require.GreaterOrEqual(t, len(mutants), 40)
	})
	t.Run("EveryMutantIsGo", func(t *testing.T) {
		t.Parallel()
		for _, m := range mutants {
			_, err := parser.ParseFile(token.NewFileSet(), m.path, m.text, parser.SkipObjectResolution)
			require.NoError(t, err, "the mutant of %s: %s", m.Place(), m.Why)
		}
	})
}
