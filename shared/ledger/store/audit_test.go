package store

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/table"
)

func set(name string, v table.Value) func(*table.Row) {
	return func(r *table.Row) {
		if v.IsAbsent() {
			delete(r.Attrs, name)
			return
		}
		r.Attrs[name] = v
	}
}

func add(name string, n int64) func(*table.Row) {
	return func(r *table.Row) { r.Attrs[name] = table.N(r.Attrs[name].Number() + n) }
}

// spoilt gives the rows with one of them changed: the first whose key begins so.
func spoilt(t *testing.T, rows []table.Row, where func(table.Row) bool, spoil func(*table.Row)) []table.Row {
	t.Helper()
	out := slices.Clone(rows)
	i := slices.IndexFunc(out, where)
	require.GreaterOrEqual(t, i, 0)
	out[i].Attrs = maps.Clone(out[i].Attrs)
	spoil(&out[i])
	return out
}

func isEntry(r table.Row) bool { return strings.HasPrefix(r.Key.PK, Prefix+"ENTRY#") }

// busy is a shard in which something was posted today.
func busy(r table.Row) bool { return strings.HasPrefix(r.Key.SK, shardsSK) && !r.Second.IsZero() }

func isDay(day ledger.Day) func(table.Row) bool {
	return func(r table.Row) bool { return r.Key == dayKey(book, day) }
}

