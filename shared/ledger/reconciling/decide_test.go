package reconciling_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/reconcile"
	"giberno.ru/shared/ledger/reconciling"
	"giberno.ru/shared/ledger/store"
)

// broke makes the three breaks of a day: payment 0 is missing there, 1 has another amount, 3 is missing here.
func broke(t *testing.T) (w *world, byKind map[reconciling.Kind]store.Break) {
	t.Helper()
	w = setup(t)
	w.post(paid(0), paid(1), paid(2))
	w.ran(period(), register(line(paid(1), func(amount, _ *int64) { *amount -= 50 }), line(paid(2)), line(paid(3))))
	byKind = map[reconciling.Kind]store.Break{}
	for _, b := range w.list(reconcile.Open) {
		byKind[b.Kind] = b
	}
	require.Len(t, byKind, 3)
	return w, byKind
}

func wishTo(p reconciling.Posting) reconciling.Wish {
	return reconciling.Wish{Posting: p, Note: "looked into it", Operator: "anna"}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	clearing := ledger.Clearing(account)
	t.Run("ForgiveWhatIsMissingThere", func(t *testing.T) {
		t.Parallel()
		w, breaks := broke(t)
		before := w.balances(partners[0])
		b, err := w.Resolve(t.Context(), ids.Test, breaks[reconcile.MissingThere].ID, wishTo(reconciling.Forgive))
		require.NoError(t, err)
		require.Equal(t, reconcile.Resolved, b.State)
		require.Equal(t, b.ID.String()+":corrected", b.Resolution.Posting)
		after := w.balances(partners[0])
		require.Equal(t, before[clearing]+98, after[clearing], "the bank owes us so much less: it took no fee either")
		require.Equal(t, int64(-98), after[ledger.WriteOff])
		e, found, err := w.store.Entry(t.Context(), ids.Test, b.Resolution.Posting)
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, paid(0).Object, e.Object)
		require.Equal(t, "anna", e.By)
		w.sound()
	})
	t.Run("SuspendTheDifferenceOfAnAmount", func(t *testing.T) {
		t.Parallel()
		w, breaks := broke(t)
		before := w.balances(partners[1])
		_, err := w.Resolve(t.Context(), ids.Test, breaks[reconcile.AmountDiffers].ID, wishTo(reconciling.Suspend))
		require.NoError(t, err)
		after := w.balances(partners[1])
		require.Equal(t, before[clearing]+50, after[clearing])
		require.Equal(t, int64(-50), after[ledger.Suspense])
		w.sound()
	})
	t.Run("SuspendWhatIsMissingHere", func(t *testing.T) {
		t.Parallel()
		w, breaks := broke(t)
		id, wish := breaks[reconcile.MissingHere].ID, wishTo(reconciling.Suspend)
		_, err := w.Resolve(t.Context(), ids.Test, id, wish)
		require.ErrorIs(t, err, reconciling.ErrWhoseBook)
		wish.Partner = partners[2]
		before := w.balances(partners[2])
		_, err = w.Resolve(t.Context(), ids.Test, id, wish)
		require.NoError(t, err)
		after := w.balances(partners[2])
		require.Equal(t, before[clearing]-392, after[clearing], "the bank owes us more")
		require.Equal(t, int64(392), after[ledger.Suspense])
		w.sound()
	})
	t.Run("TheReferenceSaysWhose", func(t *testing.T) {
		t.Parallel()
		w, breaks := broke(t)
		w.Whose = func(_ context.Context, _ ids.Mode, ref string) (ids.ID, bool, error) {
			return partners[0], ref == reference(3), nil
		}
		wish := wishTo(reconciling.Suspend)
		wish.Partner = partners[2]
		_, err := w.Resolve(t.Context(), ids.Test, breaks[reconcile.MissingHere].ID, wish)
		require.ErrorIs(t, err, reconciling.ErrWhoseBook, "not another partner's")
		wish.Partner = ids.ID{}
		_, err = w.Resolve(t.Context(), ids.Test, breaks[reconcile.MissingHere].ID, wish)
		require.NoError(t, err)
		require.Equal(t, int64(392), w.balances(partners[0])[ledger.Suspense])
	})
	t.Run("OnceMoreIsTheSame", func(t *testing.T) {
		t.Parallel()
		w, breaks := broke(t)
		id := breaks[reconcile.MissingThere].ID
		first, err := w.Resolve(t.Context(), ids.Test, id, wishTo(reconciling.Forgive))
		require.NoError(t, err)
		after := w.balances(partners[0])
		again, err := w.Resolve(t.Context(), ids.Test, id, wishTo(reconciling.Forgive))
		require.NoError(t, err)
		require.Equal(t, first, again)
		require.Equal(t, after, w.balances(partners[0]))
		_, err = w.Resolve(t.Context(), ids.Test, id, wishTo(reconciling.Suspend))
		require.ErrorIs(t, err, reconcile.ErrBreakClosed)
		w.ran(period(), register(line(paid(1)), line(paid(2))))
		require.Len(t, w.list(reconcile.Resolved), 1, "no later run opens it again")
	})
	t.Run("ANoteAlone", func(t *testing.T) {
		t.Parallel()
		w, breaks := broke(t)
		before := w.balances(partners[0])
		for range 2 {
			b, err := w.Resolve(t.Context(), ids.Test, breaks[reconcile.MissingThere].ID, wishTo(reconciling.None))
			require.NoError(t, err)
			require.Equal(t, reconcile.Resolution{Note: "looked into it", Operator: "anna", At: w.clock.Now()}, *b.Resolution)
		}
		require.Equal(t, before, w.balances(partners[0]))
		w.sound()
	})
	t.Run("ADecisionOutlivesACrash", func(t *testing.T) {
		t.Parallel()
		w, breaks := broke(t)
		id := breaks[reconcile.MissingThere].ID
		w.broken = errors.New("the ledger does not answer")
		_, err := w.Resolve(t.Context(), ids.Test, id, wishTo(reconciling.Forgive))
		require.ErrorIs(t, err, w.broken)
		w.ran(period(), register(line(paid(0)), line(paid(1)), line(paid(2))))
		require.Equal(t, []string{"missing_there -100"}, w.told(), "no run takes it away")
		w.broken = nil
		_, err = w.Resolve(t.Context(), ids.Test, id, wishTo(reconciling.None))
		require.ErrorIs(t, err, reconcile.ErrBreakClosed, "what was begun is finished, whoever comes")
		require.Equal(t, int64(-98), w.balances(partners[0])[ledger.WriteOff])
		require.Empty(t, w.list(reconcile.Open))
		w.sound()
	})
}

