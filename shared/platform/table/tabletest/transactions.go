package tabletest

import (
	"fmt"
	"strings"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/table"
)

var transactionFacts = []fact{
	{"AllFourActionsTogether", func(s *subject) {
		s.write(table.Put(table.Row{Key: s.key("u"), Attrs: table.Attrs{"num": table.N(1)}}), table.Put(table.Row{Key: s.key("d")}), table.Put(table.Row{Key: s.key("c")}))
		s.write(
			table.Put(table.Row{Key: s.key("p"), Attrs: table.Attrs{"num": table.N(7)}}).If(table.Absent),
			table.Update(s.key("u")).Add("num", 1).If(table.Equals("num", table.N(1))),
			table.Delete(s.key("d")).If(table.Exists),
			table.Check(s.key("c")).If(table.Exists),
		)
		s.is(table.Row{Key: s.key("p"), Attrs: table.Attrs{"num": table.N(7)}})
		s.is(table.Row{Key: s.key("u"), Attrs: table.Attrs{"num": table.N(2)}})
		s.is(table.Row{Key: s.key("c")})
		s.gone(s.key("d"))
	}},
	{"OneRefusalStopsAll", func(s *subject) {
		kept := table.Row{Key: s.key("kept"), Attrs: table.Attrs{"num": table.N(1)}}
		s.write(table.Put(kept))
		s.refused(
			table.Put(table.Row{Key: s.key("p"), First: s.other("list", "1")}),
			table.Update(s.key("kept")).Add("num", 1),
			table.Check(s.key("none0")).If(table.Exists),
		)
		s.gone(s.key("p"))
		s.is(kept)
		s.listed(table.Query{Index: table.First, PK: s.other("list", "").PK})
	}},
	{"ReasonsStandInOrderWithOldRows", reasonsInOrder},
	{"ConditionsSeeTheStateBeforeTheWholeTransaction", func(s *subject) {
		s.write(table.Put(table.Row{Key: s.key("a"), Attrs: table.Attrs{"num": table.N(1)}}))
		s.refused(
			table.Put(table.Row{Key: s.key("b")}),
			table.Delete(s.key("a")).If(table.Equals("num", table.N(2))),
		)
		s.write(
			table.Update(s.key("a")).Set("num", table.N(2)).If(table.Equals("num", table.N(1))),
			table.Check(s.key("b")).If(table.Absent),
		)
	}},
	{"AHundredActions", func(s *subject) {
		var puts, checks []table.Action
		for i := range table.MaxActions {
			key := s.other(fmt.Sprint(i%5), fmt.Sprintf("%03d", i))
			puts = append(puts, table.Put(table.Row{Key: key, Second: s.other("due", fmt.Sprintf("%03d", i))}).If(table.Absent))
			checks = append(checks, table.Check(key).If(table.Exists))
		}
		s.write(puts...)
		s.write(checks...)
		r := s.refused(puts...)
		for _, reason := range r.Reasons {
			require.True(s.t, reason.Failed && reason.Exists)
		}
	}},
	{"OneCheckAlone", func(s *subject) {
		s.refused(table.Check(s.key("a")).If(table.Exists))
		s.write(table.Put(table.Row{Key: s.key("a")}))
		s.write(table.Check(s.key("a")).If(table.Exists))
	}},
	{"RowsOfManyPartitions", func(s *subject) {
		s.write(table.Put(table.Row{Key: s.other("x", "1")}), table.Put(table.Row{Key: s.other("y", "1")}), table.Put(table.Row{Key: s.key("1")}))
		s.listed(table.Query{PK: s.other("x", "").PK}, "1")
		s.listed(table.Query{PK: s.other("y", "").PK}, "1")
		s.listed(table.Query{PK: s.own}, "1")
	}},
}

func reasonsInOrder(s *subject) {
	a := table.Row{Key: s.key("a"), First: s.other("list", "1"), TTL: 4_102_444_800, Attrs: table.Attrs{"num": table.N(1)}}
	b := table.Row{Key: s.key("b"), Attrs: table.Attrs{"num": table.N(2)}}
	s.write(table.Put(a), table.Put(b))
	r := s.refused(
		table.Check(s.key("b")).If(table.AtLeast("num", 2)),
		table.Put(table.Row{Key: s.key("a")}).If(table.Absent),
		table.Put(table.Row{Key: s.key("c")}),
		table.Update(s.key("gone0")).Set("num", table.N(1)).If(table.Exists),
		table.Delete(s.key("free")),
	)
	var failed []bool
	for _, reason := range r.Reasons {
		failed = append(failed, reason.Failed)
	}
	require.Equal(s.t, []bool{false, true, false, true, false}, failed)
	s.same(a, r.Reasons[1].Old)
	require.True(s.t, r.Reasons[1].Exists)
	require.False(s.t, r.Reasons[3].Exists)
	s.same(table.Row{}, r.Reasons[3].Old)
	s.same(table.Row{}, r.Reasons[0].Old) // an innocent action tells nothing
	_, ok := table.OldOf(r, 3)
	require.False(s.t, ok)
	_, ok = table.OldOf(r, 99)
	require.False(s.t, ok)
}