func TestAudit(t *testing.T) {
	t.Parallel()
	w := lived(t)
	rows, open := w.rows(), ledger.Day("2026-03-04")
	now := movedPrefix(open)

	t.Run("EverythingHolds", func(t *testing.T) {
		t.Parallel()
		got := audit(append(rows, table.Row{Key: table.Key{PK: "PAY#t#x", SK: "P"}}))
		require.Empty(t, got.Breaches)
		sums := maps.Clone(held(6 * (5 + 6 + 7)))
		require.NoError(t, sums.Post(ledger.Posting{From: ledger.BankSettlement, To: ledger.Clearing(account), Amount: 18}))
		busy := 0
		for _, r := range rows {
			if !r.Second.IsZero() {
				busy++
			}
		}
		require.Equal(t, Audit{Entries: 126, Books: 1, Days: 2, Due: busy, Sums: map[World]ledger.Balances{{ids.Test, money.RUB}: sums}}, got)
	})
	t.Run("NothingIsNoBreach", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, Audit{Sums: map[World]ledger.Balances{}}, audit(nil))
	})
	for name, c := range map[string]struct {
		where func(table.Row) bool
		spoil func(*table.Row)
		want  string
	}{
		"ErrUnknownSchema":   {isEntry, set("sv", table.N(3)), "schema version 3"},
		"ErrNoSchema":        {busy, set("sv", table.Value{}), "schema version 0"},
		"ErrUnreadableEntry": {isEntry, set("pst", table.S("x")), "cannot be read"},
		"ErrEntryOfAnother":  {isEntry, set("eid", table.S("x:paid")), "holds the entry"},
		"ErrEntryWithoutAct": {isEntry, func(r *table.Row) {
			r.Attrs = table.Attrs{"sv": table.N(1), "eid": r.Attrs["eid"], "md": r.Attrs["md"]}
		}, "invalid_ledger_entry"},
		"ErrPostingChanged":     {isEntry, set("pst", table.B([]byte(`[{"from":"payable","to":"reserved","amount":7}]`))), "the entries say"},
		"ErrNoNumber":           {isEntry, set("sq", table.Value{}), "stands nowhere"},
		"ErrNumberTaken":        {isEntry, add("sq", 1), "is taken by another"},
		"ErrOtherShard":         {isEntry, add("shd", 1), "there are"},
		"ErrEntryMovedDay":      {isEntry, set("bd", table.S(string(today.Next()))), "it stands in the indexes"},
		"ErrEntryOutOfTheList":  {isEntry, func(r *table.Row) { r.First = table.Key{} }, "it stands in the indexes"},
		"ErrEntryInDueKeys":     {isEntry, func(r *table.Row) { r.Second = r.First }, "it stands in the indexes"},
		"ErrEntryOfAClosedGap":  {isEntry, set("bd", table.S("2026-01-01")), "the day's own row says otherwise"},
		"ErrBalanceChanged":     {busy, add(heldPrefix+"p", 1), "the stored balances"},
		"ErrTodayChanged":       {busy, add(now+"p", 1), "it holds"},
		"ErrTodaysFactsChanged": {busy, add(now+"xp", 1), "it holds"},
		"ErrCountChanged":       {busy, add(countAttr, 1), "it counts"},
		"ErrCountLost":          {busy, set(countAttr, table.Value{}), "cannot be read"},
		"ErrDayMoved":           {busy, set(openAttr, table.S("2026-03-09")), "its open day is"},
		"ErrNotDue":             {busy, func(r *table.Row) { r.Second = table.Key{} }, "its due key"},
		"ErrDueElsewhere":       {busy, func(r *table.Row) { r.Second.SK = strings.Replace(r.Second.SK, "#2026-03-04#", "#2026-03-05#", 1) }, "its due key"},
		"ErrClosedDayStillThere": {func(r table.Row) bool { return strings.HasPrefix(r.Key.SK, shardsSK) },
			set(movedPrefix(today)+"xn", table.N(1)), "it holds"},
		"ErrClosedSums":     {isDay(today), add("xp", 1), "its sums are"},
		"ErrClosedBalances": {isDay(today), set("bal", table.B([]byte(`{"payable":1}`))), "its sums are"},
		"ErrClosedMoves":    {isDay(today), set("mvd", table.Value{}), "its sums are"},
		"ErrClosedCounts":   {isDay(today), set("cnt", table.Value{}), "it holds"},
		"ErrClosedNumbers":  {isDay(today), set("lst", table.Value{}), "ended it with number 0"},
		"ErrDayAfter":       {isDay(today), set("nxt", table.S("2026-03-09")), "followed by 2026-03-09"},
		"ErrLastDayAfter":   {isDay(today.Next()), set("nxt", table.S("2026-03-09")), "followed by 2026-03-09"},
		"ErrDayOfAnother":   {isDay(today), set("bd", table.S("2026-03-09")), "is not a day of its book"},
		"ErrDayInNoState":   {isDay(today), set("st", table.Value{}), "is not a day of its book"},
		"ErrDayDue":         {isDay(today), func(r *table.Row) { r.Second.SK = "x" }, "its due key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, strings.Join(audit(spoilt(t, rows, c.where, c.spoil)).Breaches, "\n"), c.want)
		})
	}
	for name, where := range map[string]func(table.Row) bool{"ErrNoEntry": isEntry, "ErrNoShard": busy, "ErrNoDay": isDay(today)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := slices.IndexFunc(rows, where)
			require.NotEmpty(t, audit(slices.Concat(rows[:i], rows[i+1:])).Breaches)
		})
	}
	t.Run("ErrNotZero", func(t *testing.T) {
		t.Parallel()
		a := NewAuditor()
		for _, row := range rows {
			a.Add(row)
		}
		for _, day := range a.books[book].entries {
			require.NoError(t, day[0].add(moved{balances: ledger.Balances{ledger.Payable: 1}}))
			break
		}
		require.Contains(t, strings.Join(a.Done().Breaches, "\n"), "are not zero")
	})
	t.Run("ManyBreachesAreCounted", func(t *testing.T) {
		t.Parallel()
		var strange []table.Row
		for range MaxBreaches {
			strange = append(strange, table.Row{Key: table.Key{PK: Prefix + "NOBODY", SK: "X"}})
		}
		got := audit(strange)
		require.Len(t, got.Breaches, MaxBreaches)
		require.Equal(t, MaxBreaches, got.More) // each has no schema version either
	})
}

