package settle_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/settle"
	"giberno.ru/shared/ledger/store"
	"giberno.ru/shared/platform/table"
)

func TestClose(t *testing.T) {
	t.Parallel()
	t.Run("ADayIsSettledAndItsPayoutSetAside", func(t *testing.T) {
		t.Parallel()
		w := setup(t, "Europe/Moscow")
		w.post(paids(0, 30)...)
		w.post(refunded(3, 40_000))
		w.clock.Advance(24 * time.Hour)
		w.closeDay(today)
		s := w.settlement(today)
		require.Equal(t, ledger.SettlementClosed, s.Status)
		require.Equal(t, int64(31), s.Entries)
		require.Equal(t, int64(30*146_250-40_000+1_000), s.Payout)
		require.Equal(t, s.Payout, w.balances()[ledger.Reserved])
		require.Zero(t, w.balances()[ledger.Payable])
		w.agrees(s)
		require.Equal(t, 1, w.sound())
		require.Empty(t, w.alarms.open)
	})
	t.Run("Twice", func(t *testing.T) {
		t.Parallel()
		w := setup(t, "Europe/Moscow")
		w.post(paids(0, 3)...)
		w.clock.Advance(24 * time.Hour)
		w.closeDay(today)
		was := w.balances()
		for range 3 {
			w.restart()
			w.closeDay(today)
		}
		require.Equal(t, was, w.balances())
		require.Equal(t, 1, w.sound())
	})
	t.Run("ErrDayNotOver", func(t *testing.T) {
		t.Parallel()
		w := setup(t, "Europe/Moscow")
		w.post(paid(1))
		for _, day := range []ledger.Day{today, today.Next()} {
			_, err := w.settler.Close(t.Context(), book, day)
			require.ErrorIs(t, err, settle.ErrDayNotOver)
		}
		w.sound()
	})
	t.Run("NothingWasPosted", func(t *testing.T) {
		t.Parallel()
		w := setup(t, "Europe/Moscow")
		w.closeDay("2026-03-01") // no book at all
		w.clock.Advance(48 * time.Hour)
		w.post(paid(1)) // opens 4 March
		w.closeDay(today)
		w.clock.Advance(10 * 24 * time.Hour)
		w.closeDay("2026-03-10") // not open yet in the book
		require.Zero(t, w.sound())
		w.closeDay("2026-03-04")
		require.Equal(t, 1, w.sound())
	})
	t.Run("ErrNoPartner", func(t *testing.T) {
		t.Parallel()
		w := setup(t, "Europe/Moscow")
		other := book
		other.Partner = ids.FromParts("nobody")
		_, err := w.settler.Close(t.Context(), other, today)
		require.Error(t, err)
	})
	t.Run("AnEmptyDayOnlyMovesTheChain", func(t *testing.T) {
		t.Parallel()
		w := setup(t, "Europe/Moscow")
		w.post(paid(1))
		w.clock.Advance(24 * time.Hour)
		_, err := w.store.CloseDay(t.Context(), book, today, today.Next(), start)
		require.NoError(t, err)
		w.clock.Advance(24 * time.Hour)
		w.closeDay(today.Next()) // open and empty when it is closed: the reserve of the day before falls behind it
		w.closeDay(today.Next())
		require.Equal(t, 1, w.sound())
		chain, err := w.store.Chain(t.Context(), book)
		require.NoError(t, err)
		require.Equal(t, today.Next(), chain.Day)
		require.Equal(t, w.settlement(today).ID, chain.ID)
		w.post(paid(2))
		w.clock.Advance(24 * time.Hour)
		w.closeDay("2026-03-04")
		require.Equal(t, w.settlement(today).Hash, w.settlement("2026-03-04").Previous)
		require.Equal(t, int64(146_250), w.settlement("2026-03-04").Payout)
		require.Equal(t, 2, w.sound())
	})
}

// TestBacklog: after days in which nobody closed anything, days are settled in order, whichever is asked for first.
func TestBacklog(t *testing.T) {
	t.Parallel()
	for name, last := range map[string]bool{"TheLastDayIsAskedFor": true, "TheSweeperFindsThem": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t, "Asia/Almaty")
			day, days := today, []ledger.Day(nil)
			for n := range 5 {
				w.post(paids(n*10, n+1)...)
				days, day = append(days, day), day.Next()
				w.clock.Advance(24 * time.Hour)
			}
			if last {
				w.closeDay(days[4])
			}
			for w.sweep() > 0 {
				w.clock.Advance(6 * time.Minute)
			}
			var before ledger.Hash
			for n, day := range days {
				s := w.settlement(day)
				require.Equal(t, int64(n+1), s.Entries)
				require.Equal(t, int64(n+1)*146_250, s.Payout)
				require.Equal(t, before, s.Previous)
				before = s.Hash
				w.agrees(s)
			}
			require.Equal(t, 5, w.sound())
			require.Equal(t, int64(15*146_250), w.balances()[ledger.Reserved])
			w.clock.Advance(24 * time.Hour)
			for w.sweep() > 0 { // the day into which the payouts were set aside
				w.clock.Advance(6 * time.Minute)
			}
			require.True(t, w.settlement(day).Bare())
			w.clock.Advance(100 * 24 * time.Hour)
			require.Zero(t, w.sweep(), "a book that rests is owed nothing")
			require.Equal(t, 6, w.sound())
		})
	}
}

