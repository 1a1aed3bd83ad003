package store

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/table"
)

func (w *world) close(day, next ledger.Day) Closed {
	w.t.Helper()
	c, err := w.CloseDay(w.t.Context(), book, day, next, w.clock.Now())
	require.NoError(w.t, err)
	return c
}

// due lists all days of the mode that were due at a time.
func (w *world) due(at time.Time) []Due {
	w.t.Helper()
	due, more, err := w.DueAfter(w.t.Context(), ids.Test, int(partner[0])%DueShards, at, nil, 1000)
	require.NoError(w.t, err)
	require.Nil(w.t, more)
	return due
}

func TestCloseDay(t *testing.T) {
	t.Parallel()
	tomorrow := today.Next()
	t.Run("WhatComesLaterFallsIntoTheNextDay", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(paids(book, 0, 30)...)
		c := w.close(today, tomorrow)
		require.True(t, c.Done())
		require.Equal(t, int64(30), c.Entries())
		require.Equal(t, held(30), c.Moved)
		require.Equal(t, held(30), c.Balances)
		require.Equal(t, ledger.Facts{Paid: 30 * 150_000, OurFee: 30 * 3_750, ProviderFee: 30 * 2_850}, c.Facts)
		w.post(paids(book, 30, 5)...) // by the clock it is still today: a closed day never reopens
		require.Equal(t, Balances{Open: tomorrow, Balances: held(35), Today: ledger.Facts{Paid: 5 * 150_000, OurFee: 5 * 3_750, ProviderFee: 5 * 2_850}, running: ledger.Sums{Facts: ledger.Facts{Paid: 5 * 150_000, OurFee: 5 * 3_750, ProviderFee: 5 * 2_850}, Earned: 5 * 146_250}, Entries: 35}, w.balances())
		require.Equal(t, c, w.close(today, tomorrow), "closing again gives the same answer")
		require.Equal(t, c, w.close(today, tomorrow.Next()))
		again := w.close(tomorrow, tomorrow.Next())
		require.Equal(t, held(5), again.Moved)
		require.Equal(t, held(35), again.Balances)
		require.Equal(t, held(35), w.balances().Balances)
		w.sound()
	})
	t.Run("APostingClosesADayThatIsOver", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(paids(book, 0, 3)...)
		w.clock.Advance(72 * time.Hour)
		w.post(paids(book, 3, 2)...)
		require.Equal(t, ledger.Day("2026-03-05"), w.balances().Open)
		c, err := w.Closed(t.Context(), book, today)
		require.NoError(t, err)
		require.Equal(t, held(3), c.Balances)
		require.Equal(t, ledger.Day("2026-03-05"), c.Next)
		_, err = w.Closed(t.Context(), book, tomorrow)
		require.ErrorIs(t, err, ErrNoDay, "nothing was posted between")
		w.sound()
	})
	t.Run("AnEmptyDayHoldsWhatWasHeldBefore", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(paids(book, 0, 3)...)
		w.close(today, tomorrow)
		c := w.close(tomorrow, tomorrow.Next())
		require.Zero(t, c.Entries())
		require.Empty(t, c.Moved)
		require.Equal(t, held(3), c.Balances)
		w.sound()
	})
	t.Run("ABalanceThatReturnsToZero", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		e := paid(book, 1)
		w.post(e, ledger.Reverse(e, start))
		require.Empty(t, w.close(today, tomorrow).Moved)
		require.Empty(t, w.balances().Balances)
		w.post(paid(book, 2))
		require.Equal(t, held(1), w.close(tomorrow, tomorrow.Next()).Balances)
		w.sound()
	})
	t.Run("ManyAtOnce", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		var all sync.WaitGroup
		for worker := range 4 {
			poster := w.poster()
			all.Go(func() {
				for round := range 6 {
					for _, err := range poster.Post(t.Context(), book, zone, paids(book, worker*100+round*10, 3)) {
						require.NoError(t, err)
					}
				}
			})
			all.Go(func() {
				for day, n := today, 0; n < 3; day, n = day.Next(), n+1 {
					if _, err := w.CloseDay(t.Context(), book, day, day.Next(), start); err != nil {
						require.ErrorIs(t, err, ErrNoDay) // before the first posting
					}
				}
			})
		}
		all.Wait()
		require.Equal(t, held(72), w.balances().Balances)
		w.sound()
	})
	t.Run("ErrNoDay", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, err := w.CloseDay(t.Context(), book, today, tomorrow, start)
		require.ErrorIs(t, err, ErrNoDay, "the book was never written to")
		w.post(paid(book, 1))
		_, err = w.CloseDay(t.Context(), book, "2026-03-01", today, start)
		require.ErrorIs(t, err, ErrNoDay)
		_, err = w.CloseDay(t.Context(), book, tomorrow, tomorrow.Next(), start)
		require.ErrorIs(t, err, ErrDayAhead)
		for _, next := range []ledger.Day{"", today, "2026-03-01", "soon"} {
			_, err = w.CloseDay(t.Context(), book, today, next, start)
			require.ErrorIs(t, err, ledger.ErrDay)
		}
		require.ErrorIs(t, w.Settled(t.Context(), book, today), ErrNoDay)
	})
}

