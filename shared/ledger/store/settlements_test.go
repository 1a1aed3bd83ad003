package store

import (
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

// settle settles a closed day behind the chain, as it stands.
func (w *world) settle(c Closed) ledger.Settlement {
	w.t.Helper()
	chain, err := w.Chain(w.t.Context(), c.Book)
	require.NoError(w.t, err)
	tally := ledger.Tally{Book: c.Book, Day: c.Day}
	for r, err := range w.Counting(w.t.Context(), c, tally) {
		require.NoError(w.t, err)
		require.NoError(w.t, tally.Add(r))
	}
	made, err := ledger.Settle(chain.Head, tally, w.clock.Now())
	require.NoError(w.t, err)
	require.NoError(w.t, w.Settle(w.t.Context(), chain, made))
	return made
}

// chains proves the settlements among rows.
func chains(rows []table.Row) (int, []string) {
	c := NewChains()
	for _, row := range rows {
		c.Add(row)
	}
	return c.Done()
}

func TestSettlements(t *testing.T) {
	t.Parallel()
	t.Run("OnceForEachDayAndOnlyBehindTheChain", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(paids(book, 0, 30)...)
		first := w.close(today, today.Next())
		stale, err := w.Chain(t.Context(), book)
		require.NoError(t, err)
		require.Zero(t, stale)
		days, err := w.Unsettled(t.Context(), book, stale, today.Next())
		require.NoError(t, err)
		require.Equal(t, []Closed{first}, days)
		made := w.settle(first)
		require.ErrorIs(t, w.Settle(t.Context(), stale, made), ErrSettledMeanwhile)
		require.ErrorIs(t, w.SkipDay(t.Context(), stale, first), ErrSettledMeanwhile)
		_, err = w.KeepTally(t.Context(), stale, ledger.Tally{Book: book, Day: today, Entries: 1})
		require.ErrorIs(t, err, ErrSettledMeanwhile)
		got, err := w.Settlement(t.Context(), ids.Test, made.ID)
		require.NoError(t, err)
		require.Equal(t, made, got)
		_, err = w.Settlement(t.Context(), ids.Live, made.ID)
		require.ErrorIs(t, err, ledger.ErrSettlementNotFound)
		chain, err := w.Chain(t.Context(), book)
		require.NoError(t, err)
		require.Equal(t, made.Head(), chain.Head)
		days, err = w.Unsettled(t.Context(), book, chain, today.Next())
		require.NoError(t, err)
		require.Empty(t, days)
	})
	t.Run("ATallyIsKeptAndGoneOnWith", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for n := range 3 {
			w.post(paids(book, n*50, 20)...)
			w.Poster = w.poster()
		}
		c := w.close(today, today.Next())
		all := collect(t, w.DayEntries(t.Context(), c))
		var chain Chain
		tally := ledger.Tally{Book: book, Day: today}
		for n, r := range all {
			require.NoError(t, tally.Add(r))
			var err error
			chain, err = w.KeepTally(t.Context(), chain, tally)
			require.NoError(t, err)
			kept, err := w.Chain(t.Context(), book)
			require.NoError(t, err)
			require.Equal(t, chain, kept)
			if n%13 == 0 {
				require.Equal(t, all[n+1:], collect(t, w.Counting(t.Context(), c, kept.Tally)))
			}
		}
	})
	t.Run("InTheOrderOfTimeFromAnyPlace", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for n := range 4 {
			w.post(paids(book, n*50, 5)...)
			w.Poster = w.poster()
			w.clock.Advance(time.Minute)
		}
		c := w.close(today, today.Next())
		all := collect(t, w.InTime(t.Context(), c, nil))
		require.Len(t, all, 20)
		require.True(t, slices.IsSortedFunc(all, func(x, y ledger.Recorded) int { return x.PostedAt.Compare(y.PostedAt) }))
		var after Position
		for n, r := range all {
			after = after.Past(r)
			require.Equal(t, len(all)-n-1, len(collect(t, w.InTime(t.Context(), c, &after))))
		}
	})
	t.Run("APayoutWaitsUntilItIsTold", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		var all []ledger.Settlement
		for day := today; day < "2026-03-05"; day = day.Next() {
			w.post(paids(book, len(all)*10, 1)...)
			all = append(all, w.settle(w.close(day, day.Next())))
			require.NoError(t, w.Settled(t.Context(), book, day))
			w.clock.Advance(time.Hour)
		}
		waiting := func(after string) ([]ledger.Settlement, string) {
			list, next, err := w.AwaitingPayout(t.Context(), ids.Test, after, 2)
			require.NoError(t, err)
			return list, next
		}
		first, next := waiting("")
		require.Equal(t, all[:2], first)
		rest, end := waiting(next)
		require.Equal(t, all[2:], rest)
		require.Empty(t, end)
		told := all[0]
		told.Status, told.Reference, told.PaidOutBy, told.PaidOutAt = ledger.SettlementPaidOut, "P", "anna", w.clock.Now()
		require.NoError(t, w.PayoutBooked(t.Context(), told), "not told yet: it stays where it waits")
		first, _ = waiting("")
		require.Equal(t, all[:2], first)
		stands, kept, err := w.PaidOut(t.Context(), told)
		require.NoError(t, err)
		require.True(t, kept)
		require.Equal(t, told, stands)
		first, _ = waiting("")
		require.Equal(t, all[1:], first)
		require.Equal(t, []Due{{Book: book, Day: today, At: told.PaidOutAt}}, w.due(told.PaidOutAt), "its booking is owed")
		require.NoError(t, w.PayoutBooked(t.Context(), told))
		require.Empty(t, w.due(told.PaidOutAt))
		list, next, err := w.Settlements(t.Context(), ids.Test, partner, "", 2)
		require.NoError(t, err)
		require.Equal(t, []ledger.Settlement{all[2], all[1]}, list)
		list, next, err = w.Settlements(t.Context(), ids.Test, partner, next, 2)
		require.NoError(t, err)
		require.Equal(t, []ledger.Settlement{told}, list)
		require.Empty(t, next)
	})
	t.Run("ErrPosition", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, _, err := w.Settlements(t.Context(), ids.Test, partner, "2026-03-02#RUB#x", 10)
		require.ErrorIs(t, err, ErrPosition)
	})
	t.Run("Books", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		books, err := w.Books(t.Context(), ids.Test, partner)
		require.NoError(t, err)
		require.Empty(t, books)
		other := book
		other.Currency = money.KZT
		w.post(paid(other, 1))
		w.post(paid(book, 1))
		books, err = w.Books(t.Context(), ids.Test, partner)
		require.NoError(t, err)
		require.Equal(t, []ledger.Book{book, other}, books)
	})
}