func TestZones(t *testing.T) {
	t.Parallel()
	for zone, midnight := range map[string]time.Time{
		"Europe/Moscow": time.Date(2026, 3, 2, 21, 0, 0, 0, time.UTC),
		"Asia/Almaty":   time.Date(2026, 3, 2, 19, 0, 0, 0, time.UTC),
	} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			w := setup(t, zone)
			w.post(paid(1))
			w.clock.Advance(midnight.Sub(start) - time.Millisecond)
			_, err := w.settler.Close(t.Context(), book, today)
			require.ErrorIs(t, err, settle.ErrDayNotOver)
			w.clock.Advance(settle.DefaultGrace)
			require.Zero(t, w.sweep(), "the grace is not over")
			w.clock.Advance(time.Millisecond)
			require.Equal(t, 1, w.sweep())
			require.Equal(t, today, w.settlement(today).Day)
			w.sound()
		})
	}
}

func TestNegativePayable(t *testing.T) {
	t.Parallel()
	w := setup(t, "Europe/Moscow")
	w.settler.DebtLimit = 200_000
	w.post(refunded(1, 100_000))
	w.clock.Advance(24 * time.Hour)
	w.closeDay(today)
	require.Empty(t, w.alarms.open, "a small debt is nobody's worry")
	w.settler.DebtLimit = 0
	w.post(refunded(2, 50_000))
	w.clock.Advance(24 * time.Hour)
	w.alarms.fail = true
	_, err := w.settler.Close(t.Context(), book, today.Next())
	require.ErrorIs(t, err, errRung)
	w.alarms.fail = false
	w.clock.Advance(settle.DefaultGrace)
	require.Equal(t, 1, w.sweep(), "the alarm is owed until it rings")
	s := w.settlement(today.Next())
	require.Zero(t, s.Payout)
	require.Equal(t, int64(-150_000+2_500+1_250), s.CarriedForward)
	require.Equal(t, map[string]string{"t negative_payable " + partner.String() + ":RUB": "At the end of 2026-03-03 the partner owes 1462.50 RUB"}, w.alarms.open)
	w.post(paids(10, 2)...)
	w.clock.Advance(24 * time.Hour)
	w.closeDay("2026-03-04")
	require.Equal(t, int64(146_250), w.settlement("2026-03-04").Payout)
	require.Equal(t, 3, w.sound())
}

func TestOwnAccounts(t *testing.T) {
	t.Parallel()
	w := setup(t, "Europe/Moscow")
	own := payment(book, 7, true)
	free := payment(book, 8, true)
	free.Terms.Ours = ledger.Fee{}
	w.post(made(ledger.Paid(own, start)), made(ledger.Paid(free, start)))
	w.clock.Advance(24 * time.Hour)
	w.closeDay(today)
	s := w.settlement(today)
	require.Zero(t, s.Payout)
	require.Equal(t, int64(3_750), s.Charge)
	require.Equal(t, ledger.Facts{Paid: 300_000, OurFee: 3_750}, s.Own)
	require.Equal(t, int64(-3_750), w.balances()[ledger.Receivable])
	require.Zero(t, w.balances()[ledger.Reserved])
	w.agrees(s)
	w.sound()
	_, _, err := w.settler.PayOut(t.Context(), ids.Test, s.ID, "P-1", "anna")
	require.ErrorIs(t, err, ledger.ErrNothingToPayOut)
}

// TestALargeDay is counted by many jobs, each going on where the one before ended.
func TestALargeDay(t *testing.T) {
	t.Parallel()
	w := setup(t, "Europe/Moscow")
	for n := range 6 {
		w.post(paids(n*100, 40)...)
		w.restart()
	}
	w.clock.Advance(24*time.Hour + settle.DefaultGrace)
	w.settler.Pace = 50
	require.Equal(t, 5, w.sweep())
	s := w.settlement(today)
	require.Equal(t, int64(240), s.Entries)
	w.agrees(s)
	require.Equal(t, 1, w.sound())
}

