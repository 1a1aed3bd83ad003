package jobs

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/notify"
	"giberno.ru/shared/platform/table"
)

// damage makes a row of an event's unreadable: the event, or its delivery.
func (w *world) damage(e notify.Event, prefix string) {
	w.t.Helper()
	page, err := w.engine.Query(context.Background(), table.Query{PK: "EVT#" + string(e.Mode) + "#" + e.ID.String()})
	require.NoError(w.t, err)
	for _, row := range page.Rows {
		if strings.HasPrefix(row.Key.SK, prefix) {
			require.NoError(w.t, w.engine.Write(w.t.Context(), table.Update(row.Key).Set("pid", table.S("nobody"))))
			return
		}
	}
	w.t.Fatal("there is no such row")
}

// TestDamagedRows: what cannot be read in a lane holds up none but itself.
func TestDamagedRows(t *testing.T) {
	t.Parallel()
	for what, prefix := range map[string]string{"Event": "EVENT", "Delivery": "D#"} {
		t.Run(what+"HoldsUpNoneBehindIt", func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.endpoint(address)
			all := inLane(partner, 0, 25)
			w.tell(all...)
			for _, e := range all[:12] { // more than one page of those that wait longest
				w.damage(e, prefix)
			}
			w.pass(10 * time.Minute)
			require.Len(t, w.ears.requests, 13)
			require.Contains(t, w.log.String(), all[0].ID.String(), "somebody has to look at it")
			require.NotContains(t, w.log.String(), "do-not-tell")
		})
		t.Run(what+"HoldsUpNobodyWhoIsDropped", func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			endpoint, _ := w.endpoint(address)
			all := inLane(partner, 0, 3)
			w.tell(all...)
			w.damage(all[0], prefix)
			require.NoError(t, w.store.Delete(t.Context(), endpoint.Mode, partner, endpoint.ID))
			w.pass(10 * time.Minute)
			require.Equal(t, notify.Dropped, w.status(all[2]))
		})
	}
}

// TestDamagedLane: a lane that cannot be read holds up no other lane of its shard.
func TestDamagedLane(t *testing.T) {
	t.Parallel()
	w := setup(t)
	endpoint, _ := w.endpoint(address)
	bad, good := inLane(partner, 0, 1)[0], inLane(partner, 1, 1)[0]
	w.tell(bad, good)
	w.forget()
	key := table.Key{PK: "EVT#LANE#" + string(endpoint.Mode) + "#" + endpoint.ID.String(), SK: "0"}
	require.NoError(t, w.engine.Write(t.Context(), table.Update(key).Set("pid", table.S("nobody"))))
	w.clock.Advance(10 * time.Minute)
	require.Equal(t, 1, w.sweepAll().Enqueued)
	w.work()
	require.Equal(t, notify.Delivered, w.status(good))
	require.Equal(t, notify.Waiting, w.status(bad))
	require.Contains(t, w.log.String(), bad.ID.String(), "somebody has to look at it")
}
