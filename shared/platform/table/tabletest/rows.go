package tabletest

import (
	"math"
	"strings"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/table"
)

var rowFacts = []fact{
	{"MissingRowIsNotAnError", func(s *subject) { s.gone(s.key("nobody")) }},
	{"EveryFieldComesBack", func(s *subject) {
		row := table.Row{
			Key: s.key("a"), First: s.other("list", "1"), Second: s.other("due", "2"), TTL: 4_102_444_800,
			Attrs: table.Attrs{"txt": table.S("привет"), "num": table.N(-7), "raw1": table.B([]byte{0, 255, 1}), "yes": table.Flag(true), "no1": table.Flag(false)},
		}
		s.write(table.Put(row))
		s.is(row)
	}},
	{"ExtremesComeBack", func(s *subject) {
		every := make([]byte, 256)
		for i := range every {
			every[i] = byte(i)
		}
		row := table.Row{Key: s.key("a"), Attrs: table.Attrs{
			"top1": table.N(math.MaxInt64), "low1": table.N(math.MinInt64), "zero0": table.N(0), "tens": table.N(1_000_000_000_000_000_000),
			"empt": table.S(""), "none0": table.B(nil), "every": table.B(every),
			"uni": table.S("\x00\u007f\u0080߿ࠀ\uffff𐀀\U0010ffff — қазақша ☕"), "long0": table.S(strings.Repeat("ж", 20_000)),
		}}
		s.write(table.Put(row))
		s.is(row)
	}},
	{"KeysAreAnyText", func(s *subject) {
		for _, sk := range []string{"#", "a\x00b", "a\x00\x01b", "a\x01", " ", "\u0000", "ключ", "🔑", "a/b?c=d&e", strings.Repeat("k", table.MaxSKBytes)} {
			for _, key := range []table.Key{s.key(sk), s.other("k\x00"+sk, "x")} {
				row := table.Row{Key: key, Attrs: table.Attrs{"v1": table.S(sk)}}
				s.write(table.Put(row))
				s.is(row)
			}
		}
	}},
	{"PutReplacesTheWholeRow", func(s *subject) {
		s.write(table.Put(table.Row{Key: s.key("a"), TTL: 4_102_444_800, Attrs: table.Attrs{"one": table.N(1), "two": table.N(2)}}))
		next := table.Row{Key: s.key("a"), Attrs: table.Attrs{"two": table.N(3)}}
		s.write(table.Put(next))
		s.is(next)
	}},
	{"PutLeavesOutAbsentValues", func(s *subject) {
		s.write(table.Put(table.Row{Key: s.key("a"), Attrs: table.Attrs{"one": table.N(1), "gap": {}}}))
		s.is(table.Row{Key: s.key("a"), Attrs: table.Attrs{"one": table.N(1)}})
	}},
	{"RowWithoutAttributes", func(s *subject) {
		s.write(table.Put(table.Row{Key: s.key("a")}))
		s.is(table.Row{Key: s.key("a")})
	}},
	{"UpdateChangesOnlyWhatItNames", updateChangesOnlyWhatItNames},
	{"UpdateMakesAMissingRow", func(s *subject) {
		s.write(table.Update(s.key("a")).Add("num", 5))
		s.is(table.Row{Key: s.key("a"), Attrs: table.Attrs{"num": table.N(5)}})
		s.write(table.Update(s.key("b")))
		s.is(table.Row{Key: s.key("b")})
	}},
	{"SetOfAnAbsentValueRemoves", func(s *subject) {
		s.write(table.Put(table.Row{Key: s.key("a"), Attrs: table.Attrs{"one": table.N(1), "two": table.N(2)}}))
		s.write(table.Update(s.key("a")).Set("one", table.Value{}))
		s.is(table.Row{Key: s.key("a"), Attrs: table.Attrs{"two": table.N(2)}})
	}},
	{"SetMayChangeTheKindOfAValue", func(s *subject) {
		s.write(table.Put(table.Row{Key: s.key("a"), Attrs: table.Attrs{"v1": table.N(1)}}))
		s.write(table.Update(s.key("a")).Set("v1", table.S("1")))
		s.is(table.Row{Key: s.key("a"), Attrs: table.Attrs{"v1": table.S("1")}})
	}},
	{"RemoveOfWhatIsNotThere", func(s *subject) {
		s.write(table.Put(table.Row{Key: s.key("a"), Attrs: table.Attrs{"one": table.N(1)}}))
		s.write(table.Update(s.key("a")).Remove("two"))
		s.is(table.Row{Key: s.key("a"), Attrs: table.Attrs{"one": table.N(1)}})
	}},
	{"AddReachesBothEnds", func(s *subject) {
		s.write(table.Update(s.key("a")).Add("up1", math.MaxInt64).Add("down1", math.MinInt64))
		s.write(table.Update(s.key("a")).Add("up1", math.MinInt64).Add("down1", math.MaxInt64))
		s.is(table.Row{Key: s.key("a"), Attrs: table.Attrs{"up1": table.N(-1), "down1": table.N(-1)}})
	}},
	{"DeleteAlsoOfWhatIsNotThere", func(s *subject) {
		s.write(table.Put(table.Row{Key: s.key("a")}))
		s.write(table.Delete(s.key("a")))
		s.gone(s.key("a"))
		s.write(table.Delete(s.key("a")))
	}},
	{"RowsPastTheirTTLAreStillRead", func(s *subject) {
		row := table.Row{Key: s.key("a"), TTL: 1}
		s.write(table.Put(row))
		s.is(row)
	}},
	{"GetManyLeavesOutWhatIsMissing", getMany},
	{"AnswersBelongToTheCaller", func(s *subject) {
		row := table.Row{Key: s.key("a"), Attrs: table.Attrs{"one": table.N(1)}}
		s.write(table.Put(row))
		s.get(row.Key).Attrs["one"] = table.N(2)
		s.page(table.Query{PK: s.own}).Rows[0].Attrs["one"] = table.N(3)
		s.is(row)
	}},
}

