package tabletest

import (
	"fmt"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/table"
)

// both indexes are asked every question.
var both = []table.Index{table.First, table.Second}

// placed is a row with one place in the given index.
func placed(index table.Index, key, place table.Key, attrs table.Attrs) table.Row {
	row := table.Row{Key: key, Attrs: attrs}
	if index == table.First {
		row.First = place
	} else {
		row.Second = place
	}
	return row
}

func move(index table.Index, a table.Action, place table.Key) table.Action {
	if index == table.First {
		return a.PlaceFirst(place)
	}
	return a.PlaceSecond(place)
}

var indexFacts = []fact{
	{"OnlyKeysAndProjectedAttributesAreFilled", inBoth(func(s *subject, index table.Index) {
		place := s.other("list", "1")
		row := placed(index, s.key("a"), place, table.Attrs{"st": table.S("paid"), "big1": table.S("secret")})
		row.TTL = 4_102_444_800
		s.write(table.Put(row))
		var got []table.Row
		s.eventually(index, func() bool {
			got = s.page(table.Query{Index: index, PK: place.PK}).Rows
			return len(got) == 1
		}, func() string { return "the row is not in the index" })
		s.same(placed(index, s.key("a"), place, table.Attrs{"st": table.S("paid")}), got[0])
	})},
	{"ThePlacesOfBothIndexesAreApart", func(s *subject) {
		s.write(table.Put(table.Row{Key: s.key("a"), First: s.other("x", "1"), Second: s.other("x", "2")}))
		s.listed(table.Query{Index: table.First, PK: s.other("x", "").PK}, "1")
		s.listed(table.Query{Index: table.Second, PK: s.other("x", "").PK}, "2")
	}},
	{"ARowWithoutAPlaceIsNotThere", inBoth(func(s *subject, index table.Index) {
		s.write(table.Put(placed(index, s.key("a"), s.other("list", "1"), nil)), table.Put(table.Row{Key: s.key("b")}))
		s.listed(table.Query{Index: index, PK: s.other("list", "").PK}, "1")
	})},
	{"EqualPlacesPageByPage", inBoth(equalPlaces)},
	{"PutMovesThePlace", inBoth(func(s *subject, index table.Index) {
		list := s.other("list", "").PK
		s.write(table.Put(placed(index, s.key("a"), s.other("list", "1"), nil)))
		s.listed(table.Query{Index: index, PK: list}, "1")
		s.write(table.Put(placed(index, s.key("a"), s.other("list", "2"), nil)))
		s.listed(table.Query{Index: index, PK: list}, "2")
		s.write(table.Put(placed(index, s.key("a"), s.other("else", "3"), nil)))
		s.listed(table.Query{Index: index, PK: list})
		s.listed(table.Query{Index: index, PK: s.other("else", "").PK}, "3")
		s.write(table.Put(table.Row{Key: s.key("a")}))
		s.listed(table.Query{Index: index, PK: s.other("else", "").PK})
	})},
	{"UpdateKeepsMovesAndLeavesThePlace", inBoth(func(s *subject, index table.Index) {
		list := s.other("list", "").PK
		s.write(table.Update(s.key("a")).Set("st", table.S("new")))
		s.write(move(index, table.Update(s.key("a")), s.other("list", "1")))
		s.listed(table.Query{Index: index, PK: list}, "1")
		s.write(table.Update(s.key("a")).Set("st", table.S("paid")))
		s.eventually(index, func() bool {
			rows := s.page(table.Query{Index: index, PK: list}).Rows
			return len(rows) == 1 && rows[0].Attrs["st"].Text() == "paid"
		}, func() string { return "the projected attribute is old" })
		s.write(move(index, table.Update(s.key("a")).Remove("st"), s.other("list", "2")))
		s.listed(table.Query{Index: index, PK: list}, "2")
		s.eventually(index, func() bool {
			return len(s.page(table.Query{Index: index, PK: list}).Rows[0].Attrs) == 0
		}, func() string { return "the projected attribute is still there" })
		s.write(move(index, table.Update(s.key("a")), table.Key{}))
		s.listed(table.Query{Index: index, PK: list})
		s.is(table.Row{Key: s.key("a")})
	})},
	{"DeleteLeavesTheIndex", inBoth(func(s *subject, index table.Index) {
		s.write(table.Put(placed(index, s.key("a"), s.other("list", "1"), nil)))
		s.listed(table.Query{Index: index, PK: s.other("list", "").PK}, "1")
		s.write(table.Delete(s.key("a")))
		s.listed(table.Query{Index: index, PK: s.other("list", "").PK})
	})},
	{"OrderRangesAndPrefixes", inBoth(func(s *subject, index table.Index) {
		list := s.other("list\x00", "").PK
		for i, sk := range orderedKeys {
			s.write(table.Put(placed(index, s.key(fmt.Sprint(i)), table.Key{PK: list, SK: sk}, nil)))
		}
		s.listed(table.Query{Index: index, PK: list, Limit: 3}, orderedKeys...)
		s.listed(table.Query{Index: index, PK: list, Limit: 3, Backward: true}, backwards(orderedKeys)...)
		s.listed(table.Query{Index: index, PK: list, From: "a", To: "aa", Limit: 2}, "a", "a\x00", "a\x00b", "a\x01", "a#")
		s.listed(table.Query{Index: index, PK: list, From: "a\x00", To: "a\x01", Backward: true}, "a\x00b", "a\x00")
		s.listed(table.Query{Index: index, PK: list, Prefix: "a\x00"}, "a\x00", "a\x00b")
		s.listed(table.Query{Index: index, PK: list, Prefix: "\U0010ffff", Backward: true}, "\U0010ffff")
		s.listed(table.Query{Index: index, PK: list, To: "\x00"})
	})},
}

// inBoth makes one fact of the same question to both indexes, each with partitions of its own.
func inBoth(holds func(*subject, table.Index)) func(*subject) {
	return func(s *subject) {
		for _, index := range both {
			mine := *s
			mine.own = fmt.Sprintf("%s#%d", s.own, index)
			holds(&mine, index)
		}
	}
}

// equalPlaces: rows at one place of an index are listed once each, whatever the size of the pages.
func equalPlaces(s *subject, index table.Index) {
	place := s.other("list", "same")
	want := map[table.Key]bool{}
	for i := range 12 {
		key := s.other(fmt.Sprint(i%4), fmt.Sprint(i))
		want[key] = true
		s.write(table.Put(placed(index, key, place, nil)))
	}
	s.write(table.Put(placed(index, s.key("before"), s.other("list", "a"), nil)), table.Put(placed(index, s.key("behind"), s.other("list", "z"), nil)))
	s.eventually(index, func() bool { return len(s.all(table.Query{Index: index, PK: place.PK})) == 14 }, func() string { return "not all are listed" })
	for limit := 1; limit <= 5; limit++ {
		for _, backward := range []bool{false, true} {
			seen := map[table.Key]int{}
			for _, row := range s.all(table.Query{Index: index, PK: place.PK, Prefix: "same", Limit: limit, Backward: backward}) {
				require.Equal(s.t, place, row.Place(index))
				seen[row.Key]++
			}
			require.Len(s.t, seen, len(want))
			for key, times := range seen {
				require.True(s.t, want[key])
				require.Equal(s.t, 1, times, "%s", key)
			}
		}
	}
}
