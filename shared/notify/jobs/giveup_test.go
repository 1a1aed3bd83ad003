package jobs

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/platform/table/faulty"
)

// TestAHotDeadEndpointGathersNothing: a lane that sleeps for an hour has one attempt in it, and thousands may have been told
// in that hour three days before. All of them are given up then, however slow the table is.
func TestAHotDeadEndpointGathersNothing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.endpoint(address)
	w.ears.answer = always(http.StatusServiceUnavailable)
	w.tell(fact(partner, 1), fact(partner, 2))
	w.pass(10 * time.Hour) // both lanes sleep for an hour at a time
	all := inLane(partner, 0, 60)[5:]
	w.tell(all...)
	w.forget()
	w.clock.Advance(notify.OnTheWay)
	w.table.SetPlan(func(c faulty.Call) faulty.Fault {
		if c.Op == faulty.OpWrite {
			w.clock.Advance(time.Second / 2)
		}
		return faulty.None
	})
	for range 3 {
		w.sweepAll()
		w.work()
	}
	w.table.SetPlan(nil)
	tried := 0
	for _, e := range all {
		if d := w.history(e)[0]; d.Status == notify.Waiting {
			tried++
		}
	}
	require.LessOrEqual(t, tried, 1, "but for one that has just been tried")
	events, _, err := w.store.Waiting(t.Context(), drain{Mode: ids.Test, Endpoint: w.history(all[0])[0].Endpoint, Lane: 0}.name(), time.Time{}, nil)
	require.NoError(t, err)
	require.LessOrEqual(t, len(events), 2)
}
