package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/reconcile"
	"giberno.ru/shared/platform/table"
)

var side = Side(ids.Test, account)

// broken is break n of a side, first seen n minutes after the start.
func broken(n int, state reconcile.State) reconcile.Break {
	return reconcile.Break{
		ID: ids.FromParts("break", fmt.Sprint(n)), Account: side, Kind: reconcile.MissingThere, State: state, From: start, To: start.Add(24 * time.Hour),
		FirstSeen: start.Add(time.Duration(n) * time.Minute),
		Ours:      &reconcile.Operation{Reference: "a", Kind: reconcile.Payment, Status: reconcile.Done, Amount: money.Of(100, money.RUB), At: start, Origin: "x:paid"},
	}
}

func (w *world) keep(was map[ids.ID]Break, breaks ...reconcile.Break) {
	w.t.Helper()
	require.NoError(w.t, w.KeepBreaks(w.t.Context(), side, was, breaks))
}

func (w *world) known(since time.Time) map[ids.ID]Break {
	w.t.Helper()
	list, err := w.KeptBreaks(w.t.Context(), side, since)
	require.NoError(w.t, err)
	byID := map[ids.ID]Break{}
	for _, b := range list {
		byID[b.ID] = b
	}
	require.Len(w.t, byID, len(list))
	return byID
}

// agreed holds what reconciliations keep against itself.
func (w *world) agreed() []string {
	w.t.Helper()
	a := NewReconciled()
	for _, row := range w.rows() {
		a.Add(row)
	}
	return a.Done()
}

func TestBreaks(t *testing.T) {
	t.Parallel()
	t.Run("AreReadAsTheyWereKept", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.keep(nil, broken(1, reconcile.Open))
		b, err := w.Break(t.Context(), ids.Test, broken(1, "").ID)
		require.NoError(t, err)
		require.Equal(t, Break{Break: broken(1, reconcile.Open), Version: 1}, b)
		require.Equal(t, ids.Test, b.Mode())
		require.Equal(t, account, b.Bank())
		require.False(t, b.OfPayouts())
		_, err = w.Break(t.Context(), ids.Live, b.ID)
		require.ErrorIs(t, err, ErrBreakNotFound)
		require.Empty(t, w.agreed())
	})
	t.Run("MoreThanATransactionHolds", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		var many []reconcile.Break
		for n := range 250 {
			many = append(many, broken(n, []reconcile.State{reconcile.Open, reconcile.Transit}[n%2]))
		}
		w.count.Reset()
		w.keep(nil, many...)
		require.Equal(t, 3, w.count.Snapshot().Total.Trips)
		require.Len(t, w.known(start), 250)
		var seen []Break
		for next := ""; ; {
			some, more, err := w.Breaks(t.Context(), ids.Test, reconcile.Open, next, 40)
			require.NoError(t, err)
			seen = append(seen, some...)
			if next = more; next == "" {
				break
			}
		}
		require.Len(t, seen, 125)
		require.True(t, slices.IsSortedFunc(seen, func(a, b Break) int { return a.FirstSeen.Compare(b.FirstSeen) }), "oldest first")
		require.Empty(t, w.agreed())
	})
	t.Run("ANewOneIsWrittenOnce", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.keep(nil, broken(1, reconcile.Open))
		require.ErrorIs(t, w.KeepBreaks(t.Context(), side, nil, []reconcile.Break{broken(2, reconcile.Open), broken(1, reconcile.Open)}), ErrBreakMoved)
		require.Len(t, w.known(start), 1, "all of a transaction or nothing")
		require.Empty(t, w.agreed())
	})
	t.Run("VanishedAndResolvedOnes", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.keep(nil, broken(1, reconcile.Open), broken(2, reconcile.Open), broken(3, reconcile.Transit))
		gone := broken(1, reconcile.Vanished)
		gone.VanishedIn = start.Add(time.Hour)
		known := w.known(start)
		w.keep(known, gone)
		require.ErrorIs(t, w.KeepBreaks(t.Context(), side, known, []reconcile.Break{gone}), ErrBreakMoved)
		require.Len(t, w.known(start.Add(time.Hour)), 3)
		require.Len(t, w.known(start.Add(2*time.Hour)), 2, "an earlier run took it away")
		done := known[broken(2, "").ID]
		was := done
		done.State, done.Resolution = reconcile.Resolved, &reconcile.Resolution{Note: "n", Operator: "anna", At: start}
		now, err := w.ChangeBreak(t.Context(), was, done)
		require.NoError(t, err)
		require.Equal(t, int64(2), now.Version)
		_, err = w.ChangeBreak(t.Context(), was, done)
		require.ErrorIs(t, err, ErrBreakMoved)
		require.Len(t, w.known(start.Add(2*time.Hour)), 1)
		of, err := w.BreaksOf(t.Context(), ids.Test, []ids.ID{done.ID, ids.FromParts("none")})
		require.NoError(t, err)
		require.Equal(t, []Break{now}, of)
		require.Empty(t, w.agreed())
	})
	t.Run("AnIndexThatIsBehind", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.keep(nil, broken(1, reconcile.Open))
		require.NoError(t, w.table.Write(t.Context(), table.Update(breakKey(ids.Test, broken(1, "").ID)).PlaceSecond(table.Key{})))
		_, err := w.KeptBreaks(t.Context(), side, start)
		require.ErrorIs(t, err, ErrBehind)
	})
	t.Run("ADecisionHidesItFromRuns", func(t *testing.T) {
		t.Parallel()
		b := Break{Break: broken(1, reconcile.Open), Decision: &Decision{}}
		require.Equal(t, reconcile.Resolved, b.AsKept().State)
		b.Decision = nil
		require.Equal(t, b.Break, b.AsKept())
	})
}