func updateChangesOnlyWhatItNames(s *subject) {
	row := table.Row{
		Key: s.key("a"), First: s.other("list", "1"), Second: s.other("due", "2"), TTL: 4_102_444_800,
		Attrs: table.Attrs{"one": table.N(1), "two": table.N(2), "three": table.S("3")},
	}
	s.write(table.Put(row))
	s.write(table.Update(row.Key).Set("one", table.S("eins")).Add("two", -5).Remove("three").Add("fresh", 9))
	row.Attrs = table.Attrs{"one": table.S("eins"), "two": table.N(-3), "fresh": table.N(9)}
	s.is(row)
	s.write(table.Update(row.Key).ExpireAt(4_102_444_900).PlaceFirst(s.other("list", "9")))
	row.TTL, row.First = 4_102_444_900, s.other("list", "9")
	s.is(row)
	s.write(table.Update(row.Key).ExpireAt(0).PlaceSecond(table.Key{}).SetAll(table.Attrs{"x1": table.Flag(true), "y1": table.B([]byte("y"))}))
	row.TTL, row.Second = 0, table.Key{}
	row.Attrs["x1"], row.Attrs["y1"] = table.Flag(true), table.B([]byte("y"))
	s.is(row)
}

func getMany(s *subject) {
	want := map[table.Key]table.Row{}
	var keys []table.Key
	for i := range 100 {
		key := s.other(string(rune('a'+i%7)), string(rune('A'+i)))
		keys = append(keys, key)
		if i%3 == 0 {
			continue
		}
		want[key] = table.Row{Key: key, Attrs: table.Attrs{"num": table.N(int64(i))}}
		s.write(table.Put(want[key]))
	}
	rows, err := s.table.GetMany(s.ctx(), keys)
	require.NoError(s.t, err)
	require.Len(s.t, rows, len(want))
	for _, row := range rows {
		s.same(want[row.Key], row)
		delete(want, row.Key)
	}
	require.Empty(s.t, want)

	rows, err = s.table.GetMany(s.ctx(), nil)
	require.NoError(s.t, err)
	require.Empty(s.t, rows)
	_, err = s.table.GetMany(s.ctx(), []table.Key{keys[0], keys[1], keys[0]})
	require.ErrorIs(s.t, err, table.ErrLimit, "a key twice")
}