// limitFacts are what every engine refuses by itself; the rest is in package limits.
var limitFacts = []fact{
	{"ErrNoActions", func(s *subject) { s.tooMuch() }},
	{"ErrTooManyActions", func(s *subject) {
		var many []table.Action
		for i := range table.MaxActions + 1 {
			many = append(many, table.Put(table.Row{Key: s.key(fmt.Sprint(i))}))
		}
		s.tooMuch(many...)
		s.gone(s.key("0"))
	}},
	{"ErrRowTwice", func(s *subject) {
		s.tooMuch(table.Put(table.Row{Key: s.key("a")}), table.Check(s.key("b")).If(table.Absent), table.Update(s.key("a")))
		s.gone(s.key("a"))
	}},
	{"ErrKeys", func(s *subject) {
		for _, key := range []table.Key{{}, {PK: s.own}, {SK: "a"}, {PK: strings.Repeat("p", table.MaxPKBytes+1), SK: "a"}, s.key(strings.Repeat("s", table.MaxSKBytes+1))} {
			s.tooMuch(table.Put(table.Row{Key: key}))
			s.tooMuch(table.Update(key))
			s.tooMuch(table.Delete(key))
			s.tooMuch(table.Check(key).If(table.Absent))
			_, _, err := s.table.Get(s.ctx(), key)
			require.ErrorIs(s.t, err, table.ErrLimit)
			_, err = s.table.GetMany(s.ctx(), []table.Key{s.key("a"), key})
			require.ErrorIs(s.t, err, table.ErrLimit)
		}
	}},
	{"ErrHalfAPlace", func(s *subject) {
		for _, place := range []table.Key{{PK: s.own}, {SK: "a"}, {PK: s.own, SK: strings.Repeat("s", table.MaxSKBytes+1)}} {
			s.tooMuch(table.Put(table.Row{Key: s.key("a"), First: place}))
			s.tooMuch(table.Put(table.Row{Key: s.key("a"), Second: place}))
			s.tooMuch(table.Update(s.key("a")).PlaceFirst(place))
			s.tooMuch(table.Update(s.key("a")).PlaceSecond(place))
		}
	}},
	{"ErrChangedInTwoWays", func(s *subject) {
		s.tooMuch(table.Update(s.key("a")).Set("num", table.N(1)).Add("num", 1))
		s.tooMuch(table.Update(s.key("a")).Set("num", table.N(1)).Remove("num"))
		s.tooMuch(table.Update(s.key("a")).Add("num", 1).Remove("num"))
	}},
	{"ErrRowTooLarge", func(s *subject) {
		large := table.S(strings.Repeat("x", table.MaxRowBytes/2))
		s.tooMuch(table.Put(table.Row{Key: s.key("a"), Attrs: table.Attrs{"big1": large, "big2": large}}))
		s.write(table.Put(table.Row{Key: s.key("a"), Attrs: table.Attrs{"big1": large}}))
		s.tooMuch(table.Update(s.key("a")).Set("big2", large))
		s.is(table.Row{Key: s.key("a"), Attrs: table.Attrs{"big1": large}})
	}},
	{"ErrAddToNoNumber", func(s *subject) {
		s.write(table.Put(table.Row{Key: s.key("a"), Attrs: table.Attrs{"txt": table.S("1")}}))
		s.tooMuch(table.Update(s.key("a")).Add("txt", 1))
		s.tooMuch(table.Put(table.Row{Key: s.key("b")}), table.Update(s.key("a")).Add("txt", 1))
		s.gone(s.key("b"))
	}},
	{"ErrUpdatesOfOtherActions", func(s *subject) {
		s.tooMuch(table.Put(table.Row{Key: s.key("a")}).Set("num", table.N(1)))
		s.tooMuch(table.Delete(s.key("a")).ExpireAt(1))
		s.tooMuch(table.Check(s.key("a")).If(table.Absent).PlaceFirst(table.Key{}))
	}},
	{"ErrOneOfNothing", func(s *subject) {
		s.tooMuch(table.Update(s.key("a")).If(table.OneOf("num")))
		s.tooMuch(table.Update(s.key("a")).If(table.OneOf("num", make([]table.Value, table.MaxOneOf+1)...)))
	}},
	{"ErrTooManyKeys", func(s *subject) {
		var keys []table.Key
		for i := range table.MaxKeys + 1 {
			keys = append(keys, s.key(fmt.Sprint(i)))
		}
		_, err := s.table.GetMany(s.ctx(), keys)
		require.ErrorIs(s.t, err, table.ErrLimit)
	}},
	{"ErrQueries", func(s *subject) {
		elsewhere := &table.Place{Base: s.other("x", "1")}
		for _, q := range []table.Query{
			{}, {PK: s.own, Limit: -1}, {PK: s.own, Limit: table.MaxPageRows + 1}, {PK: s.own, Index: 3}, {PK: s.own, Index: -1},
			{PK: s.own, Prefix: "a", From: "a"}, {PK: s.own, Prefix: "a", To: "b"}, {PK: s.own, After: elsewhere}, {PK: s.own, After: &table.Place{}},
			{PK: s.own, Prefix: "b", After: &table.Place{Base: s.key("a")}}, {PK: s.own, From: "b", After: &table.Place{Base: s.key("a")}},
			{PK: s.own, To: "a", After: &table.Place{Base: s.key("a")}}, {PK: s.own, Index: table.First, After: elsewhere},
			{PK: strings.Repeat("p", table.MaxPKBytes+1)}, {PK: s.own, Prefix: strings.Repeat("s", table.MaxSKBytes+1)},
		} {
			_, err := s.table.Query(s.ctx(), q)
			require.ErrorIs(s.t, err, table.ErrLimit, "%+v", q)
		}
	}},
}
