package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/faulty"
)

// TestFaults plays each road with each fault at each call, has a new process do the same again, and holds that nothing is
// lost and nothing is doubled.
func TestFaults(t *testing.T) {
	t.Parallel()
	roads := map[string]struct {
		before func(w *world)
		road   func(w *world) error
		want   int64
	}{
		"TheFirstPosting": {func(*world) {}, func(w *world) error { return first(w, 0, 120) }, 120},
		"APosting":        {func(w *world) { w.post(paids(book, 0, 5)...) }, func(w *world) error { return first(w, 3, 5) }, 8},
		"APostingAfterMidnight": {func(w *world) { w.post(paids(book, 0, 5)...); w.clock.Advance(24 * time.Hour) },
			func(w *world) error { return first(w, 5, 5) }, 10},
		"Closing": {func(w *world) { w.post(paids(book, 0, 5)...) }, func(w *world) error {
			c, err := w.CloseDay(w.t.Context(), book, today, today.Next(), start)
			if err == nil && c.Entries() != 5 {
				err = fmt.Errorf("the day has %d entries", c.Entries())
			}
			return err
		}, 5},
	}
	for name, r := range roads {
		for _, fault := range faulty.All {
			t.Run(name+"/"+fault.String(), func(t *testing.T) {
				t.Parallel()
				for n, hit := 0, true; hit; n++ {
					require.Less(t, n, 30)
					var broken *faulty.Table
					w := setup(t, func(inner table.Table) table.Table { broken = faulty.New(inner, nil); return broken })
					r.before(w)
					hit = false
					broken.SetPlan(func(c faulty.Call) faulty.Fault {
						if c.N != n {
							return faulty.None
						}
						hit = true
						return fault
					})
					if err := survive(w, r.road); err != nil && !hit {
						require.NoError(t, err)
					}
					broken.SetPlan(nil)
					w.Poster = w.poster() // the next process
					require.NoError(t, r.road(w))
					require.Equal(t, held(r.want), w.balances().Balances)
					require.Equal(t, int(r.want), w.sound().Entries)
				}
			})
		}
	}
}

// first posts n payments and gives the first error.
func first(w *world, from, n int) error {
	for _, err := range w.Post(w.t.Context(), book, zone, paids(book, from, n)) {
		if err != nil {
			return err
		}
	}
	return nil
}

// survive plays the operating system: a process that dies ends, and nothing else.
func survive(w *world, road func(*world) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			if r != any(faulty.Crash) {
				panic(r)
			}
			err = faulty.Crash
		}
	}()
	return road(w)
}

// TestUnknownIsTold holds that an outcome that nobody knows is not called done.
func TestUnknownIsTold(t *testing.T) {
	t.Parallel()
	var broken *faulty.Table
	w := setup(t, func(inner table.Table) table.Table { broken = faulty.New(inner, nil); return broken })
	w.post(paid(book, 1))
	broken.SetPlan(func(faulty.Call) faulty.Fault { return faulty.ErrorBefore })
	outcomes := w.Post(t.Context(), book, zone, []ledger.Entry{paid(book, 2), {}})
	require.ErrorIs(t, outcomes[0], table.ErrUnavailable)
	require.ErrorIs(t, outcomes[1], ledger.ErrEntry)
	for _, fault := range []faulty.Fault{faulty.Conflict, faulty.Throttle} {
		broken.SetPlan(func(c faulty.Call) faulty.Fault {
			if c.Op == faulty.OpWrite {
				return fault
			}
			return faulty.None
		})
		require.Error(t, w.Post(t.Context(), book, zone, paids(book, 2, 1))[0])
	}
	broken.SetPlan(nil)
	w.post(paid(book, 2))
	w.sound()
}