func TestDueKeys(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ends := time.Date(2026, 3, 2, 21, 0, 0, 0, time.UTC) // midnight in Moscow
	for i := range 3 {
		w.Poster = w.poster()
		w.post(paids(book, i*10, 2)...)
	}
	require.Empty(t, w.due(ends.Add(-time.Millisecond)))
	require.Equal(t, []Due{{Book: book, Day: today, Over: true, At: ends}}, w.due(ends), "a day is due once, though each shard of it is")
	oldest, err := w.OldestDue(t.Context(), ids.Test, int(partner[0])%DueShards)
	require.NoError(t, err)
	require.Equal(t, ends, oldest)
	w.clock.Advance(ends.Sub(start))
	w.close(today, today.Next())
	require.Equal(t, []Due{{Book: book, Day: today, At: ends}}, w.due(ends), "now it waits to be settled")
	require.NoError(t, w.Settled(t.Context(), book, today))
	require.NoError(t, w.Settled(t.Context(), book, today))
	require.Empty(t, w.due(ends.Add(1000*time.Hour)), "a book that rests is owed nothing")
	oldest, err = w.OldestDue(t.Context(), ids.Test, int(partner[0])%DueShards)
	require.NoError(t, err)
	require.Zero(t, oldest)
	require.Equal(t, 0, w.sound().Due)
}

// TestAClosingThatDied finishes what a crash left between moving a day and summing it up, in order.
func TestAClosingThatDied(t *testing.T) {
	t.Parallel()
	w := setup(t)
	days := []ledger.Day{today, today.Next(), today.Next().Next()}
	for i, day := range days {
		w.post(paids(book, i*10, i+1)...)
		require.NoError(t, w.advance(t.Context(), book, day, day.Next(), start))
		w.lanes.forget(book)
	}
	require.Equal(t, held(6), w.balances().Balances)
	w.sound()
	require.Len(t, w.due(start), 3, "the days are due until they are settled")
	statement := collect(t, w.Statement(t.Context(), book, ledger.Payable, days[1], days[2], nil))
	require.Len(t, statement, 5)
	require.Equal(t, int64(2*146_250), statement[0].Balance)
	c := w.close(days[2], days[2].Next())
	require.Equal(t, held(3), c.Moved)
	require.Equal(t, held(6), c.Balances)
	all, err := w.Days(t.Context(), book, days[0], days[2])
	require.NoError(t, err)
	require.Len(t, all, 3)
	for i, c := range all {
		require.True(t, c.Done())
		require.Equal(t, held(int64(i+1)), c.Moved)
	}
	w.sound()
	_, err = readDay(table.Row{Key: dayKey(book, today), Attrs: table.Attrs{}})
	require.Error(t, err)
}
