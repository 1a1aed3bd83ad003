package tabletest

import (
	"fmt"
	"math"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/table"
)

// judged is a condition with the answer it must get of one row.
type judged struct {
	name string
	cond table.Cond
	want bool
}

// judgedRow is asked every condition below.
var judgedRow = table.Attrs{
	"num": table.N(5), "txt": table.S("5"), "raw1": table.B([]byte("5")), "yes": table.Flag(true), "empt": table.S(""), "ver": table.N(3),
	"low": table.N(math.MinInt64), "high": table.N(math.MaxInt64),
}

var judgedOnRow = []judged{
	{"Absent", table.Absent, false},
	{"Exists", table.Exists, true},
	{"MissingOfNone", table.Missing("none0"), true},
	{"MissingOfSome", table.Missing("num"), false},
	{"MissingOfEmpty", table.Missing("empt"), false},
	{"EqualsNumber", table.Equals("num", table.N(5)), true},
	{"EqualsOtherNumber", table.Equals("num", table.N(6)), false},
	{"EqualsOtherKind", table.Equals("num", table.S("5")), false},
	{"EqualsText", table.Equals("txt", table.S("5")), true},
	{"EqualsOtherText", table.Equals("txt", table.S("5 ")), false},
	{"EqualsBytesForText", table.Equals("txt", table.B([]byte("5"))), false},
	{"EqualsBytes", table.Equals("raw1", table.B([]byte("5"))), true},
	{"EqualsTrue", table.Equals("yes", table.Flag(true)), true},
	{"EqualsFalse", table.Equals("yes", table.Flag(false)), false},
	{"EqualsEmpty", table.Equals("empt", table.S("")), true},
	{"EqualsOfNone", table.Equals("none0", table.S("")), false},
	{"DiffersOther", table.Differs("num", table.N(6)), true},
	{"DiffersSame", table.Differs("num", table.N(5)), false},
	{"DiffersKind", table.Differs("num", table.S("5")), true},
	{"DiffersOfNone", table.Differs("none0", table.N(1)), true},
	{"OneOfOne", table.OneOf("txt", table.S("4"), table.S("5")), true},
	{"OneOfOthers", table.OneOf("txt", table.S("4"), table.N(5)), false},
	{"OneOfNone", table.OneOf("none0", table.S("4")), false},
	{"AtLeastLess", table.AtLeast("num", 4), true},
	{"AtLeastSame", table.AtLeast("num", 5), true},
	{"AtLeastMore", table.AtLeast("num", 6), false},
	{"AtLeastOfText", table.AtLeast("txt", 1), false},
	{"AtLeastOfNone", table.AtLeast("none0", math.MinInt64), false},
	{"AtLeastLow", table.AtLeast("low", math.MinInt64), true},
	{"AtLeastHigh", table.AtLeast("low", math.MaxInt64), false},
	{"AtMostMore", table.AtMost("num", 6), true},
	{"AtMostSame", table.AtMost("num", 5), true},
	{"AtMostLess", table.AtMost("num", 4), false},
	{"AtMostOfText", table.AtMost("txt", 9), false},
	{"AtMostOfNone", table.AtMost("none0", math.MaxInt64), false},
	{"AtMostHigh", table.AtMost("high", math.MaxInt64), true},
	{"AtMostLow", table.AtMost("high", math.MinInt64), false},
	{"VersionSame", table.Version(3), true},
	{"VersionOther", table.Version(2), false},
	{"VersionZero", table.Version(0), false},
}

var judgedOnNothing = []judged{
	{"Absent", table.Absent, true},
	{"Exists", table.Exists, false},
	{"Missing", table.Missing("num"), true},
	{"Equals", table.Equals("num", table.N(0)), false},
	{"Differs", table.Differs("num", table.N(0)), true},
	{"OneOf", table.OneOf("num", table.N(0)), false},
	{"AtLeast", table.AtLeast("num", 0), false},
	{"AtMost", table.AtMost("num", 0), false},
	{"VersionZero", table.Version(0), true},
	{"VersionOne", table.Version(1), false},
}

