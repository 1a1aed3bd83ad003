package counting_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/counting"
	"giberno.ru/shared/platform/table/faulty"
)

func setup(t *testing.T) (*counting.Table, *faulty.Table) {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "t.db"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	e, err := boltengine.New(f, boltengine.Options{})
	require.NoError(t, err)
	inner := faulty.New(e, nil)
	return counting.New(inner), inner
}

func key(sk string) table.Key { return table.Key{PK: "shop#1", SK: sk} }

func weighing(sk string, bytes int) table.Row {
	row := table.Row{Key: key(sk), Attrs: table.Attrs{"v1": table.S("")}}
	row.Attrs["v1"] = table.S(strings.Repeat("x", bytes-row.Size()))
	return row
}

func indexed(st string, at string) table.Row {
	return table.Row{Key: key("i"), First: table.Key{PK: "list#1", SK: at}, Attrs: table.Attrs{"st": table.S(st), "v1": table.N(1)}}
}

func TestWriteUnits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		before      []table.Row
		write       []table.Action
		base, index int
	}{
		{"SmallPut", nil, []table.Action{table.Put(weighing("a", 100))}, 1, 0},
		{"ExactlyOneKB", nil, []table.Action{table.Put(weighing("a", 1024))}, 1, 0},
		{"AByteMore", nil, []table.Action{table.Put(weighing("a", 1025))}, 2, 0},
		{"TheOldImageIsLarger", []table.Row{weighing("a", 3000)}, []table.Action{table.Put(weighing("a", 10+len("shop#1")))}, 3, 0},
		{"DeleteCostsWhatWasThere", []table.Row{weighing("a", 3000)}, []table.Action{table.Delete(key("a"))}, 3, 0},
		{"DeleteOfNothing", nil, []table.Action{table.Delete(key("a"))}, 1, 0},
		{"TransactionsCostTwice", []table.Row{weighing("b", 1500)}, []table.Action{table.Put(weighing("a", 100)), table.Check(key("b")).If(table.Exists)}, 2 + 4, 0},
		{"ACheckAloneIsATransaction", []table.Row{weighing("b", 100)}, []table.Action{table.Check(key("b")).If(table.Exists)}, 2, 0},
		{"ARefusalCostsAWrite", []table.Row{weighing("a", 1500)}, []table.Action{table.Put(weighing("a", 100)).If(table.Absent)}, 2, 0},
		{"ARefusedTransactionCostsAll", []table.Row{weighing("a", 100)}, []table.Action{table.Put(weighing("a", 100)).If(table.Absent), table.Put(indexed("x", "1"))}, 4, 0},
		{"EntersAnIndex", nil, []table.Action{table.Put(indexed("x", "1"))}, 1, 1},
		{"LeavesAnIndex", []table.Row{indexed("x", "1")}, []table.Action{table.Update(key("i")).PlaceFirst(table.Key{})}, 1, 1},
		{"MovesInAnIndex", []table.Row{indexed("x", "1")}, []table.Action{table.Put(indexed("x", "2"))}, 1, 2},
		{"ProjectedAttributeChanges", []table.Row{indexed("x", "1")}, []table.Action{table.Update(key("i")).Set("st", table.S("y"))}, 1, 1},
		{"OtherAttributeChanges", []table.Row{indexed("x", "1")}, []table.Action{table.Update(key("i")).Set("v1", table.N(2))}, 1, 0},
		{"IndexesAreWrittenOnceInATransaction", nil, []table.Action{table.Put(indexed("x", "1")), table.Put(weighing("a", 100))}, 4, 1},
		{"BothIndexes", nil, []table.Action{table.Put(indexed("x", "1")), table.Update(key("a")).PlaceFirst(key("f")).PlaceSecond(key("s"))}, 4, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tb, inner := setup(t)
			for _, row := range c.before {
				require.NoError(t, inner.Write(t.Context(), table.Put(row)))
			}
			_ = tb.Write(t.Context(), c.write...)
			got := tb.Snapshot().Total
			require.Equal(t, []int{1, c.base, c.index}, []int{got.Trips, got.WriteUnits, got.IndexUnits})
		})
	}
}

func TestReadUnits(t *testing.T) {
	t.Parallel()
	tb, inner := setup(t)
	for _, row := range []table.Row{weighing("a", 100), weighing("b", 4097), weighing("c", 4000), indexed("x", "1")} {
		require.NoError(t, inner.Write(t.Context(), table.Put(row)))
	}
	halves := func(read func()) int {
		tb.Reset()
		read()
		got := tb.Snapshot().Total
		require.Equal(t, 1, got.Trips)
		require.Zero(t, got.WriteUnits+got.IndexUnits)
		return got.ReadHalves
	}
	get := func(sk string) func() {
		return func() {
			_, _, err := tb.Get(t.Context(), key(sk))
			require.NoError(t, err)
		}
	}
	query := func(q table.Query) func() {
		return func() {
			_, err := tb.Query(t.Context(), q)
			require.NoError(t, err)
		}
	}
	require.Equal(t, 2, halves(get("a")))
	require.Equal(t, 4, halves(get("b")))
	require.Equal(t, 2, halves(get("nobody")))
	require.Equal(t, 6, halves(query(table.Query{PK: "shop#1"})), "8197 bytes and a little: three units")
	require.Equal(t, 1, halves(query(table.Query{PK: "list#1", Index: table.First})))
	require.Equal(t, 2, halves(query(table.Query{PK: "nobody"})))
	require.Equal(t, 2+4+2, halves(func() {
		_, err := tb.GetMany(t.Context(), []table.Key{key("a"), key("b"), key("nobody")})
		require.NoError(t, err)
	}))
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	tb, inner := setup(t)
	ctx := counting.Label(t.Context(), "create-order")
	require.NoError(t, tb.Write(ctx, table.Put(indexed("x", "1")).If(table.Absent), table.Delete(key("d"))))
	require.True(t, table.IsRefused(tb.Write(ctx, table.Put(indexed("x", "1")).If(table.Absent))))
	_, _, err := tb.Get(t.Context(), key("i"))
	require.NoError(t, err)
	_, err = tb.Query(t.Context(), table.Query{Index: table.Second, PK: "due#1"})
	require.NoError(t, err)
	inner.SetPlan(func(c faulty.Call) faulty.Fault {
		if c.Op == faulty.OpWrite {
			return faulty.ErrorAfter
		}
		return faulty.None
	})
	require.ErrorIs(t, tb.Write(ctx, table.Put(indexed("y", "1"))), table.ErrUnavailable)

	s := tb.Snapshot()
	require.Equal(t, 5, s.Total.Trips)
	require.Equal(t, counting.Count{Trips: 3, WriteUnits: 5, IndexUnits: 1, RowsWritten: 2, Refused: 1}, s.ByLabel["create-order"])
	require.Equal(t, s.ByLabel["create-order"], s.ByOp["write"])
	require.Equal(t, 1, s.ByOp["get"].RowsRead)
	require.Equal(t, 2, s.ByLabel[""].Trips)
	require.Equal(t, map[counting.Touch]int{
		{Op: "put", Prefix: "shop#"}: 3, {Op: "put", Index: table.First, Prefix: "list#"}: 3, {Op: "delete", Prefix: "shop#"}: 1,
		{Op: "get", Prefix: "shop#"}: 1, {Op: "query", Index: table.Second, Prefix: "due#"}: 1,
	}, s.Touched)
	tb.Reset()
	require.Zero(t, tb.Snapshot().Total)
}
