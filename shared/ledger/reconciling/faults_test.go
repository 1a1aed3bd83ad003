package reconciling_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/reconcile"
	"giberno.ru/shared/ledger/reconciling"
	"giberno.ru/shared/ledger/store"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/faulty"
)

// TestFaults plays a run, a matching of payouts and a resolution with each fault at each call of the table, has a new process do
// the same again, and holds that nothing is lost and nothing is doubled.
func TestFaults(t *testing.T) {
	t.Parallel()
	file := register(line(paid(1), func(amount, _ *int64) { *amount -= 50 }), line(paid(2)), line(paid(3)))
	next := period()
	next.From, next.To = next.To, next.To.Add(24*time.Hour)
	run := func(w *world) error { _, err := w.run(period(), file); return err }
	roads := map[string]struct {
		before func(w *world)
		road   func(w *world) error
		want   func(w *world)
	}{
		"ARun": {func(*world) {}, run, func(w *world) {
			require.Equal(w.t, []string{"amount -50", "missing_here 400", "missing_there -100"}, w.told())
			require.NotEmpty(w.t, w.alarms)
		}},
		"Payouts": {func(w *world) { require.NoError(w.t, run(w)) }, func(w *world) error {
			_, err := w.MatchPayouts(w.t.Context(), next, nil)
			return err
		}, func(w *world) { require.Len(w.t, w.list(reconcile.Open), 4) }},
		"AResolution": {func(w *world) { require.NoError(w.t, run(w)) }, func(w *world) error {
			for _, b := range append(w.list(reconcile.Open), w.list(reconcile.Resolved)...) {
				if b.Kind == reconcile.MissingThere {
					_, err := w.Resolve(w.t.Context(), ids.Test, b.ID, wishTo(reconciling.Forgive))
					return err
				}
			}
			return fmt.Errorf("the break is gone")
		}, func(w *world) {
			require.Equal(w.t, int64(-98), w.balances(partners[0])[ledger.WriteOff])
			require.Len(w.t, w.list(reconcile.Open), 2)
			require.Len(w.t, w.list(reconcile.Resolved), 1)
		}},
	}
	for name, r := range roads {
		for _, fault := range faulty.All {
			t.Run(name+"/"+fault.String(), func(t *testing.T) {
				t.Parallel()
				for n, hit := 0, true; hit; n++ {
					require.Less(t, n, 100)
					var broken *faulty.Table
					w := setup(t, func(inner table.Table) table.Table { broken = faulty.New(inner, nil); return broken })
					w.post(paid(0), paid(1), paid(2))
					r.before(w)
					hit = false
					plan := func(c faulty.Call) faulty.Fault {
						if c.N != n {
							return faulty.None
						}
						hit = true
						return fault
					}
					if err := survive(func() error { return playing(broken, plan, w, r.road) }); err != nil && !hit {
						require.NoError(t, err)
					}
					broken.SetPlan(nil)
					w.poster = w.store.NewPoster(w.clock, rand.NewChaCha8([32]byte{byte(n)})) // the next process
					w.Post = reconciling.PostWith(w.poster, func(context.Context, ids.ID) (*time.Location, error) { return zone, nil })
					require.NoError(t, r.road(w))
					r.want(w)
					w.sound()
				}
			})
		}
	}
}

// playing sets the plan; what a road reads to find its way meets it, too.
func playing(broken *faulty.Table, plan faulty.Plan, w *world, road func(*world) error) error {
	broken.SetPlan(plan)
	return road(w)
}

// survive plays the operating system: a process that dies ends, and nothing else.
func survive(road func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			if r != any(faulty.Crash) {
				panic(r)
			}
			err = fmt.Errorf("died")
		}
	}()
	return road()
}

// TestTwoAtOnce has two processes keep the breaks of two registers of one period: one of them is told to try again, or both are
// kept one after the other; never is a break kept twice or miscounted.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.post(paid(0), paid(1), paid(2))
	files := []string{register(line(paid(0))), register(line(paid(1)), line(paid(4)))}
	done := make(chan error, len(files))
	for _, file := range files {
		go func() {
			var err error
			for range 50 {
				if _, err = w.run(period(), file); err == nil {
					break
				}
			}
			done <- err
		}()
	}
	for range files {
		err := <-done
		if err != nil {
			require.ErrorIs(t, err, store.ErrBreakMoved)
		}
	}
	w.sound()
	w.ran(period(), files[0])
	require.Equal(t, []string{"missing_there -200", "missing_there -300"}, w.told())
	w.sound()
}
