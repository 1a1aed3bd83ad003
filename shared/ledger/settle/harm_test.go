package settle_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/settle"
	"giberno.ru/shared/ledger/store"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
)

type lagging struct {
	table.Table
	hide func(table.Row) bool
}

func (l *lagging) Query(ctx context.Context, q table.Query) (table.Page, error) {
	page, err := l.Table.Query(ctx, q)
	if q.Index == table.First && l.hide != nil {
		var left []table.Row
		for _, r := range page.Rows {
			if !l.hide(r) {
				left = append(left, r)
			}
		}
		page.Rows = left
	}
	return page, err
}

// A tally that passed the tail of a shard would never reach the end of its day.
func TestATallyDoesNotPassATailThatTheIndexHides(t *testing.T) {
	t.Parallel()
	lag := &lagging{}
	w := setup(t, "Europe/Moscow", func(tb table.Table) table.Table { lag.Table = tb; return lag })
	for i := range 4 {
		w.post(paids(i*3, 3)...)
		w.restart() // other shards
		w.clock.Advance(3 * time.Second)
	}
	w.clock.Advance(24 * time.Hour)
	w.settler.Pace = 2
	done, err := w.settler.Close(t.Context(), book, today) // counts 2 of the first shard
	require.NoError(t, err)
	require.False(t, done)
	// The index does not show the third entry of the first shard.
	chain, err := w.store.Chain(t.Context(), book)
	require.NoError(t, err)
	require.EqualValues(t, 2, chain.Tally.Entries)
	lag.hide = func(r table.Row) bool {
		return strings.Contains(r.First.PK, "#"+string(today)+"#"+twoDigits(chain.Tally.Shard)) && strings.HasSuffix(r.First.SK, "#000000000003")
	}
	done, err = w.settler.Close(t.Context(), book, today)
	require.ErrorIs(t, err, store.ErrBehind)
	require.False(t, done)
	lag.hide = nil // it has caught up
	w.settler.Pace = 0
	for range 5 {
		done, err = w.settler.Close(t.Context(), book, today)
	}
	require.NoError(t, err)
	require.True(t, done)
}

func twoDigits(n int) string { return string([]byte{byte('0' + n/10), byte('0' + n%10)}) }

type mute struct{}

func (mute) Post(_ context.Context, _ ledger.Book, _ *time.Location, e []ledger.Entry) []error {
	return make([]error, len(e))
}

// The audit of a settlement whose payout was never set aside, and that is let go of.
func TestAnAuditSeesAPayoutThatWasNeverBooked(t *testing.T) {
	t.Parallel()
	w := setup(t, "Europe/Moscow")
	w.post(paids(0, 3)...)
	w.clock.Advance(24 * time.Hour)
	w.settler.Poster = mute{}
	done, err := w.settler.Close(t.Context(), book, today)
	require.NoError(t, err)
	require.True(t, done)
	made, _, err := w.settler.PayOut(t.Context(), book.Mode, ledger.SettlementID(book, today), "PP-1", "op")
	require.NoError(t, err)
	require.Equal(t, ledger.SettlementPaidOut, made.Status)
	auditor, chains := store.NewAuditor(), store.NewChains()
	for _, row := range w.rows() {
		chains.Add(row)
		if !store.IsOfChain(row.Key) {
			auditor.Add(row)
		}
	}
	_, breaches := chains.Done()
	require.NotEmpty(t, append(auditor.Done().Breaches, breaches...), "438 750 were paid out, payable still stands at %v", w.balances())
}

// A day that was closed, let go of, and never settled.
func TestAnAuditSeesAForgottenDay(t *testing.T) {
	t.Parallel()
	w := setup(t, "Europe/Moscow")
	w.post(paids(0, 3)...)
	w.clock.Advance(24 * time.Hour)
	_, err := w.store.CloseDay(t.Context(), book, today, today.Next(), w.clock.Now())
	require.NoError(t, err)
	require.NoError(t, w.store.Settled(t.Context(), book, today))
	auditor, chains := store.NewAuditor(), store.NewChains()
	for _, row := range w.rows() {
		chains.Add(row)
		if !store.IsOfChain(row.Key) {
			auditor.Add(row)
		}
	}
	_, breaches := chains.Done()
	require.NotEmpty(t, append(auditor.Done().Breaches, breaches...))
}

// Nobody reads the same dead letter three hundred times a day.
func TestAMismatchEndsInFewDeadLetters(t *testing.T) {
	t.Parallel()
	w := setup(t, "Europe/Moscow")
	w.post(paids(0, 3)...)
	w.clock.Advance(24 * time.Hour)
	for key := range w.rows() {
		if strings.HasPrefix(key.PK, "LED#ENTRY#") {
			require.NoError(t, w.table.Write(t.Context(), spoiltFact(key)))
			break
		}
	}
	dead := 0
	for range 24 * 60 {
		_, err := w.sweeper.Sweep(t.Context(), book.Mode, int(partner[0])%store.DueShards)
		require.NoError(t, err)
		for _, j := range w.queue.take() {
			if w.worker.Do(t.Context(), j) != nil {
				dead++
			}
		}
		w.clock.Advance(time.Minute)
	}
	require.Less(t, dead, 10)
}