func TestResolveRefuses(t *testing.T) {
	t.Parallel()
	t.Run("ErrNotFound", func(t *testing.T) {
		t.Parallel()
		_, err := setup(t).Resolve(t.Context(), ids.Test, ids.FromParts("x"), wishTo(reconciling.None))
		require.ErrorIs(t, err, store.ErrBreakNotFound)
	})
	t.Run("ErrNoNote", func(t *testing.T) {
		t.Parallel()
		w, breaks := broke(t)
		_, err := w.Resolve(t.Context(), ids.Test, breaks[reconcile.MissingThere].ID, reconciling.Wish{Posting: reconciling.Forgive, Operator: "anna"})
		require.ErrorIs(t, err, reconcile.ErrResolution)
	})
	t.Run("ErrInTransit", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(paid(0))
		p := period()
		p.Grace = 24 * time.Hour
		w.ran(p, heading)
		_, err := w.Resolve(t.Context(), ids.Test, w.list(reconcile.Transit)[0].ID, wishTo(reconciling.None))
		require.ErrorIs(t, err, reconcile.ErrBreakClosed)
	})
	t.Run("ErrOfPayouts", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(paid(0))
		w.ran(period(), register(line(paid(0))))
		p := period()
		p.From, p.To = p.To, p.To.Add(24*time.Hour)
		_, err := w.MatchPayouts(t.Context(), p, nil)
		require.NoError(t, err)
		_, err = w.Resolve(t.Context(), ids.Test, w.list(reconcile.Open)[0].ID, wishTo(reconciling.Forgive))
		require.ErrorIs(t, err, reconciling.ErrNothingToPost)
	})
	t.Run("ErrThePartnersOwnAccount", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := period()
		p.Account = own
		w.ran(p, register(line(paid(0))))
		wish := wishTo(reconciling.Suspend)
		wish.Partner = partners[0]
		_, err := w.Resolve(t.Context(), ids.Test, w.list(reconcile.Open)[0].ID, wish)
		require.ErrorIs(t, err, reconciling.ErrNothingToPost)
	})
}

func TestAssign(t *testing.T) {
	t.Parallel()
	w, breaks := broke(t)
	id := breaks[reconcile.MissingThere].ID
	for range 2 {
		b, err := w.Assign(t.Context(), ids.Test, id, "boris")
		require.NoError(t, err)
		require.Equal(t, "boris", b.Owner)
		require.Equal(t, int64(2), b.Version, "the same twice is written once")
	}
	w.ran(period(), register(line(paid(1)), line(paid(2))))
	b, err := w.store.Break(t.Context(), ids.Test, id)
	require.NoError(t, err)
	require.Equal(t, "boris", b.Owner, "a run leaves the owner alone")
	_, err = w.Assign(t.Context(), ids.Live, id, "boris")
	require.ErrorIs(t, err, store.ErrBreakNotFound, "test and live never meet")
	_, err = w.Resolve(t.Context(), ids.Test, id, wishTo(reconciling.None))
	require.NoError(t, err)
	_, err = w.Assign(t.Context(), ids.Test, id, "anna")
	require.ErrorIs(t, err, reconcile.ErrBreakClosed)
}
