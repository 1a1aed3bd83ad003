package limits_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/counting"
	"giberno.ru/shared/platform/table/limits"
)

func setup(t *testing.T) (*limits.Table, *counting.Table) {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "t.db"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	e, err := boltengine.New(f, boltengine.Options{})
	require.NoError(t, err)
	inner := counting.New(e)
	return limits.New(inner), inner
}

func key(sk string) table.Key { return table.Key{PK: "p", SK: sk} }

func weighing(sk string, bytes int) table.Row {
	row := table.Row{Key: key(sk), Attrs: table.Attrs{"v1": table.S("")}}
	row.Attrs["v1"] = table.S(strings.Repeat("x", bytes-row.Size()))
	return row
}

// heavyPuts are puts of 390 KB each.
func heavyPuts(n int) []table.Action {
	actions := make([]table.Action, n)
	for i := range actions {
		actions[i] = table.Put(weighing(fmt.Sprint(i), 390<<10))
	}
	return actions
}

func TestLimits(t *testing.T) {
	t.Parallel()
	refuses := func(name, says string, actions ...table.Action) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tb, inner := setup(t)
			err := tb.Write(t.Context(), actions...)
			require.ErrorIs(t, err, table.ErrLimit)
			require.ErrorContains(t, err, says)
			require.Zero(t, inner.Snapshot().Total.Trips, "the engine was asked")
		})
	}
	put := func(name string, v table.Value) table.Action {
		return table.Put(table.Row{Key: key("a"), Attrs: table.Attrs{name: v}})
	}
	refuses("ErrRowOf400KB", "409601 bytes", table.Put(weighing("a", table.MaxRowBytes+1)))
	refuses("ErrTransactionOf4MB", "a transaction of", heavyPuts(11)...)
	refuses("ErrReservedWord", "reserved word", put("Status", table.N(1)))
	refuses("ErrReservedWordInACondition", "reserved word", table.Delete(key("a")).If(table.Missing("date")))
	refuses("ErrReservedWordSet", "reserved word", table.Update(key("a")).Set("name", table.N(1)))
	refuses("ErrReservedWordAdded", "reserved word", table.Update(key("a")).Add("count", 1))
	refuses("ErrReservedWordRemoved", "reserved word", table.Update(key("a")).Remove("ttl", "size"))
	for _, own := range table.OwnNames[:7] {
		refuses("ErrOwnName_"+own, own, put(own, table.N(1)))
	}
	for _, name := range []string{"", "a.b", "a-b", "#a", "1a", "имя", "_a", strings.Repeat("n", 256)} {
		refuses("ErrName_"+name, "no name", put(name, table.N(1)))
	}
	refuses("ErrTextIsNotUTF8", "UTF-8", put("v1", table.S("\xff")))
	refuses("ErrSetTextIsNotUTF8", "UTF-8", table.Update(key("a")).Set("v1", table.S("a\xc3")))
	refuses("ErrKeyIsNoText", "no text", table.Put(table.Row{Key: key("\xff")}))
	refuses("ErrPlaceIsNoText", "no text", table.Update(key("a")).PlaceSecond(key("\xff")))

}

func TestWhatPasses(t *testing.T) {
	t.Parallel()
	t.Run("ExactlyTheLimitPasses", func(t *testing.T) {
		t.Parallel()
		tb, _ := setup(t)
		require.NoError(t, tb.Write(t.Context(), table.Put(weighing("a", table.MaxRowBytes))))
		require.NoError(t, tb.Write(t.Context(), heavyPuts(10)...))
		require.ErrorIs(t, tb.Write(t.Context(), table.Update(key("a")).Set("v2", table.N(1))), table.ErrLimit, "the engine knows what is there")
	})
	t.Run("ReadsWithKeysThatAreNoText", func(t *testing.T) {
		t.Parallel()
		tb, inner := setup(t)
		_, _, err := tb.Get(t.Context(), key("\xff"))
		require.ErrorIs(t, err, table.ErrLimit)
		_, err = tb.GetMany(t.Context(), []table.Key{key("\xff")})
		require.ErrorIs(t, err, table.ErrLimit)
		_, err = tb.Query(t.Context(), table.Query{PK: "p", Prefix: "\xff"})
		require.ErrorIs(t, err, table.ErrLimit)
		require.Zero(t, inner.Snapshot().Total.Trips)
	})
	t.Run("APageEndsAt1MB", func(t *testing.T) {
		t.Parallel()
		tb, _ := setup(t)
		for i := range 8 {
			require.NoError(t, tb.Write(t.Context(), table.Put(weighing(fmt.Sprint(i), 300<<10))))
		}
		q, seen := table.Query{PK: "p"}, ""
		for _, want := range []int{4, 4} {
			page, err := tb.Query(t.Context(), q)
			require.NoError(t, err)
			require.Len(t, page.Rows, want)
			for _, row := range page.Rows {
				seen += row.Key.SK
			}
			q.After = page.More
		}
		require.Nil(t, q.After)
		require.Equal(t, "01234567", seen)
	})
}

func TestReserved(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"ABORT", "zone", "Status", "token", "uuid", "value", "data", "items", "total", "url"} {
		require.True(t, limits.Reserved(word), word)
	}
	for _, word := range []string{"st", "ver", "w", "uid", "", "pk"} {
		require.False(t, limits.Reserved(word), word)
	}
	require.NoError(t, limits.ValidName("amount"))
}
