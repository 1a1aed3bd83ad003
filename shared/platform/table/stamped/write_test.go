package stamped_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/faulty"
	"giberno.ru/shared/platform/table/stamped"
)

// Whatever happens to the first two tries, a write that locks itself is done exactly once.
func TestSelfLockingWritesHappenOnce(t *testing.T) {
	t.Parallel()
	retryable := []faulty.Fault{faulty.None, faulty.ErrorBefore, faulty.ErrorAfter, faulty.Conflict, faulty.Throttle}
	for _, first := range retryable {
		for _, second := range retryable {
			t.Run(fmt.Sprintf("%v, %v", first, second), func(t *testing.T) {
				t.Parallel()
				w := setup(t)
				w.plan(first, second)
				require.NoError(t, w.write(table.Put(row("a", 1)).If(table.Absent)))
				require.Equal(t, 1, w.changes())

				w.plan(first, second)
				require.NoError(t, w.write(bump("a")))
				require.Equal(t, 2, w.changes())
				require.Equal(t, int64(2), w.num("a"))

				w.plan(first, second)
				require.NoError(t, w.write(
					table.Put(row("b", 1)).If(table.Absent),
					table.Update(key("a")).Add("num", 5).Set("ver", table.N(3)).If(table.Version(2)),
					table.Check(key("c")).If(table.Absent),
				))
				require.Equal(t, 4, w.changes())
				require.Equal(t, int64(7), w.num("a"))
			})
		}
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	t.Run("OneTripWithoutFaults", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.NoError(t, w.write(table.Put(row("a", 1)).If(table.Absent)))
		require.Equal(t, 1, w.faulty.Calls())
		require.Empty(t, w.slept)
	})
	t.Run("ARefusalIsToldWithoutTheStamp", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.NoError(t, w.write(table.Put(row("a", 1)).If(table.Absent)))
		err := w.write(table.Put(row("a", 2)).If(table.Absent))
		old, ok := table.OldOf(err, 0)
		require.True(t, ok)
		require.True(t, old.Equal(row("a", 1)))
		require.Equal(t, 2, w.faulty.Calls())
	})
	t.Run("AConflictThenARefusalIsExact", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.NoError(t, w.write(table.Put(row("a", 1)).If(table.Absent)))
		w.plan(faulty.Conflict, faulty.Throttle)
		require.True(t, table.IsRefused(w.write(table.Put(row("a", 2)).If(table.Absent))))
	})
	t.Run("ALostAnswerThenAForeignRowIsUnknown", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.NoError(t, w.write(table.Put(row("a", 1)).If(table.Absent)))
		w.plan(faulty.ErrorBefore)
		err := w.write(table.Put(row("a", 2)).If(table.Absent))
		require.ErrorIs(t, err, table.ErrUnavailable)
		require.False(t, table.IsRefused(err))
		require.Equal(t, int64(1), w.num("a"))
	})
}

func TestWriteAmongThirds(t *testing.T) {
	t.Parallel()
	t.Run("OverwrittenByAThirdMeanwhileIsUnknown", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.NoError(t, w.write(table.Put(row("a", 1)).If(table.Absent)))
		w.plan(faulty.ErrorAfter)
		w.meant = func() {
			require.NoError(t, stamped.New(w.bolt, stamped.Options{}).Write(t.Context(), table.Update(key("a")).Add("num", 10).Set("ver", table.N(3)).If(table.Version(2))))
		}
		require.ErrorIs(t, w.write(bump("a")), table.ErrUnavailable)
		require.Equal(t, int64(12), w.num("a"), "never twice")
	})
	t.Run("OneOwnRowProvesTheTransaction", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.NoError(t, w.write(table.Put(row("a", 1))))
		w.plan(faulty.ErrorAfter)
		w.meant = func() {
			require.NoError(t, stamped.New(w.bolt, stamped.Options{}).Write(t.Context(), table.Update(key("a")).Add("num", 10).Set("ver", table.N(3)).If(table.Version(2))))
		}
		require.NoError(t, w.write(bump("a"), table.Put(row("mine", 1)).If(table.Absent)))
		require.Equal(t, int64(12), w.num("a"))
	})
}

