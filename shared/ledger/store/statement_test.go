package store

import (
	"cmp"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/table"
)

// lived is a book of three days, of which two are closed, written by many posters over the hours of each.
func lived(t testing.TB, around ...func(table.Table) table.Table) *world {
	t.Helper()
	w := setup(t, around...)
	n := 0
	for day := range 3 {
		for range 6 {
			w.Poster = w.poster() // three at the same moment
			w.post(paids(book, n, 3)...)
			w.Poster = w.poster()
			w.post(paids(book, n+3, 2+day)...)
			w.Poster = w.poster()
			w.post(func() ledger.Entry {
				e, err := ledger.BankTransfer(book, ledger.Transfer{ID: paid(book, n).ID, Account: account, Amount: 1}, w.clock.Now())
				require.NoError(t, err)
				return e
			}())
			n += 10
			w.clock.Advance(time.Minute)
		}
		if day < 2 {
			w.close(ledger.DayOf(w.clock.Now(), zone), ledger.DayOf(w.clock.Now(), zone).Next())
			w.clock.Advance(24 * time.Hour)
		}
	}
	w.sound()
	return w
}

func TestDayEntries(t *testing.T) {
	t.Parallel()
	w := lived(t)
	c, err := w.Closed(t.Context(), book, today)
	require.NoError(t, err)
	entries := collect(t, w.DayEntries(t.Context(), c))
	require.Len(t, entries, 36)
	require.Equal(t, int64(36), c.Entries())
	sum, facts := ledger.Balances{}, ledger.Facts{}
	for _, r := range entries {
		require.NoError(t, sum.Post(r.Postings...))
		facts, err = facts.Plus(r.Facts)
		require.NoError(t, err)
		require.Equal(t, today, r.Day)
	}
	require.Equal(t, c.Moved, sum)
	require.Equal(t, c.Facts, facts)
	require.Equal(t, entries, collect(t, w.DayEntries(t.Context(), c)), "the order is the same for ever")
	for range w.DayEntries(t.Context(), c) {
		break // a reader may leave
	}
}

// lagging is a table whose first index does not show some entries yet.
type lagging struct {
	table.Table
	hides func(row table.Row) bool
}

func (l *lagging) Query(ctx context.Context, q table.Query) (table.Page, error) {
	page, err := l.Table.Query(ctx, q)
	if q.Index == table.First {
		page.Rows = slices.DeleteFunc(page.Rows, l.hides)
	}
	return page, err
}

func TestAnIndexThatIsBehind(t *testing.T) {
	t.Parallel()
	for name, which := range map[string]int{"First": 0, "Middle": 2, "Last": -1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hidden := table.Key{}
			w := lived(t, func(inner table.Table) table.Table {
				return &lagging{inner, func(row table.Row) bool { return row.Key == hidden }}
			})
			c, err := w.Closed(t.Context(), book, today)
			require.NoError(t, err)
			all := collect(t, w.DayEntries(t.Context(), c))
			if which < 0 {
				which = len(all) - 1
			}
			hidden = entryKey(book.Mode, all[which].ID)
			_, err = drain(w.DayEntries(t.Context(), c))
			require.ErrorIs(t, err, ErrBehind)
			_, err = drain(w.Statement(t.Context(), book, ledger.Payable, today, today, nil))
			require.ErrorIs(t, err, ErrBehind)
		})
	}
}

func drain[T any](seq func(func(T, error) bool)) (all []T, err error) {
	for one, failed := range seq {
		if failed != nil {
			return all, failed
		}
		all = append(all, one)
	}
	return all, nil
}

