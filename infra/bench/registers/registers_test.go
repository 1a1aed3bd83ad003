package registers

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/ledger/reconcile"
)

func TestReconcile(t *testing.T) {
	t.Parallel()
	t.Run("FindsWhatWasPlanted", func(t *testing.T) {
		t.Parallel()
		for _, n := range []int{10, 12, 5000} {
			r, err := Reconcile(t.Context(), n)
			require.NoError(t, err)
			require.Equal(t, n-2, r.Summary.Matched)
			require.Len(t, r.Summary.Breaks, 3)
			require.Positive(t, r.Bytes)
		}
	})
	t.Run("ErrTooFewLines", func(t *testing.T) {
		t.Parallel()
		_, err := Reconcile(t.Context(), 9)
		require.Error(t, err)
	})
	t.Run("ErrAnotherBreak", func(t *testing.T) {
		t.Parallel()
		require.Error(t, named(nil))
		three := []reconcile.Break{{Kind: reconcile.MissingHere}, {Kind: reconcile.MissingThere}, {Kind: reconcile.MissingHere}}
		require.Error(t, named(three))
		three[2].Kind = reconcile.AmountDiffers
		require.NoError(t, named(three))
	})
	t.Run("EndsWithItsContext", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := Reconcile(ctx, 100)
		require.ErrorIs(t, err, context.Canceled)
		_, err = Write(ctx, 100, 100)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestReport(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kb   int
		err  error
		kept bool
		says string
	}{
		"Kept":         {100 << 10, nil, true, "100 MB"},
		"TooMuch":      {300 << 10, nil, false, "OVER"},
		"NobodyCanSay": {0, errors.New("no"), true, "does not tell"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			kept, err := Report(t.Context(), &out, 1000, func() (int, error) { return c.kb, c.err })
			require.NoError(t, err)
			require.Equal(t, c.kept, kept)
			require.Contains(t, out.String(), c.says)
			require.Contains(t, out.String(), "1000 lines")
			require.Contains(t, out.String(), "200 lines as XLSX")
		})
	}
}