// TestAKeptTallyThatIsShortIsCountedAnew heals what an earlier version kept: a tally that had passed the tail of a shard.
func TestAKeptTallyThatIsShortIsCountedAnew(t *testing.T) {
	t.Parallel()
	w := setup(t, "Europe/Moscow")
	w.post(paids(0, 3)...)
	for n := range 4 {
		w.restart()
		w.clock.Advance(3 * time.Second)
		w.post(paids(10*n+10, 3)...)
	}
	w.clock.Advance(24 * time.Hour)
	c, err := w.store.CloseDay(t.Context(), book, today, today.Next(), w.clock.Now())
	require.NoError(t, err)
	short := ledger.Tally{Book: book, Day: today}
	passed := -1
	for r, err := range w.store.DayEntries(t.Context(), c) {
		require.NoError(t, err)
		if passed < 0 || r.Shard == passed { // one shard is left out
			passed = r.Shard
			continue
		}
		require.NoError(t, short.Add(r))
		break
	}
	_, err = w.store.KeepTally(t.Context(), store.Chain{}, short)
	require.NoError(t, err)
	_, err = w.settler.Close(t.Context(), book, today)
	require.ErrorIs(t, err, store.ErrBehind)
	w.closeDay(today)
	require.Equal(t, 1, w.sound())
}

// TestADayThatWaitsForHoursRings: an index that never catches up would hold a book's settlements for ever.
func TestADayThatWaitsForHoursRings(t *testing.T) {
	t.Parallel()
	lag := &lagging{}
	w := setup(t, "Europe/Moscow", func(tb table.Table) table.Table { lag.Table = tb; return lag })
	w.post(paids(0, 1)...)
	lag.hide = func(table.Row) bool { return true }
	job, err := settle.CloseJob(book, today)
	require.NoError(t, err)
	ends, err := today.Next().Begins(w.zone)
	require.NoError(t, err)
	w.clock.Advance(ends.Add(settle.OverdueAfter - time.Minute).Sub(w.clock.Now()))
	require.ErrorIs(t, w.worker.Do(t.Context(), job), store.ErrBehind)
	require.Empty(t, w.alarms.open)
	w.clock.Advance(time.Minute)
	err = w.worker.Do(t.Context(), job)
	require.ErrorIs(t, err, store.ErrBehind)
	_, never := queue.IsNever(err)
	require.False(t, never, "it comes again")
	require.Contains(t, w.alarms.open, "t "+settle.SettlementOverdue+" "+ledger.SettlementID(book, today).String())
}

// TestNothingIsPaidOutToWhoeverOwesUs: a payout of an older day waits until the debt of a later one is earned.
func TestNothingIsPaidOutToWhoeverOwesUs(t *testing.T) {
	t.Parallel()
	w := setup(t, "Europe/Moscow")
	w.post(paid(0))
	w.clock.Advance(24 * time.Hour)
	w.closeDay(today)
	older := w.settlement(today)
	w.post(refunded(1, 150_000))
	w.clock.Advance(24 * time.Hour)
	w.closeDay(today.Next())
	_, _, err := w.settler.PayOut(t.Context(), book.Mode, older.ID, "PP-1", "anna")
	require.ErrorIs(t, err, settle.ErrInDebt)
	require.Equal(t, ledger.SettlementClosed, w.settlement(today).Status)
	w.post(paids(10, 2)...)
	w.clock.Advance(24 * time.Hour)
	w.closeDay(today.Next().Next())
	_, _, err = w.settler.PayOut(t.Context(), book.Mode, older.ID, "PP-1", "anna")
	require.NoError(t, err)
	require.Equal(t, 3, w.sound())
}

func TestAReferenceTypedTwiceIsOne(t *testing.T) {
	t.Parallel()
	w := setup(t, "Europe/Moscow")
	told := settle.Transfer{Mode: book.Mode, Partner: partner, Account: account, Amount: money.Of(100, book.Currency), Reference: "PP 77", By: "anna"}
	first, again, err := w.settler.Transferred(t.Context(), told)
	require.NoError(t, err)
	require.False(t, again)
	told.Reference = " PP\u00a0 77\t"
	second, again, err := w.settler.Transferred(t.Context(), told)
	require.NoError(t, err)
	require.True(t, again)
	require.Equal(t, first, second)
	for _, strange := range []string{"", " ", "PP\x00", "PP\u200b", "PP\xff", strings.Repeat("7", 141)} {
		told.Reference = strange
		_, _, err := w.settler.Transferred(t.Context(), told)
		require.ErrorIs(t, err, ledger.ErrReference, "%q", strange)
		_, _, err = w.settler.PayOut(t.Context(), book.Mode, ledger.SettlementID(book, today), strange, "anna")
		require.ErrorIs(t, err, ledger.ErrReference, "%q", strange)
	}
}