func TestReconciled(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(t *testing.T, w *world){
		"AMiscount": func(t *testing.T, w *world) {
			require.NoError(t, w.table.Write(t.Context(), table.Update(breaksHeadKey(side)).Add(aliveAttr, 1)))
		},
		"ACountOfNothing": func(t *testing.T, w *world) {
			require.NoError(t, w.table.Write(t.Context(), table.Update(breaksHeadKey("t/x")).Add(aliveAttr, 1)))
		},
		"AWrongPlace": func(t *testing.T, w *world) {
			require.NoError(t, w.table.Write(t.Context(), table.Update(breakKey(ids.Test, broken(1, "").ID)).PlaceFirst(table.Key{})))
		},
		"AStrangeRow": func(t *testing.T, w *world) {
			require.NoError(t, w.table.Write(t.Context(), table.Update(breakKey(ids.Test, broken(1, "").ID)).Set("st", table.S("resolved"))))
		},
		"ACorrectionThatIsNotThere": func(t *testing.T, w *world) {
			b := Break{Break: broken(2, reconcile.Resolved)}
			b.Resolution = &reconcile.Resolution{Posting: "x:corrected", Operator: "anna", At: start}
			_, err := w.ChangeBreak(t.Context(), Break{}, b)
			require.NoError(t, err)
		},
		"ResolvedByNobody": func(t *testing.T, w *world) {
			_, err := w.ChangeBreak(t.Context(), Break{}, Break{Break: broken(2, reconcile.Resolved)})
			require.NoError(t, err)
		},
		"AStrangeRun": func(t *testing.T, w *world) {
			require.NoError(t, w.table.Write(t.Context(), table.Put(table.Row{Key: table.Key{PK: runsPK(side), SK: runsSK}, Attrs: table.Attrs{"sv": table.N(1)}})))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.keep(nil, broken(1, reconcile.Open))
			require.Empty(t, w.agreed())
			damage(t, w)
			require.NotEmpty(t, w.agreed())
		})
	}
}

func TestRuns(t *testing.T) {
	t.Parallel()
	w := setup(t)
	hour := func(n int) time.Time { return start.Add(time.Duration(n) * time.Hour) }
	kept := func(from, to, at int) Run {
		r := Run{ID: RunID(side, hour(from), hour(to)), Side: side, From: hour(from), To: hour(to), By: "anna", At: hour(at)}
		r.Report.Totals = reconcile.Totals{money.RUB: {Count: at}}
		require.NoError(t, w.KeepRun(t.Context(), r))
		return r
	}
	ending := func(from, to int) []Run {
		runs, err := w.RunsEnding(t.Context(), side, hour(from), hour(to))
		require.NoError(t, err)
		return runs
	}
	first, second := kept(0, 24, 30), kept(24, 48, 50)
	require.Equal(t, []Run{first, second}, ending(24, 49))
	require.Equal(t, []Run{first}, ending(24, 48), "the end is not part of a period")
	again := kept(0, 24, 60)
	require.Equal(t, []Run{again, second}, ending(24, 49), "a repeated run takes the place of the first")
	long := kept(12, 48, 70)
	require.Equal(t, []Run{long}, ending(24, 49), "of those that overlap the latest counts")
	require.Empty(t, ending(100, 200))
	require.Empty(t, w.agreed())
}

func TestEntriesBetween(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.post(paids(book, 0, 3)...)
	w.clock.Advance(48 * time.Hour)
	w.post(paids(book, 3, 2)...)
	count := func(from, to ledger.Day) int {
		return len(collect(t, w.EntriesBetween(t.Context(), book, from, to)))
	}
	require.Equal(t, 5, count(today, "2026-03-09"))
	require.Equal(t, 3, count(today, today.Next()))
	require.Equal(t, 2, count(today.Next(), "2026-03-09"))
	require.Zero(t, count("2026-03-05", "2026-03-09"))
	other := book
	other.Currency = money.KZT
	require.Empty(t, collect(t, w.EntriesBetween(t.Context(), other, today, today)), "a book that nobody has written to")
}

func FuzzReadSide(f *testing.F) {
	f.Add(side)
	f.Add(side + payoutsTail)
	f.Add("t/")
	f.Fuzz(func(t *testing.T, text string) {
		m, id, payouts := ReadSide(text)
		if m != "" && !payouts {
			require.True(t, strings.EqualFold(text, Side(m, id)))
		}
	})
}

func TestReferenceOfAnEntry(t *testing.T) {
	t.Parallel()
	w := setup(t)
	e := paid(book, 1)
	e.Reference = "t0abc01"
	w.post(e)
	r, found, err := w.Entry(t.Context(), ids.Test, e.ID)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "t0abc01", r.Reference)
	older := paid(book, 1) // the same, as code before references tells it
	w.post(older)
	e.Reference = "t0abc02"
	require.ErrorIs(t, w.Post(t.Context(), book, zone, []ledger.Entry{e})[0], ErrDiffers)
	e.Reference = "No!"
	require.ErrorIs(t, w.Post(t.Context(), book, zone, []ledger.Entry{e})[0], ledger.ErrEntry)
	w.sound()
}
