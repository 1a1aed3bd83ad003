package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
)

// TestKeptForAMonth: rows live for three days more, so that what is asked for again on the last day can be tried for as long
// as that; nobody is promised those days.
func TestKeptForAMonth(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.endpoint(1)
	old, young := fact(partner, 1, notify.OrderPaid), fact(partner, 2, notify.OrderPaid)
	w.tell(old)
	w.clock.Advance(time.Hour)
	w.tell(young)
	w.clock.Advance(notify.Kept - time.Hour - time.Second)
	_, err := w.Redeliver(t.Context(), ids.Test, partner, old.ID, ids.ID{})
	require.NoError(t, err, "to the last second")
	w.clock.Advance(time.Second)
	for range 2 {
		_, err = w.Event(t.Context(), ids.Test, partner, old.ID)
		require.ErrorIs(t, err, notify.ErrEventNotFound)
		_, err = w.Redeliver(t.Context(), ids.Test, partner, old.ID, ids.ID{})
		require.ErrorIs(t, err, notify.ErrEventNotFound, "it could not be tried for 72 hours")
		list, _, err := w.Events(t.Context(), ids.Test, partner, Window{Limit: 10})
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.Equal(t, young.ID, list[0].ID)
		w.clock.Advance(time.Minute)
	}
}
