package table_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/table"
)

// TestConditions says when each condition holds: of a row that has n = 5, of one without n, and of none.
func TestConditions(t *testing.T) {
	t.Parallel()
	key := table.Key{PK: "p", SK: "s"}
	with := table.Row{Key: key, Attrs: table.Attrs{"n": table.N(5), "ver": table.N(5)}}
	without := table.Row{Key: key, Attrs: table.Attrs{}}
	for name, fact := range map[string]struct {
		cond                table.Cond
		with, without, none bool
	}{
		"Absent":              {table.Absent, false, false, true},
		"Exists":              {table.Exists, true, true, false},
		"Missing":             {table.Missing("n"), false, true, true},
		"Equals":              {table.Equals("n", table.N(5)), true, false, false},
		"EqualsAnother":       {table.Equals("n", table.N(6)), false, false, false},
		"EqualsOfAnotherKind": {table.Equals("n", table.S("5")), false, false, false},
		"Differs":             {table.Differs("n", table.N(6)), true, true, true},
		"DiffersNot":          {table.Differs("n", table.N(5)), false, true, true},
		"OneOf":               {table.OneOf("n", table.N(4), table.N(5)), true, false, false},
		"OneOfOthers":         {table.OneOf("n", table.N(4), table.N(6)), false, false, false},
		"AtLeast":             {table.AtLeast("n", 5), true, false, false},
		"AtLeastMore":         {table.AtLeast("n", 6), false, false, false},
		"AtMost":              {table.AtMost("n", 5), true, false, false},
		"AtMostLess":          {table.AtMost("n", 4), false, false, false},
		"Version":             {table.Version(5), true, false, false},
		"VersionBefore":       {table.Version(4), false, false, false},
		"VersionOfNothing":    {table.Version(0), false, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := table.Check(key).If(fact.cond)
			require.Equal(t, fact.with, a.Holds(with, true), "of a row that has it")
			require.Equal(t, fact.without, a.Holds(without, true), "of a row that has it not")
			require.Equal(t, fact.none, a.Holds(table.Row{}, false), "of no row")
		})
	}
	t.Run("AllOfThemHold", func(t *testing.T) {
		t.Parallel()
		require.False(t, table.Check(key).If(table.Exists, table.Missing("n")).Holds(with, true))
		require.False(t, table.Check(key).If(table.Missing("n"), table.Exists).Holds(with, true))
	})
}

func TestApplyRefuses(t *testing.T) {
	t.Parallel()
	key := table.Key{PK: "p", SK: "s"}
	for name, fact := range map[string]struct {
		has table.Value
		add int64
	}{
		"ErrSumBeyondInt64":  {table.N(math.MaxInt64), 1},
		"ErrSumBelowInt64":   {table.N(math.MinInt64), -1},
		"ErrAdditionToAText": {table.S("1"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row := table.Row{Key: key, Attrs: table.Attrs{"n": fact.has}}
			_, _, err := table.Update(key).Add("n", fact.add).Apply(row, true)
			require.ErrorIs(t, err, table.ErrLimit)
		})
	}
	t.Run("ErrARowTwiceInATransaction", func(t *testing.T) {
		t.Parallel()
		one, other := table.Update(key).Set("a", table.N(1)), table.Update(table.Key{PK: "p", SK: "t"}).Set("a", table.N(1))
		require.NoError(t, table.Validate([]table.Action{one, other}))
		require.ErrorIs(t, table.Validate([]table.Action{one, other, table.Check(key)}), table.ErrLimit)
	})
}
