package boltengine_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/platform/table"
)

// model is the table as a map: what the engine must be the same as.
type model map[table.Key]table.Row

func (m model) write(actions []table.Action) (changes int, err error) {
	if err := table.Validate(actions); err != nil {
		return 0, err
	}
	reasons, refused := make([]table.Reason, len(actions)), false
	for i, a := range actions {
		if old, exists := m[a.Key()]; !a.Holds(old, exists) {
			reasons[i], refused = table.Reason{Failed: true, Old: old, Exists: exists}, true
		}
	}
	if refused {
		return 0, &table.Refused{Reasons: reasons}
	}
	next := model{}
	for _, a := range actions {
		old, exists := m[a.Key()]
		is, present, err := a.Apply(old, exists)
		if err != nil {
			return 0, err
		}
		if present != exists || present && !is.Equal(old) {
			changes++
		}
		next[a.Key()] = table.Row{}
		if present {
			next[a.Key()] = is
		}
	}
	for key, row := range next {
		if row.Key == (table.Key{}) {
			delete(m, key)
		} else {
			m[key] = row
		}
	}
	return changes, nil
}

// all is every row that a query asks for, in order, whatever the page.
func (m model) all(q table.Query) []table.Row {
	var rows []table.Row
	for _, row := range m {
		at := row.Place(q.Index)
		in := at.PK == q.PK && strings.HasPrefix(at.SK, q.Prefix) && at.SK >= q.From && (q.To == "" || at.SK < q.To)
		if in {
			rows = append(rows, row.Projection(q.Index))
		}
	}
	slices.SortFunc(rows, func(a, b table.Row) int {
		return cmp.Or(strings.Compare(a.Place(q.Index).SK, b.Place(q.Index).SK), strings.Compare(a.Key.PK, b.Key.PK), strings.Compare(a.Key.SK, b.Key.SK))
	})
	if q.Backward {
		slices.Reverse(rows)
	}
	return rows
}

var (
	drawPK    = rapid.SampledFrom([]string{"p", "p\x00", "q"})
	drawSK    = rapid.SampledFrom([]string{"\x00", "a", "a\x00", "a\x01", "aa", "b", "ж"})
	drawName  = rapid.SampledFrom([]string{"st", "ver", "num"})
	drawValue = rapid.OneOf(
		rapid.Map(rapid.Int64Range(-2, 3), table.N), rapid.Map(rapid.SampledFrom([]string{"", "x"}), table.S),
		rapid.Just(table.B([]byte{0})), rapid.Map(rapid.Bool(), table.Flag),
	)
	drawKey   = rapid.Custom(func(t *rapid.T) table.Key { return table.Key{PK: drawPK.Draw(t, "pk"), SK: drawSK.Draw(t, "sk")} })
	drawPlace = rapid.OneOf(rapid.Just(table.Key{}), drawKey)
	drawCond  = rapid.Custom(func(t *rapid.T) table.Cond {
		name, n := drawName.Draw(t, "name"), rapid.Int64Range(-1, 3).Draw(t, "n")
		return rapid.SampledFrom([]table.Cond{
			table.Absent, table.Exists, table.Missing(name), table.Equals(name, table.N(n)), table.Differs(name, table.N(n)),
			table.OneOf(name, table.N(n), table.S("x")), table.AtLeast(name, n), table.AtMost(name, n), table.Version(max(n, 0)),
		}).Draw(t, "cond")
	})
	drawAttrs  = rapid.MapOfN(drawName, drawValue, 0, 3)
	drawAction = rapid.Custom(func(t *rapid.T) table.Action {
		key := drawKey.Draw(t, "key")
		var a table.Action
		switch rapid.IntRange(0, 5).Draw(t, "op") {
		case 0, 1:
			a = table.Put(table.Row{Key: key, First: drawPlace.Draw(t, "first"), Second: drawPlace.Draw(t, "second"), TTL: rapid.Int64Range(0, 3).Draw(t, "ttl"), Attrs: drawAttrs.Draw(t, "attrs")})
		case 2, 3:
			a = drawUpdate(t, key)
		case 4:
			a = table.Delete(key)
		default:
			a = table.Check(key)
		}
		return a.If(rapid.SliceOfN(drawCond, 0, 2).Draw(t, "conds")...)
	})
	drawQuery = rapid.Custom(func(t *rapid.T) table.Query {
		q := table.Query{Index: table.Index(rapid.IntRange(0, 2).Draw(t, "index")), PK: drawPK.Draw(t, "pk"), Backward: rapid.Bool().Draw(t, "backward"), Limit: rapid.IntRange(1, 5).Draw(t, "limit")}
		bound := rapid.OneOf(rapid.Just(""), drawSK)
		if rapid.Bool().Draw(t, "prefixed") {
			q.Prefix = bound.Draw(t, "prefix")
		} else {
			q.From, q.To = bound.Draw(t, "from"), bound.Draw(t, "to")
		}
		return q
	})
)

