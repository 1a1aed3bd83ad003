package store

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/table"
)

// The index shows nothing of what stands behind the cursor.
func TestAPageBehindItsCursorIsWholeOrErrBehind(t *testing.T) {
	t.Parallel()
	lag := &lagging{hides: nothing}
	w := setup(t, func(tb table.Table) table.Table { lag.Table = tb; return lag })
	for i := range 6 {
		w.post(paid(book, i))
		w.clock.Advance(time.Second)
	}
	all := collect(t, w.Statement(t.Context(), book, ledger.Payable, today, today, nil))
	require.Len(t, all, 6)
	p := all[2].Position()
	lag.hides = func(r table.Row) bool { return r.First.SK > stamp(all[2].PostedAt)+"~" }
	n := 0
	var got error
	for _, err := range w.Statement(t.Context(), book, ledger.Payable, today, today, &p) {
		if err != nil {
			got = err
			break
		}
		n++
	}
	require.ErrorIs(t, got, ErrBehind, "got %d lines of 3 and no error", n)
}

// The index does not show the first entry of a shard behind the cursor.
func TestAGapBehindACursorIsErrBehind(t *testing.T) {
	t.Parallel()
	lag := &lagging{hides: nothing}
	w := setup(t, func(tb table.Table) table.Table { lag.Table = tb; return lag })
	for i := range 6 {
		w.post(paid(book, i))
		w.clock.Advance(time.Second)
	}
	all := collect(t, w.Statement(t.Context(), book, ledger.Payable, today, today, nil))
	p := all[2].Position()
	lag.hides = func(r table.Row) bool { return r.Key == entryKey(book.Mode, all[3].ID) }
	n := 0
	var got error
	var last int64
	for l, err := range w.Statement(t.Context(), book, ledger.Payable, today, today, &p) {
		if err != nil {
			got = err
			break
		}
		n++
		last = l.Balance
	}
	require.ErrorIs(t, got, ErrBehind, "got %d lines of 3 and no error, last balance %d, true %d", n, last, all[5].Balance)
}

// Two hosts whose clocks differ by a second: what the slower one posts later has an earlier time.
func TestAPageShowsWhatASlowerClockPosted(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.clock.Advance(time.Minute)
	w.post(paid(book, 0), paid(book, 1))
	one := collect(t, w.Statement(t.Context(), book, ledger.Payable, today, today, nil))
	p := one[1].Position()
	// another process, whose clock is a second behind, and another shard
	slow := &world{Store: w.Store, t: t, clock: w.clock, seed: 100}
	other := slow.Store.NewPoster(slowClock{w}, fixed{})
	var done bool
	for i := 2; i < 40 && !done; i++ {
		for _, err := range other.Post(t.Context(), book, zone, []ledger.Entry{paid(book, i)}) {
			require.NoError(t, err)
		}
		done = i > 10
	}
	rest := collect(t, w.Statement(t.Context(), book, ledger.Payable, today, today, &p))
	whole := collect(t, w.Statement(t.Context(), book, ledger.Payable, today, today, nil))
	require.Equal(t, len(whole), 2+len(rest), "lines that page 2 never shows")
	require.Equal(t, whole[len(whole)-1].Balance, rest[len(rest)-1].Balance)
}

func nothing(table.Row) bool { return false }

type slowClock struct{ w *world }

func (s slowClock) Now() time.Time { return s.w.clock.Now().Add(-time.Second) }

type fixed struct{}

func (fixed) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 5
	}
	return len(p), nil
}

// halfSeen is a table whose next queries of a book's rows show what is there in the middle of another's transaction.
type halfSeen struct {
	table.Table
	shows []func([]table.Row) []table.Row
}

func (h *halfSeen) Query(ctx context.Context, q table.Query) (table.Page, error) {
	page, err := h.Table.Query(ctx, q)
	if q.Index == table.Base && len(h.shows) > 0 {
		page.Rows, h.shows = h.shows[0](page.Rows), h.shows[1:]
	}
	return page, err
}

func all(rows []table.Row) []table.Row { return rows }

// A query of a book sees transactions of others half done: then it is made again.
func TestABookSeenInTheMiddleOfAWrite(t *testing.T) {
	t.Parallel()
	half := func(rows []table.Row) []table.Row { return rows[:7] }
	none := func([]table.Row) []table.Row { return nil }
	t.Run("ItsFirstRows", func(t *testing.T) {
		t.Parallel()
		seen := &halfSeen{}
		w := setup(t, func(inner table.Table) table.Table { seen.Table = inner; return seen })
		w.post(paid(book, 0))
		seen.shows = append(seen.shows, half)
		require.Equal(t, int64(146_250), w.balances().Balances[ledger.Payable])
		seen.shows = slices.Repeat([]func([]table.Row) []table.Row{half}, maxReads)
		_, err := w.Balances(t.Context(), book)
		require.ErrorIs(t, err, ErrBusy)
	})
	t.Run("ADayThatWasJustClosed", func(t *testing.T) {
		t.Parallel()
		seen := &halfSeen{}
		w := setup(t, func(inner table.Table) table.Table { seen.Table = inner; return seen })
		w.post(paids(book, 0, 3)...)
		require.NoError(t, w.advance(t.Context(), book, today, today.Next(), w.clock.Now()))
		w.clock.Advance(24 * time.Hour)
		w.Poster = w.poster() // one that does not know the day before, and so does not sum it up
		w.post(paid(book, 9))
		whole := collect(t, w.Statement(t.Context(), book, ledger.Payable, today, today.Next(), nil))
		require.Len(t, whole, 4)
		seen.shows = []func([]table.Row) []table.Row{all, none, none} // the shards, the day before, the days
		require.Equal(t, whole, collect(t, w.Statement(t.Context(), book, ledger.Payable, today, today.Next(), nil)))
		seen.shows = []func([]table.Row) []table.Row{all, none}
		later := collect(t, w.Statement(t.Context(), book, ledger.Payable, today.Next(), today.Next(), nil))
		require.Equal(t, whole[3].Balance, later[0].Balance, "the opening balance knows the day whose row is not seen yet")
	})
}

func TestADayThatIsPutOffIsSound(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.post(paid(book, 0))
	c := w.close(today, today.Next())
	later := w.clock.Now().Add(6 * time.Hour)
	require.NoError(t, w.PutOff(t.Context(), c, later))
	w.sound()
	oldest, err := w.OldestDue(t.Context(), book.Mode, int(partner[0])%DueShards)
	require.NoError(t, err)
	require.Equal(t, later, oldest)
	require.NoError(t, w.PutOff(t.Context(), c, c.At.Add(-time.Hour)))
	require.NotEmpty(t, audit(w.rows()).Breaches)
}