func TestSettlementRows(t *testing.T) {
	t.Parallel()
	s := ledger.Settlement{
		ID: ledger.SettlementID(book, today), Book: book, Day: today, Status: ledger.SettlementPaidOut, Entries: 5,
		Facts: ledger.Facts{Paid: 1, Refunded: 2, OurFee: 3, ProviderFee: 4}, Own: ledger.Facts{Paid: 5}, Earned: 6, Charge: 7, Carried: -8, Payout: 9,
		CarriedForward: -10, Digest: ledger.Hash{1}, Previous: ledger.Hash{2}, Hash: ledger.Hash{3}, ClosedAt: start,
		Reference: "P", PaidOutBy: "anna", PaidOutAt: start.Add(time.Hour),
	}
	row := settlementRow(s)
	got, err := readSettlement(row)
	require.NoError(t, err)
	require.Equal(t, s, got)
	require.LessOrEqual(t, row.Size(), 1024)
	for name, change := range map[string]func(*table.Row){
		"ErrStatus": set("st", table.S("open")), "ErrDay": set("bd", table.S("2026-03-03")), "ErrID": set("sid", table.S(partner.String())),
		"ErrHash": set("hsh", table.S("x")), "ErrKey": func(r *table.Row) { r.Key.PK += "x" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wrong := settlementRow(s)
			change(&wrong)
			_, err := readSettlement(wrong)
			require.Error(t, err)
		})
	}
}

// TestChains spoils each row of a sound ledger, and finds it in the chain of settlements.
func TestChains(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for day := today; day < "2026-03-05"; day = day.Next() {
		w.post(paids(book, len(w.rows()), 4)...)
		w.settle(w.close(day, day.Next()))
	}
	w.post(paid(book, 1000)) // of the open day: not settled yet
	empty := w.close("2026-03-05", "2026-03-06")
	rows := w.rows()
	n, breaches := chains(rows)
	require.Equal(t, 3, n)
	require.Empty(t, breaches)
	isSettlement := func(r table.Row) bool { return strings.HasPrefix(r.Key.PK, Prefix+"SETTLEMENT#") }
	isEntry := func(r table.Row) bool {
		return strings.HasPrefix(r.Key.PK, Prefix+"ENTRY#") && r.Attrs["bd"].Text() == string(today)
	}
	isHead := func(r table.Row) bool { return r.Key == headKey(book) }
	for name, c := range map[string]struct {
		where func(table.Row) bool
		spoil func(*table.Row)
		want  string
	}{
		"ErrEntryChanged": {isEntry, add("xo", 1), "one of them was changed"},
		"ErrEntryMoved":   {isEntry, set("bd", table.S("2026-03-03")), "there are"},
		"ErrPayout":       {isSettlement, add("pyo", 1), "its payout"},
		"ErrHash":         {isSettlement, set("hsh", table.S(ledger.Hash{9}.String())), "its hash"},
		"ErrEntries":      {isSettlement, add("cnt", 1), "entries"},
		"ErrPlace":        {isSettlement, func(r *table.Row) { r.First.SK = "x" }, "it stands in the list"},
		"ErrUnreadable":   {isSettlement, set("st", table.S("open")), "is no settlement"},
		"ErrHeadDay":      {isHead, set("bd", table.S("2026-03-03")), "before the settlement of"},
		"ErrHeadAhead":    {isHead, set("bd", table.S("2026-03-05")), "its entries are not settled"},
		"ErrHeadHash":     {isHead, set("hsh", table.Value{}), "the last settlement says"},
		"ErrHead":         {isHead, set("sid", table.S("x")), "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, breaches := chains(spoilt(t, rows, c.where, c.spoil))
			require.Contains(t, strings.Join(breaches, "\n"), c.want)
		})
	}
	for name, where := range map[string]func(table.Row) bool{"ErrNoEntry": isEntry, "ErrNoSettlement": isSettlement, "ErrNoHead": isHead} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := slices.IndexFunc(rows, where)
			_, breaches := chains(slices.Concat(rows[:i], rows[i+1:]))
			require.NotEmpty(t, breaches)
		})
	}
	require.Equal(t, int64(1), empty.Entries())
}