// TestHotPartner posts while days are closed: every entry is in exactly one settlement.
func TestHotPartner(t *testing.T) {
	t.Parallel()
	w := setup(t, "Europe/Moscow")
	w.post(paid(0))
	var all sync.WaitGroup
	for worker := range 4 {
		w.seed++
		poster := w.store.NewPoster(w.clock, &chance{byte(worker)})
		all.Go(func() {
			for round := range 12 {
				for _, err := range poster.Post(t.Context(), book, w.zone, paids(1+worker*1000+round*10, 5)) {
					require.NoError(t, err)
				}
				w.clock.Advance(time.Hour + 7*time.Minute)
			}
		})
	}
	all.Go(func() {
		for range 12 {
			_, err := w.settler.Close(t.Context(), book, ledger.DayOf(w.clock.Now().Add(-24*time.Hour), w.zone))
			if err != nil {
				require.True(t, errors.Is(err, store.ErrSettledMeanwhile) || errors.Is(err, store.ErrBusy) || errors.Is(err, table.ErrUnavailable), err)
			}
		}
	})
	all.Wait()
	w.clock.Advance(48 * time.Hour)
	for day := today; day <= "2026-03-05"; day = day.Next() {
		w.closeDay(day)
	}
	var paid, payout int64
	for day := today; day <= "2026-03-05"; day = day.Next() {
		s, err := w.store.Settlement(t.Context(), book.Mode, ledger.SettlementID(book, day))
		if errors.Is(err, ledger.ErrSettlementNotFound) {
			continue
		}
		require.NoError(t, err)
		w.agrees(s)
		paid, payout = paid+s.Facts.Paid, payout+s.Payout
	}
	require.Equal(t, int64(241*150_000), paid)
	require.Equal(t, int64(241*146_250), payout)
	require.Equal(t, payout, w.balances()[ledger.Reserved])
	w.sound()
}

// TestManyAtOnce lets many workers do the same jobs at the same time, each with a shard cache of its own.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	w := setup(t, "Europe/Moscow")
	days := []ledger.Day{today, today.Next(), today.Next().Next()}
	for n := range days {
		w.post(paids(n*100, 20)...)
		w.clock.Advance(24 * time.Hour)
	}
	var all sync.WaitGroup
	for worker := range 4 {
		mine := *w.settler
		mine.Poster, mine.Pace = w.store.NewPoster(w.clock, &chance{byte(worker)}), 7
		all.Go(func() {
			for range 30 {
				done, err := mine.Close(t.Context(), book, days[2])
				if err == nil && done {
					return
				}
				if err != nil {
					require.True(t, errors.Is(err, store.ErrSettledMeanwhile) || errors.Is(err, store.ErrBusy) || errors.Is(err, table.ErrUnavailable), err)
				}
			}
		})
	}
	all.Wait()
	w.closeDay(days[2])
	require.Equal(t, 3, w.sound())
	require.Equal(t, int64(60*146_250), w.balances()[ledger.Reserved])
}

// chance is a source that counts.
type chance struct{ n byte }

func (c *chance) Read(p []byte) (int, error) {
	for i := range p {
		c.n = c.n*5 + 17
		p[i] = c.n
	}
	return len(p), nil
}

// TestMismatch changes an entry of a closed day behind the ledger's back.
func TestMismatch(t *testing.T) {
	t.Parallel()
	w := setup(t, "Europe/Moscow")
	w.post(paids(0, 3)...)
	w.clock.Advance(24*time.Hour + settle.DefaultGrace)
	key := table.Key{PK: store.Prefix + "ENTRY#t#" + paid(1).ID, SK: "E"}
	require.NoError(t, w.table.Write(t.Context(), spoiltFact(key)))
	_, err := w.settler.Close(t.Context(), book, today)
	require.ErrorIs(t, err, settle.ErrMismatch)
	require.Len(t, w.alarms.open, 1)
	require.Zero(t, w.balances()[ledger.Reserved], "nothing is paid out of a day that nobody understands")
	w.alarms.fail = true
	_, err = w.settler.Close(t.Context(), book, today)
	require.ErrorIs(t, err, errRung)
}

