package tabletest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/table"
)

// orderedKeys sort as bytes in this order; some hold what an engine may use as a separator.
var orderedKeys = []string{
	"\x00", "\x00\x00", "\x00\x01", "\x01", " ", "#", "0", "09", "1", "10", "2", "A", "Z", "a", "a\x00", "a\x00b", "a\x01", "a#", "aa", "b",
	"é", "ж", "яя", "\uffff", "🔑", "\U0010ffff",
}

func (s *subject) fill(keys ...string) {
	s.t.Helper()
	for _, sk := range keys {
		s.write(table.Put(table.Row{Key: s.key(sk), Attrs: table.Attrs{"v1": table.S(sk)}}))
	}
}

func backwards(keys []string) []string {
	turned := slices.Clone(keys)
	slices.Reverse(turned)
	return turned
}

var queryFacts = []fact{
	{"OrderIsByBytes", func(s *subject) {
		s.fill(backwards(orderedKeys)...)
		s.listed(table.Query{PK: s.own}, orderedKeys...)
		s.listed(table.Query{PK: s.own, Backward: true}, backwards(orderedKeys)...)
	}},
	{"NeighbouringPartitionsStayApart", func(s *subject) {
		for _, tail := range []string{"", "\x00", "\x00\x01", "\x01", "\x00\x00", "#", "\U0010ffff"} {
			key := table.Key{PK: s.own + tail, SK: "\x00k" + tail}
			s.write(table.Put(table.Row{Key: key}))
		}
		for _, tail := range []string{"", "\x00", "\x00\x01", "\x01", "\x00\x00", "#", "\U0010ffff"} {
			s.listed(table.Query{PK: s.own + tail}, "\x00k"+tail)
			s.listed(table.Query{PK: s.own + tail, Backward: true}, "\x00k"+tail)
		}
	}},
	{"NothingThere", func(s *subject) {
		page := s.page(table.Query{PK: s.own})
		require.Empty(s.t, page.Rows)
		require.Nil(s.t, page.More)
		s.listed(table.Query{Index: table.First, PK: s.own})
		s.listed(table.Query{Index: table.Second, PK: s.own, Backward: true})
	}},
	{"EveryPageSize", func(s *subject) {
		s.fill(orderedKeys...)
		for limit := 1; limit <= len(orderedKeys)+1; limit++ {
			s.listed(table.Query{PK: s.own, Limit: limit}, orderedKeys...)
			s.listed(table.Query{PK: s.own, Limit: limit, Backward: true}, backwards(orderedKeys)...)
		}
	}},
	{"APageHoldsItsLimit", func(s *subject) {
		s.fill("a", "b", "c")
		page := s.page(table.Query{PK: s.own, Limit: 2})
		require.Len(s.t, page.Rows, 2)
		require.Equal(s.t, &table.Place{Base: s.key("b")}, page.More)
		s.same(table.Row{Key: s.key("a"), Attrs: table.Attrs{"v1": table.S("a")}}, page.Rows[0])
	}},
	{"TheDefaultIsAHundred", func(s *subject) {
		var actions []table.Action
		for i := range 100 {
			actions = append(actions, table.Put(table.Row{Key: s.key(fmt.Sprintf("%03d", i))}))
		}
		s.write(actions...)
		s.fill("100", "101")
		require.Len(s.t, s.page(table.Query{PK: s.own}).Rows, 100)
		require.Len(s.t, s.page(table.Query{PK: s.own, Limit: 1000}).Rows, 102)
	}},
	{"Ranges", func(s *subject) {
		s.fill(orderedKeys...)
		for i, from := range append([]string{""}, orderedKeys...) {
			for _, to := range []string{"", orderedKeys[0], orderedKeys[5], "a\x00", "a\x00a", "zz", orderedKeys[len(orderedKeys)-1]} {
				var want []string
				for _, sk := range orderedKeys {
					if sk >= from && (to == "" || sk < to) {
						want = append(want, sk)
					}
				}
				s.listed(table.Query{PK: s.own, From: from, To: to, Limit: 1 + i%7}, want...)
				s.listed(table.Query{PK: s.own, From: from, To: to, Limit: 1 + i%7, Backward: true}, backwards(want)...)
			}
		}
	}},
	{"Prefixes", func(s *subject) {
		s.fill(orderedKeys...)
		for _, prefix := range []string{"\x00", "\x00\x00", "0", "1", "a", "a\x00", "a\x00c", "б", "я", "\uffff", "\U0010ffff", "\U0010ffffx"} {
			var want []string
			for _, sk := range orderedKeys {
				if strings.HasPrefix(sk, prefix) {
					want = append(want, sk)
				}
			}
			s.listed(table.Query{PK: s.own, Prefix: prefix, Limit: 2}, want...)
			s.listed(table.Query{PK: s.own, Prefix: prefix, Limit: 2, Backward: true}, backwards(want)...)
		}
	}},
	{"AnEmptyRange", func(s *subject) {
		s.fill("a", "b", "c")
		s.listed(table.Query{PK: s.own, From: "b", To: "b"})
		s.listed(table.Query{PK: s.own, From: "c", To: "a"})
		s.listed(table.Query{PK: s.own, From: "c", To: "a", Backward: true})
	}},
	{"ACursorOutlivesItsRow", func(s *subject) {
		s.fill("a", "b", "c", "d")
		page := s.page(table.Query{PK: s.own, Limit: 2})
		s.write(table.Delete(s.key("b")))
		s.fill("bb")
		s.listed(table.Query{PK: s.own, After: page.More}, "bb", "c", "d")
		s.listed(table.Query{PK: s.own, After: page.More, Backward: true}, "a")
	}},
	{"ADeletedRowIsNotListed", func(s *subject) {
		s.fill("a", "b")
		s.write(table.Delete(s.key("a")))
		s.listed(table.Query{PK: s.own}, "b")
	}},
}