func drawUpdate(t *rapid.T, key table.Key) table.Action {
	a := table.Update(key)
	for name, v := range drawAttrs.Draw(t, "set") {
		switch rapid.IntRange(0, 2).Draw(t, "how") {
		case 0:
			a = a.Set(name, v)
		case 1:
			a = a.Add(name, v.Number())
		default:
			a = a.Remove(name)
		}
	}
	if rapid.Bool().Draw(t, "moves") {
		a = a.PlaceFirst(drawPlace.Draw(t, "first"))
	}
	if rapid.Bool().Draw(t, "moves") {
		a = a.PlaceSecond(drawPlace.Draw(t, "second"))
	}
	if rapid.Bool().Draw(t, "expires") {
		a = a.ExpireAt(rapid.Int64Range(0, 3).Draw(t, "ttl"))
	}
	return a
}

// Any sequence of writes, expiries and queries: the engine and the map answer alike, and the log leads from one to the other.
func TestSameAsAMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		e, m, logged, ctx := open(t), model{}, 0, t.Context()
		rt.Repeat(map[string]func(*rapid.T){
			"write": func(rt *rapid.T) {
				actions := rapid.SliceOfN(drawAction, 1, 4).Draw(rt, "actions")
				changes, want := m.write(actions)
				sameError(rt, want, e.Write(ctx, actions...))
				logged += changes
			},
			"query": func(rt *rapid.T) {
				q := drawQuery.Draw(rt, "query")
				sameRows(rt, m.all(q), pages(rt, ctx, e, q))
			},
			"expire": func(rt *rapid.T) {
				now := rapid.Int64Range(0, 5).Draw(rt, "now")
				n, err := e.Expire(ctx, time.Unix(now, 0), 1000)
				require.NoError(rt, err)
				for key, row := range m {
					if row.TTL != 0 && row.TTL < now {
						delete(m, key)
						n--
						logged++
					}
				}
				require.Zero(rt, n)
			},
			"": func(rt *rapid.T) {
				changes, err := e.Changes(ctx, 100_000)
				require.NoError(rt, err)
				require.Len(rt, changes, logged)
				replayed := model{}
				for _, c := range changes {
					old, existed := replayed[c.Key()]
					require.Equal(rt, existed, c.OldExists)
					require.True(rt, old.Equal(c.Old))
					delete(replayed, c.Key())
					if c.NewExists {
						replayed[c.Key()] = c.New
					}
				}
				require.Len(rt, replayed, len(m))
				for key, row := range m {
					got, ok, err := e.Get(ctx, key)
					require.NoError(rt, err)
					require.True(rt, ok && row.Equal(got) && row.Equal(replayed[key]), "want %v got %v", row, got)
				}
			},
		})
	})
}

func sameError(t *rapid.T, want, got error) {
	if want == nil {
		require.NoError(t, got)
		return
	}
	var a, b *table.Refused
	if !errors.As(want, &a) {
		require.ErrorIs(t, got, table.ErrLimit)
		return
	}
	require.ErrorAs(t, got, &b)
	require.Len(t, b.Reasons, len(a.Reasons))
	for i := range a.Reasons {
		require.Equal(t, a.Reasons[i].Failed, b.Reasons[i].Failed)
		require.Equal(t, a.Reasons[i].Exists, b.Reasons[i].Exists)
		require.True(t, a.Reasons[i].Old.Equal(b.Reasons[i].Old))
	}
}

func pages(t *rapid.T, ctx context.Context, e table.Table, q table.Query) []table.Row {
	var rows []table.Row
	for range 1000 {
		page, err := e.Query(ctx, q)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page.Rows), q.Limit)
		rows = append(rows, page.Rows...)
		if page.More == nil {
			return rows
		}
		require.Len(t, page.Rows, q.Limit)
		q.After = page.More
	}
	t.Fatal("the pages do not end")
	return nil
}

func sameRows(t *rapid.T, want, got []table.Row) {
	require.Equal(t, len(want), len(got), "want %v got %v", want, got)
	for i := range want {
		require.True(t, want[i].Equal(got[i]), fmt.Sprint(want[i], got[i]))
	}
}
