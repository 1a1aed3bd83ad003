package jobs

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/notify/store"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/platform/queue"
	queuefaulty "giberno.ru/shared/platform/queue/faulty"
	"giberno.ru/shared/platform/table/faulty"
)

// errLost is an answer that never came back.
var errLost = errors.New("the connection was reset")

// TestFaults plays the road from the fact to the partner with each fault at each call of the table, the queue and the partner,
// and holds that every event arrives, once more at most for each fault, and that nothing is left to be done.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, fault := range faulty.All {
		for name, breaks := range map[string]func(w *world, n int, hit *bool){
			"Table": func(w *world, n int, hit *bool) {
				w.table.SetPlan(func(c faulty.Call) faulty.Fault { return nth(c.N, n, fault, hit) })
			},
			"Queue": func(w *world, n int, hit *bool) {
				w.queue.SetPlan(func(c queuefaulty.Call) faulty.Fault { return nth(c.N, n, fault, hit) })
			},
			"Partner": func(w *world, n int, hit *bool) {
				w.ears.fault = func(i int) faulty.Fault { return nth(i, n, fault, hit) }
			},
		} {
			t.Run(name+"/"+fault.String(), func(t *testing.T) {
				t.Parallel()
				for n, hit := 0, true; hit; n++ {
					require.Less(t, n, 120)
					hit = false
					playFault(t, func(w *world) { breaks(w, n, &hit) })
				}
			})
		}
	}
}

func nth(i, n int, fault faulty.Fault, hit *bool) faulty.Fault {
	if i != n {
		return faulty.None
	}
	*hit = true
	return fault
}

func playFault(t *testing.T, breaks func(*world)) {
	t.Helper()
	w := setup(t)
	var shards []int // where the endpoints are due
	for _, url := range []string{"https://one.example/", "https://two.example/"} {
		e, _ := w.endpoint(url)
		shards = append(shards, int(e.ID[0])%store.DueShards)
	}
	w.ears.answer = func(*http.Request) (outbound.Answer, error) {
		if len(w.ears.requests) == 2 {
			return outbound.Answer{Status: 503}, nil
		}
		return outbound.Answer{Status: 200}, nil
	}
	all := append(inLane(partner, 0, 2), inLane(partner, 1, 1)...)
	breaks(w)
	for _, e := range all { // the producer tells until it is told
		if w.survive(func() error { return w.store.Tell(t.Context(), e) }) != nil {
			require.NoError(t, w.store.Tell(t.Context(), e))
		}
	}
	for range 9 {
		w.relay()
		_ = w.survive(func() error { return w.workOnce() })
		w.clock.Advance(time.Minute)
		_ = w.survive(func() error {
			for _, shard := range shards {
				if _, err := w.sweep.Sweep(t.Context(), ids.Test, shard); err != nil {
					return err
				}
			}
			return nil
		})
		_ = w.survive(func() error { return w.workOnce() })
	}
	w.table.SetPlan(nil)
	w.queue.SetPlan(nil)
	for _, e := range all {
		for _, d := range w.history(e) {
			require.Equal(t, notify.Delivered, d.Status)
		}
	}
	require.Len(t, w.ears.heard, 2*len(all))
	extra := 0
	for _, times := range w.ears.heard {
		extra += times - 1
	}
	require.LessOrEqual(t, extra, 1, "one fault, one repetition")
	w.nothingWaits()
}

// workOnce does the visible jobs until one of them kills the process.
func (w *world) workOnce() error {
	for {
		n, err := queue.Work(w.t.Context(), w.jobs, queue.WebhookRetries, 10, w.worker.Do, w.worker.Log)
		if n == 0 || err != nil {
			return err
		}
	}
}

// survive plays the operating system: a process that dies is started anew.
func (w *world) survive(road func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			if r != any(faulty.Crash) {
				panic(r)
			}
			w.restart()
			err = faulty.Crash
		}
	}()
	return road()
}
