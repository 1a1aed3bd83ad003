package store

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/faulty"
)

// TestFaults plays each road with each fault at each call, has a new process do the same again, and holds that nothing is lost
// and nothing is doubled.
func TestFaults(t *testing.T) {
	t.Parallel()
	paid := fact(partner, 1, notify.OrderPaid)
	roads := map[string]struct {
		before, road func(w *world) error
		after        func(t *testing.T, w *world)
	}{
		"Tell": {
			before: func(w *world) error { w.endpoint(1); w.endpoint(2); return nil },
			road:   func(w *world) error { return w.Tell(w.t.Context(), paid) },
			after: func(t *testing.T, w *world) {
				require.Len(t, w.history(paid).Deliveries, 2)
				require.Len(t, w.due(start.Add(notify.FeedFirst)), 2)
			},
		},
		"Create": {
			before: func(w *world) error { return nil },
			road: func(w *world) error {
				keyed := wish(1)
				keyed.Name = ids.FromParts("key")
				_, _, err := w.Create(w.t.Context(), keyed)
				if table.IsRefused(err) || err == ErrSecretShown {
					return nil
				}
				return err
			},
			after: func(t *testing.T, w *world) {
				list, err := w.Endpoints(t.Context(), ids.Test, partner)
				require.NoError(t, err)
				require.Len(t, list, 1)
				for n := range notify.Lanes {
					_, err := w.Claim(t.Context(), LaneName{ids.Test, list[0].ID, n})
					require.NoError(t, err)
				}
			},
		},
		"Redeliver": {
			before: func(w *world) error { w.endpoint(1); return w.Tell(w.t.Context(), paid) },
			road: func(w *world) error {
				_, err := w.Redeliver(w.t.Context(), ids.Test, partner, paid.ID, ids.ID{})
				return err
			},
			after: func(t *testing.T, w *world) { require.Len(t, w.due(start.Add(notify.FeedFirst)), 1) },
		},
	}
	for name, r := range roads {
		for _, fault := range faulty.All {
			t.Run(name+"/"+fault.String(), func(t *testing.T) {
				t.Parallel()
				for n, hit := 0, true; hit; n++ {
					require.Less(t, n, 30)
					var broken *faulty.Table
					w := setup(t, func(inner table.Table) table.Table { broken = faulty.New(inner, nil); return broken })
					require.NoError(t, r.before(w))
					hit = false
					w.Store = w.process()
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
					w.Store = w.process()
					require.NoError(t, r.road(w))
					r.after(t, w)
				}
			})
		}
	}
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