func TestWriteEnds(t *testing.T) {
	t.Parallel()
	t.Run("TriesEnd", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.faulty.SetPlan(func(faulty.Call) faulty.Fault { return faulty.Conflict })
		require.ErrorIs(t, w.write(table.Put(row("a", 1)).If(table.Absent)), table.ErrConflict)
		require.Equal(t, 5, w.faulty.Calls())
		require.Len(t, w.slept, 4)
		for _, wait := range w.slept {
			require.True(t, wait >= 10*time.Millisecond && wait <= 400*time.Millisecond, "%v", wait)
		}
	})
	t.Run("AfterALostAnswerAConflictIsNotSaidToBeHarmless", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.plan(faulty.ErrorAfter, faulty.Conflict, faulty.Conflict, faulty.Conflict, faulty.Conflict)
		err := w.write(table.Put(row("a", 1)).If(table.Absent))
		require.ErrorIs(t, err, table.ErrUnavailable)
		require.NotErrorIs(t, err, table.ErrConflict)
	})
	t.Run("ErrOwnName", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for _, a := range []table.Action{
			table.Put(table.Row{Key: key("a"), Attrs: table.Attrs{"w": table.N(1)}}), table.Update(key("a")).Set("w", table.N(1)),
			table.Update(key("a")).Remove("w"), table.Update(key("a")).Add("w", 1), table.Check(key("a")).If(table.Missing("w")),
		} {
			require.ErrorIs(t, w.write(a), table.ErrLimit)
		}
	})
	t.Run("ErrNoRandomness", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		dry := stamped.New(w.bolt, stamped.Options{Rand: broken{}})
		require.Error(t, dry.Write(t.Context(), table.Put(row("a", 1)).If(table.Absent)))
		require.Zero(t, w.changes())
	})
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("dry") }

func TestAdditionsAreNeverAppliedTwice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		fault faulty.Fault
		want  int64
		known bool
	}{
		{"NoFault", faulty.None, 3, true},
		{"ErrorBefore", faulty.ErrorBefore, 0, false},
		{"ErrorAfter", faulty.ErrorAfter, 3, true},
		{"Conflict", faulty.Conflict, 3, true},
		{"Throttle", faulty.Throttle, 3, true},
	} {
		for name, a := range map[string]table.Action{
			"Unconditional": table.Update(key("a")).Add("num", 3),
			"StillTrue":     table.Update(key("a")).Add("num", 3).If(table.Exists),
			"Floor":         table.Update(key("a")).Add("num", 3).If(table.AtLeast("num", 0)),
		} {
			t.Run(c.name+name, func(t *testing.T) {
				t.Parallel()
				w := setup(t)
				require.NoError(t, w.write(table.Put(row("a", 0))))
				w.plan(c.fault)
				err := w.write(a)
				if c.known {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, table.ErrUnavailable)
				}
				require.Equal(t, c.want, w.num("a"))
			})
		}
	}
	t.Run("LostAndOverwritten", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		other := stamped.New(w.bolt, stamped.Options{})
		w.faulty.SetPlan(func(c faulty.Call) faulty.Fault {
			if c.Op == faulty.OpGetMany { // a third comes between the write and the look
				require.NoError(t, other.Write(t.Context(), table.Update(key("a")).Add("num", 10)))
				return faulty.None
			}
			return faulty.ErrorAfter
		})
		require.ErrorIs(t, w.write(table.Update(key("a")).Add("num", 3)), table.ErrUnavailable)
		w.faulty.SetPlan(nil)
		require.Equal(t, int64(13), w.num("a"))
	})
}

func TestWhatCarriesNoStamp(t *testing.T) {
	t.Parallel()
	t.Run("AnUnconditionalPutGoesAgain", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.plan(faulty.ErrorAfter, faulty.ErrorBefore)
		require.NoError(t, w.write(table.Put(row("a", 1))))
		raw, _, err := w.bolt.Get(t.Context(), key("a"))
		require.NoError(t, err)
		require.True(t, raw.Equal(row("a", 1)))
	})
	t.Run("AnUnconditionalDeleteGoesAgain", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.NoError(t, w.write(table.Put(row("a", 1))))
		w.plan(faulty.ErrorAfter)
		require.NoError(t, w.write(table.Delete(key("a"))))
	})
	t.Run("AConditionalDeleteWithALostAnswerIsUnknown", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.NoError(t, w.write(table.Put(row("a", 1))))
		w.plan(faulty.ErrorAfter)
		require.ErrorIs(t, w.write(table.Delete(key("a")).If(table.Exists)), table.ErrUnavailable)
	})
	t.Run("AConditionalDeleteThatDidNotHappenGoesAgain", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.NoError(t, w.write(table.Put(row("a", 1))))
		w.plan(faulty.ErrorBefore)
		require.NoError(t, w.write(table.Delete(key("a")).If(table.Exists)))
	})
	t.Run("ADeleteIsProvenByItsTransaction", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.NoError(t, w.write(table.Put(row("a", 1))))
		w.plan(faulty.ErrorAfter)
		require.NoError(t, w.write(table.Delete(key("a")).If(table.Exists), table.Put(row("b", 1)).If(table.Absent)))
	})
	t.Run("ChecksAreExactAfterALostAnswer", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.plan(faulty.ErrorAfter)
		require.True(t, table.IsRefused(w.write(table.Check(key("a")).If(table.Exists))))
		w.plan(faulty.ErrorAfter)
		require.NoError(t, w.write(table.Check(key("a")).If(table.Absent)))
	})
}
