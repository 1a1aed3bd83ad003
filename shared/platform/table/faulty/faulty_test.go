package faulty_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/faulty"
)

func setup(t *testing.T, plan faulty.Plan) (*faulty.Table, *boltengine.Engine) {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "t.db"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	e, err := boltengine.New(f, boltengine.Options{})
	require.NoError(t, err)
	return faulty.New(e, plan), e
}

var row = table.Row{Key: table.Key{PK: "p", SK: "s"}}

func TestFaults(t *testing.T) {
	t.Parallel()
	for fault, want := range map[faulty.Fault]struct {
		err      error
		happened bool
		crashes  bool
	}{
		faulty.None:        {nil, true, false},
		faulty.ErrorBefore: {table.ErrUnavailable, false, false},
		faulty.ErrorAfter:  {table.ErrUnavailable, true, false},
		faulty.Conflict:    {table.ErrConflict, false, false},
		faulty.Throttle:    {table.ErrThrottled, false, false},
		faulty.CrashBefore: {nil, false, true},
		faulty.CrashAfter:  {nil, true, true},
	} {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			tb, e := setup(t, faulty.Nth(0, fault))
			write := func() { require.ErrorIs(t, tb.Write(t.Context(), table.Put(row)), want.err) }
			if want.crashes {
				require.PanicsWithValue(t, faulty.Crash, write)
			} else {
				write()
			}
			_, ok, err := e.Get(t.Context(), row.Key)
			require.NoError(t, err)
			require.Equal(t, want.happened, ok)
			require.NoError(t, tb.Write(t.Context(), table.Put(row)), "only the first call fails")
			if want.err != nil {
				require.ErrorIs(t, want.err, table.ErrUnavailable)
			}
		})
	}
}

func TestPlanSeesEveryCall(t *testing.T) {
	t.Parallel()
	var seen []faulty.Call
	tb, _ := setup(t, func(c faulty.Call) faulty.Fault { seen = append(seen, c); return faulty.None })
	require.NoError(t, tb.Write(t.Context(), table.Put(row), table.Delete(table.Key{PK: "p", SK: "d"})))
	_, _, err := tb.Get(t.Context(), row.Key)
	require.NoError(t, err)
	_, err = tb.GetMany(t.Context(), []table.Key{row.Key})
	require.NoError(t, err)
	_, err = tb.Query(t.Context(), table.Query{PK: "p"})
	require.NoError(t, err)
	require.Len(t, seen, 4)
	for i, op := range []string{faulty.OpWrite, faulty.OpGet, faulty.OpGetMany, faulty.OpQuery} {
		require.Equal(t, i, seen[i].N)
		require.Equal(t, op, seen[i].Op)
	}
	require.Len(t, seen[0].Keys, 2)
	require.Len(t, seen[0].Actions, 2)
	require.Equal(t, "p", seen[3].Query.PK)
	require.Equal(t, 4, tb.Calls())
}

func TestALostReadGivesNothing(t *testing.T) {
	t.Parallel()
	tb, e := setup(t, func(faulty.Call) faulty.Fault { return faulty.ErrorAfter })
	require.NoError(t, e.Write(t.Context(), table.Put(row)))
	got, ok, err := tb.Get(t.Context(), row.Key)
	require.ErrorIs(t, err, table.ErrUnavailable)
	require.False(t, ok)
	require.Equal(t, table.Row{}, got)
	page, err := tb.Query(t.Context(), table.Query{PK: "p"})
	require.ErrorIs(t, err, table.ErrUnavailable)
	require.Empty(t, page.Rows)
}
