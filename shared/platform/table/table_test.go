package table_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/table"
)

func TestSize(t *testing.T) {
	t.Parallel()
	for v, want := range map[table.Value]int{
		{}: 0, table.S(""): 0, table.S("чай"): 6, table.B([]byte{1, 2, 3}): 3, table.Flag(true): 1, table.Flag(false): 1,
		table.N(0): 1, table.N(7): 2, table.N(42): 2, table.N(100): 2, table.N(-100): 3, table.N(12345): 4, table.N(1_000_000_001): 6,
		table.N(math.MaxInt64): 11, table.N(math.MinInt64): 12,
	} {
		require.Equal(t, want, v.Size(), "%v", v)
	}
	row := table.Row{
		Key: table.Key{PK: "12345", SK: "67"}, First: table.Key{PK: "a", SK: "b"}, TTL: 10, Attrs: table.Attrs{"name1": table.S("x")},
	}
	require.Equal(t, (2+5)+(2+2)+(4+1)+(4+1)+(3+2)+(5+1), row.Size())
}

func TestActionsDoNotShareMemory(t *testing.T) {
	t.Parallel()
	base := table.Update(table.Key{PK: "p", SK: "s"}).Set("a", table.N(1)).Add("n", 1).Remove("r").If(table.Exists)
	one := base.Set("a", table.N(2)).Add("n", 2).Remove("x").If(table.Missing("q"))
	_ = base.Set("a", table.N(3)).Remove("y").If(table.Absent)
	p, q := base.Parts(), one.Parts()
	require.Equal(t, table.N(1), p.Set["a"])
	require.Equal(t, int64(1), p.Add["n"])
	require.Equal(t, []string{"r"}, p.Remove)
	require.Len(t, p.Conds, 1)
	require.Equal(t, table.N(2), q.Set["a"])
	require.Equal(t, []string{"r", "x"}, q.Remove)
	require.Equal(t, table.AttrMissing, q.Conds[1].Op)
}

func TestStamped(t *testing.T) {
	t.Parallel()
	key, id := table.Key{PK: "p", SK: "s"}, table.B([]byte("id"))
	attrs := table.Attrs{"a": table.N(1)}
	put := table.Put(table.Row{Key: key, Attrs: attrs})
	is, _, err := put.Stamped(id).Apply(table.Row{}, false)
	require.NoError(t, err)
	require.Equal(t, id, is.Attrs[table.WriterAttr])
	require.Len(t, attrs, 1, "the store's own map stays as it is")
	require.True(t, put.Stamped(id).Holds(table.Row{}, false))
	require.False(t, put.Stamped(id).Holds(is, true), "not twice")
	require.True(t, put.Stamped(table.B([]byte("di"))).Holds(is, true))
	require.False(t, table.Delete(key).Stamped(id).Conditional())
}

func ExampleAction() {
	state := table.Key{PK: "payments#ORD#1", SK: "STATE"}
	pay := table.Update(state).Set("st", table.S("paid")).Add("ver", 1).If(table.Version(4), table.OneOf("st", table.S("pending"), table.S("held")))

	row := table.Row{Key: state, Attrs: table.Attrs{"st": table.S("pending"), "ver": table.N(4)}}
	fmt.Println(pay.Holds(row, true))
	row, _, _ = pay.Apply(row, true)
	fmt.Println(row.Attrs["st"], row.Attrs["ver"], pay.Holds(row, true))
	// Output:
	// true
	// "paid" 5 false
}

// Whatever a caller asks, the answer is a question that an engine can carry out, or ErrLimit.
func FuzzQueryValid(f *testing.F) {
	f.Add(0, "p", "", "", "", 0, "p", "s", "", "")
	f.Add(1, "p", "a", "b", "", 10, "p", "s", "p", "a")
	f.Add(2, "p", "", "", "x", -1, "", "", "", "")
	f.Fuzz(func(t *testing.T, index int, pk, from, to, prefix string, limit int, bpk, bsk, ipk, isk string) {
		q, err := table.Query{Index: table.Index(index), PK: pk, From: from, To: to, Prefix: prefix, Limit: limit,
			After: &table.Place{Base: table.Key{PK: bpk, SK: bsk}, Index: table.Key{PK: ipk, SK: isk}}}.Valid()
		if err != nil {
			require.ErrorIs(t, err, table.ErrLimit)
			return
		}
		require.True(t, q.Limit >= 1 && q.Limit <= table.MaxPageRows)
		require.NoError(t, table.ValidKey(q.After.Base))
	})
}