func TestStatement(t *testing.T) {
	t.Parallel()
	w := lived(t)
	last := ledger.DayOf(w.clock.Now(), zone)
	whole := collect(t, w.Statement(t.Context(), book, ledger.Payable, "2026-01-01", "2026-12-31", nil))
	require.Len(t, whole, 6*(5+6+7), "a bank's transfer does not touch the account")
	t.Run("TheBalanceRuns", func(t *testing.T) {
		t.Parallel()
		balance := int64(0)
		for i, line := range whole {
			balance += line.Change
			require.Equal(t, balance, line.Balance)
			require.Equal(t, int64(146_250), line.Change)
			require.False(t, i > 0 && line.PostedAt.Before(whole[i-1].PostedAt))
		}
		require.Equal(t, w.balances().Balances[ledger.Payable], balance)
	})
	t.Run("APageBeginsWhereTheOneBeforeEnded", func(t *testing.T) {
		t.Parallel()
		whole := collect(t, w.Statement(t.Context(), book, ledger.Clearing(account), "2026-01-01", "2026-12-31", nil))
		for size := 1; size < len(whole); size += 7 {
			var got []Line
			var after *Position
			for {
				n := 0
				for line, err := range w.Statement(t.Context(), book, ledger.Clearing(account), "2026-01-01", "2026-12-31", after) {
					require.NoError(t, err)
					got = append(got, line)
					if n++; n == size {
						break
					}
				}
				if n < size {
					break
				}
				p, err := ParsePosition(got[len(got)-1].Position().String())
				require.NoError(t, err)
				after = &p
			}
			require.Equal(t, whole, got, size)
		}
	})
	t.Run("APeriodBeginsWithWhatWasHeld", func(t *testing.T) {
		t.Parallel()
		second := collect(t, w.Statement(t.Context(), book, ledger.Payable, today.Next(), today.Next(), nil))
		require.Equal(t, whole[30:66], second)
		require.Equal(t, whole[66:], collect(t, w.Statement(t.Context(), book, ledger.Payable, last, last, nil)))
		require.Empty(t, collect(t, w.Statement(t.Context(), book, ledger.Payable, last.Next(), "2026-12-31", nil)))
		require.Empty(t, collect(t, w.Statement(t.Context(), book, ledger.Payable, last, today, nil)))
	})
	t.Run("OtherAccounts", func(t *testing.T) {
		t.Parallel()
		got := collect(t, w.Statement(t.Context(), book, ledger.Clearing(account), today, last, nil))
		require.Len(t, got, 6*(5+6+7)+18)
		require.Equal(t, w.balances().Balances[ledger.Clearing(account)], got[len(got)-1].Balance)
		require.Empty(t, collect(t, w.Statement(t.Context(), book, ledger.Reserved, today, last, nil)))
	})
	t.Run("AnUnknownBookHasNone", func(t *testing.T) {
		t.Parallel()
		other := book
		other.Currency = "KZT"
		require.Empty(t, collect(t, w.Statement(t.Context(), other, ledger.Payable, today, last, nil)))
	})
	t.Run("ErrDay", func(t *testing.T) {
		t.Parallel()
		_, err := drain(w.Statement(t.Context(), book, ledger.Payable, "x", last, nil))
		require.ErrorIs(t, err, ledger.ErrDay)
		_, err = drain(w.Statement(t.Context(), book, ledger.UserHeld(account), today, last, nil))
		require.ErrorIs(t, err, ledger.ErrAccount)
	})
}

// TestALongDay reads more than fits a page of the index, and more than a batch read takes.
func TestALongDay(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.post(paids(book, 0, 230)...)
	w.Poster = w.poster()
	w.post(paids(book, 230, 40)...)
	require.Len(t, collect(t, w.Statement(t.Context(), book, ledger.Payable, today, today, nil)), 270)
	c := w.close(today, today.Next())
	entries := collect(t, w.DayEntries(t.Context(), c))
	require.Len(t, entries, 270)
	require.True(t, slices.IsSortedFunc(entries, func(a, b ledger.Recorded) int {
		return cmp.Or(cmp.Compare(a.Shard, b.Shard), cmp.Compare(a.Seq, b.Seq))
	}))
}

func FuzzPosition(f *testing.F) {
	for _, seed := range []string{Position{Day: today, Balance: -5, marks: [Shards]mark{3: {7, start.UnixMilli()}, 15: {1, 1}}}.String(), "", "2026-03-02/0/", "2026-03-02/x/1.1.1", "2026-03-02/0/g.1.1",
		"2026-03-02/0/1.1.1,1.1.1", "2026-03-02/0/1.1.zzzzzzzzzzzz", "2026-03-02/2026-03-02T09:00:00.000Z/9/1/1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePosition(text)
		if err == nil && p.String() != text {
			t.Fatalf("%q was read as %q", text, p)
		}
	})
}