// TestTheRegisterIsTheSettlement: whatever happened on the days, their registers' totals are the ledger's, to the unit.
func TestTheRegisterIsTheSettlement(t *testing.T) {
	t.Parallel()
	base := setup(t, "Europe/Moscow")
	games := 0
	rapid.Check(t, func(rt *rapid.T) {
		games++
		b := ledger.Book{Mode: ids.Live, Partner: partner, Currency: money.Currencies[games%len(money.Currencies)]}
		if games > len(money.Currencies) {
			return // one game for each currency keeps the test short
		}
		w := *base
		day, n := ledger.DayOf(w.clock.Now(), w.zone), 0
		var head ledger.Head
		for range rapid.IntRange(1, 4).Draw(rt, "days") {
			for range rapid.IntRange(0, 4).Draw(rt, "entries") {
				n++
				p := payment(b, n, rapid.Bool().Draw(rt, "own"))
				p.Amount.Amount = rapid.Int64Range(1, 1_000_000).Draw(rt, "amount")
				entries := []ledger.Entry{made(ledger.Paid(p, start))}
				if rapid.Bool().Draw(rt, "refunded") {
					entries = append(entries, made(ledger.Refunded(p, ledger.Refund{ID: p.ID.Root().Child(ids.Refund, 1), Amount: rapid.Int64Range(1, p.Amount.Amount).Draw(rt, "back")}, start)))
				}
				if rapid.IntRange(0, 3).Draw(rt, "undone") == 0 {
					entries = append(entries, ledger.Reverse(entries[0], start))
				}
				require.NoError(rt, errors.Join(w.poster.Post(rt.Context(), b, w.zone, entries)...))
			}
			w.clock.Advance(24 * time.Hour)
			done, err := w.settler.Close(rt.Context(), b, day)
			require.NoError(rt, err)
			require.True(rt, done)
			s, err := w.store.Settlement(rt.Context(), b.Mode, ledger.SettlementID(b, day))
			if day = day.Next(); errors.Is(err, ledger.ErrSettlementNotFound) {
				continue
			}
			require.NoError(rt, err)
			require.Empty(rt, s.Follows(head))
			head = s.Head()
			w.agrees(s)
		}
	})
	base.sound()
}

func TestOrdersAreAskedInBatches(t *testing.T) {
	t.Parallel()
	w := setup(t, "Europe/Moscow")
	w.post(paids(0, 99)...)
	w.post(paids(99, 51)...)
	w.clock.Advance(24 * time.Hour)
	w.closeDay(today)
	var batches []int
	r := settle.Registers{Store: w.store, Orders: func(_ context.Context, m ids.Mode, operations ...ids.ID) (map[ids.ID]settle.Operation, error) {
		require.Equal(t, ids.Test, m)
		batches = append(batches, len(operations))
		return map[ids.ID]settle.Operation{operations[0]: {ExternalID: "A-1", Method: "sbp"}}, nil
	}}
	var lines []settle.Listed
	for l, err := range r.Lines(t.Context(), w.settlement(today), nil) {
		require.NoError(t, err)
		lines = append(lines, l)
	}
	require.Equal(t, []int{100, 50}, batches)
	require.Len(t, lines, 150)
	require.Equal(t, "A-1", lines[0].ExternalID)
	require.Equal(t, "sbp", lines[100].Method)
	require.NotEqual(t, lines[0].Order, lines[0].Payment)
	var rest []settle.Listed
	for l, err := range r.Lines(t.Context(), w.settlement(today), &lines[119].Place) {
		require.NoError(t, err)
		rest = append(rest, l)
	}
	require.Len(t, rest, 30)
	require.Equal(t, lines[120].Payment, rest[0].Payment, "a part goes on where the one before ended")
	failing := errors.New("orders are away")
	r.Orders = func(context.Context, ids.Mode, ...ids.ID) (map[ids.ID]settle.Operation, error) { return nil, failing }
	for _, err := range r.Lines(t.Context(), w.settlement(today), nil) {
		require.ErrorIs(t, err, failing)
	}
	for _, err := range r.Lines(t.Context(), ledger.Settlement{Book: book, Day: "2026-01-01"}, nil) {
		require.ErrorIs(t, err, store.ErrNoDay)
	}
}

// TestBudget counts what settling a day costs beside reading its entries.
func TestBudget(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 150} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			w := setup(t, "Europe/Moscow")
			w.post(paids(0, n)...)
			w.clock.Advance(24 * time.Hour)
			w.count.Reset()
			w.closeDay(today)
			first := w.count.Snapshot().Total
			entries := (n+99)/100 + (n+99)/100 + 2 // places, and the rows in growing chunks
			require.LessOrEqual(t, first.Trips, 15+entries)
			w.count.Reset()
			w.closeDay(today)
			again := w.count.Snapshot().Total
			t.Logf("%d entries: %d trips, %d base and %d index units; again: %d trips, %d base units",
				n, first.Trips, first.WriteUnits, first.IndexUnits, again.Trips, again.WriteUnits)
			require.LessOrEqual(t, again.Trips, 8)
		})
	}
}