func TestRows(t *testing.T) {
	t.Parallel()
	t.Run("ASumOfAnotherVersionIsCarriedAlong", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(paid(book, 1))
		require.NoError(t, w.table.Write(t.Context(), table.Update(shardKey(book, 0)).
			Add(movedPrefix(today)+"zz", 5).Add(movedPrefix(today)+"xz", 6).Add(heldPrefix+"zz", 1)))
		require.Equal(t, int64(6), w.balances().Balances["unknown:zz"])
		w.close(today, today.Next())
		row, _, err := w.table.Get(t.Context(), shardKey(book, 0))
		require.NoError(t, err)
		require.Equal(t, table.N(6), row.Attrs[heldPrefix+"zz"])
		for name := range row.Attrs {
			require.False(t, strings.HasPrefix(name, movedPrefix(today)), name)
		}
	})
	t.Run("NoBookWithoutAllItsShards", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(paid(book, 1))
		require.NoError(t, w.table.Write(t.Context(), table.Delete(shardKey(book, 7))))
		_, err := w.Balances(t.Context(), book)
		require.ErrorIs(t, err, ErrBusy)
		require.ErrorContains(t, err, "15 shards")
	})
	t.Run("Codes", func(t *testing.T) {
		t.Parallel()
		seen := map[string]bool{}
		for _, a := range []ledger.Account{ledger.Payable, ledger.Reserved, ledger.Receivable, ledger.PlatformFees, ledger.Suspense, ledger.BankSettlement,
			ledger.WriteOff, ledger.Clearing(account), ledger.ProviderFees(account), "available", "held"} {
			code := accountCode(a)
			require.False(t, seen[code] || counts(code), code)
			seen[code] = true
			require.Equal(t, a, accountOf(code))
		}
		require.Equal(t, ledger.Account("unknown:c12"), accountOf("c12"))
		for _, name := range []string{"w", "sv", openAttr, countAttr, lastAttr, "d20269902_p", "d20260302p", "dxxxxxxxx_p"} {
			_, _, ok := splitSum(name)
			require.False(t, ok, name)
		}
	})
	t.Run("AStrangeKeyIsNoBook", func(t *testing.T) {
		t.Parallel()
		require.NotEmpty(t, bookPK(book))
		b, ok := bookOf(bookPK(book))
		require.True(t, ok)
		require.Equal(t, book, b)
		for _, pk := range []string{Prefix + "BOOK#t#x#RUB", Prefix + "BOOK#t", Prefix + "X", Prefix + "BOOK#q#" + partner.String() + "#RUB"} {
			_, ok := bookOf(pk)
			require.False(t, ok, pk)
		}
		for _, sk := range []string{"", "x#y", "2026-03-02T09:00:00.000Z#x#RUB#2026-03-02#D#", "2026-03-02T09:00:00.000Z#" + partner.String() + "#RUB#day#D#"} {
			_, ok := readDue(ids.Test, sk)
			require.False(t, ok, sk)
		}
	})
	t.Run("EveryFieldSurvivesItsRow", func(t *testing.T) {
		t.Parallel()
		r := ledger.Recorded{Entry: paid(book, 1), Day: today, Shard: 3, Seq: 9, PostedAt: start.Add(time.Second)}
		r.By, r.Note, r.Facts.Refunded = "op", "note", 5
		got, err := readEntry(entryRow(r))
		require.NoError(t, err)
		require.Equal(t, r, got)
		require.LessOrEqual(t, entryRow(r).Size(), 1024, "a posting costs one unit of writing, not two")
		c := Closed{Book: book, Day: today, Next: today.Next(), At: start, Facts: ledger.Facts{Paid: 1, Refunded: 2, OurFee: 3, ProviderFee: 4},
			Counts: [Shards]int64{1, 2}, Last: [Shards]int64{3, 4}, Moved: held(1), Balances: held(2), own: ledger.Facts{Paid: 5, OurFee: 6}, aside: -7, status: closed}
		gotDay, err := readDay(dayRow(c))
		require.NoError(t, err)
		require.Equal(t, c, gotDay)
	})
}
