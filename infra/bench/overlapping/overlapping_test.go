package overlapping_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/bench/overlapping"
	"giberno.ru/infra/bench/virtual"
	"giberno.ru/infra/world/memory"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/stamped"
	"giberno.ru/shared/platform/table/tabletest"
)

func put(names ...string) (actions []table.Action) {
	for _, name := range names {
		actions = append(actions, table.Put(table.Row{Key: table.Key{PK: "A#" + name, SK: "a"}}))
	}
	return actions
}

func setup() (*virtual.Time, *overlapping.Table) {
	v := virtual.New(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	return v, overlapping.New(memory.NewTable(), overlapping.Pace{Read: 2, Write: 10, Row: 1}, v.Sleep)
}

func TestOverlapping(t *testing.T) {
	t.Parallel()
	t.Run("TheSecondOfOneRowIsCancelled", func(t *testing.T) {
		t.Parallel()
		v, o := setup()
		var errs [3]error
		took := v.Run(
			func() { errs[0] = o.Write(t.Context(), put("x", "y")...) },
			func() { errs[1] = o.Write(t.Context(), put("y", "z")...) },
			func() { errs[2] = o.Write(t.Context(), put("z")...) })
		require.NoError(t, errs[0])
		require.ErrorIs(t, errs[1], table.ErrConflict)
		require.NoError(t, errs[2], "what was cancelled holds nothing")
		require.Equal(t, 1, o.Cancelled())
		require.Equal(t, time.Duration(12), took)
	})
	t.Run("OneAfterTheOtherIsFine", func(t *testing.T) {
		t.Parallel()
		v, o := setup()
		took := v.Run(func() {
			for range 3 {
				require.NoError(t, o.Write(t.Context(), put("x")...))
			}
			_, ok, err := o.Get(t.Context(), table.Key{PK: "A#x", SK: "a"})
			require.NoError(t, err)
			require.True(t, ok)
		})
		require.Zero(t, o.Cancelled())
		require.Equal(t, time.Duration(35), took)
	})
}

// TestConformance: whoever tries again after a conflict, as the house does, sees a table like any other.
func TestConformance(t *testing.T) {
	t.Parallel()
	yield := func(ctx context.Context, _ time.Duration) error { runtime.Gosched(); return ctx.Err() }
	tabletest.Conformance(t, func(*testing.T) table.Table {
		return stamped.New(overlapping.New(memory.NewTable(), overlapping.Pace{}, yield), stamped.Options{Sleep: yield, Tries: 10_000})
	})
}