var conditionFacts = []fact{
	{"OnARow", func(s *subject) {
		for _, op := range []string{"put", "update", "delete", "check"} {
			for _, j := range judgedOnRow {
				row := table.Row{Key: s.key(op + j.name), Attrs: judgedRow}
				s.write(table.Put(row))
				s.judge(op, j, row, true)
			}
		}
	}},
	{"OnNothing", func(s *subject) {
		for _, op := range []string{"put", "update", "delete", "check"} {
			for _, j := range judgedOnNothing {
				s.judge(op, j, table.Row{Key: s.key(op + j.name)}, false)
			}
		}
	}},
	{"AllMustHold", func(s *subject) {
		s.write(table.Put(table.Row{Key: s.key("a"), Attrs: table.Attrs{"num": table.N(1)}}))
		s.refused(table.Update(s.key("a")).Set("num", table.N(9)).If(table.Exists, table.AtLeast("num", 1)).If(table.AtMost("num", 0)))
		s.write(table.Update(s.key("a")).Set("num", table.N(9)).If(table.Exists, table.AtLeast("num", 1)).If(table.AtMost("num", 1)))
		require.Equal(s.t, int64(9), s.get(s.key("a")).Attrs["num"].Number())
	}},
	{"TheStateBeforeCounts", func(s *subject) {
		s.write(table.Put(table.Row{Key: s.key("a"), Attrs: table.Attrs{"num": table.N(1)}}))
		s.write(table.Update(s.key("a")).Add("num", 1).If(table.Equals("num", table.N(1))))
		s.write(table.Update(s.key("a")).Remove("num").If(table.Equals("num", table.N(2))))
		s.write(table.Update(s.key("a")).Add("num", 1).If(table.Missing("num")))
		require.Equal(s.t, int64(1), s.get(s.key("a")).Attrs["num"].Number())
	}},
	{"ReplayedCreateSeesTheFirst", func(s *subject) {
		first := table.Row{Key: s.key("a"), First: s.other("list", "1"), Attrs: table.Attrs{"sum1": table.B([]byte{1})}}
		s.write(table.Put(first).If(table.Absent))
		r := s.refused(table.Put(table.Row{Key: s.key("a"), Attrs: table.Attrs{"sum1": table.B([]byte{2})}}).If(table.Absent))
		old, ok := table.OldOf(r, 0)
		require.True(s.t, ok)
		s.same(first, old)
		s.is(first)
	}},
}

// judge asks one condition through one kind of action and checks answer, refusal and effect.
func (s *subject) judge(op string, j judged, row table.Row, exists bool) {
	s.t.Helper()
	name := fmt.Sprintf("%s if %s", op, j.name)
	after, left := row, exists
	var a table.Action
	switch op {
	case "put":
		after, left = table.Row{Key: row.Key, Attrs: table.Attrs{"new1": table.N(1)}}, true
		a = table.Put(after)
	case "update":
		after.Attrs, left = table.Attrs{"new1": table.N(1)}, true
		for attr, v := range row.Attrs {
			after.Attrs[attr] = v
		}
		a = table.Update(row.Key).Set("new1", table.N(1))
	case "delete":
		a, left = table.Delete(row.Key), false
	default:
		a = table.Check(row.Key)
	}
	err := s.table.Write(s.ctx(), a.If(j.cond))
	if !j.want {
		var r *table.Refused
		require.ErrorAs(s.t, err, &r, name)
		require.True(s.t, r.Reasons[0].Failed, name)
		require.Equal(s.t, exists, r.Reasons[0].Exists, name)
		s.same(rowIf(exists, row), r.Reasons[0].Old)
		after, left = row, exists
	} else {
		require.NoError(s.t, err, name)
	}
	got, ok, err := s.table.Get(s.ctx(), row.Key)
	require.NoError(s.t, err, name)
	require.Equal(s.t, left, ok, name)
	s.same(rowIf(left, after), got)
}

func rowIf(exists bool, row table.Row) table.Row {
	if exists {
		return row
	}
	return table.Row{}
}
