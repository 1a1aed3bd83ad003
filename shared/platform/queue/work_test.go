package queue_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/queue/boltengine"
	"giberno.ru/shared/platform/queue/faulty"
	tablefaulty "giberno.ru/shared/platform/table/faulty"
)

type world struct {
	t     *testing.T
	bolt  *boltengine.Engine
	queue *faulty.Queue
	clock *clock.Manual
	log   bytes.Buffer
	done  map[string]int
}

func setup(t *testing.T, keys ...string) *world {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "q.db"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	w := &world{t: t, clock: clock.At(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)), done: map[string]int{}}
	w.bolt, err = boltengine.New(f, w.clock, boltengine.Options{})
	require.NoError(t, err)
	w.queue = faulty.New(w.bolt, nil)
	for _, key := range keys {
		require.NoError(t, w.bolt.Send(t.Context(), queue.Receipts, 0, queue.Job{Kind: "test.do", Key: key}))
	}
	return w
}

// work does one batch; the key of a job says how it ends.
func (w *world) work(ctx context.Context) (int, error) {
	return queue.Work(ctx, w.queue, queue.Receipts, 10, func(_ context.Context, j queue.Job) error {
		word, _, _ := strings.Cut(j.Key, ":")
		switch word {
		case "never":
			return queue.Never("no such %s", "order")
		case "later":
			return queue.Later(time.Hour)
		case "error":
			return errors.New("bank is down")
		case "panic":
			panic("nil map")
		case "crash":
			panic(tablefaulty.Crash)
		}
		w.done[j.Key]++
		return nil
	}, slog.New(slog.NewTextHandler(&w.log, nil)))
}

func (w *world) worked(want int) {
	w.t.Helper()
	n, err := w.work(w.t.Context())
	require.NoError(w.t, err)
	require.Equal(w.t, want, n)
}

func (w *world) dead() []queue.DeadLetter {
	w.t.Helper()
	letters, err := w.bolt.Dead(w.t.Context(), queue.Receipts, 100)
	require.NoError(w.t, err)
	return letters
}

func TestWork(t *testing.T) {
	t.Parallel()
	t.Run("NothingToDo", func(t *testing.T) {
		t.Parallel()
		setup(t).worked(0)
	})
	t.Run("OneFailureDoesNotTouchTheOthers", func(t *testing.T) {
		t.Parallel()
		w := setup(t, "a", "never", "b", "error", "c", "panic", "later", "d")
		w.worked(8)
		require.Equal(t, map[string]int{"a": 1, "b": 1, "c": 1, "d": 1}, w.done)
		require.Len(t, w.dead(), 1)
		require.Equal(t, "no such order", w.dead()[0].Reason)
		w.clock.Advance(29 * time.Second)
		w.worked(0)
		w.clock.Advance(time.Second)
		w.worked(2) // the error and the panic
		w.clock.Advance(24 * time.Hour)
		w.worked(3) // and what asked for later
		require.Contains(t, w.log.String(), "nil map")
	})
	t.Run("RetriesGrowAndEnd", func(t *testing.T) {
		t.Parallel()
		w := setup(t, "error")
		for _, wait := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute, 15 * time.Minute, 15 * time.Minute, 15 * time.Minute} {
			w.worked(1)
			w.clock.Advance(wait - time.Second)
			w.worked(0)
			w.clock.Advance(time.Second)
		}
		w.worked(1)
		require.Equal(t, "tried 10 times; at last: bank is down", w.dead()[0].Reason)
		w.clock.Advance(24 * time.Hour)
		w.worked(0)
	})
	t.Run("LaterForEverEnds", func(t *testing.T) {
		t.Parallel()
		w := setup(t, "later")
		for range queue.MaxReceives {
			w.worked(1)
			w.clock.Advance(time.Hour)
		}
		require.Len(t, w.dead(), 1)
	})
	t.Run("ACrashPassesThroughAndTheBatchComesAgain", func(t *testing.T) {
		t.Parallel()
		w := setup(t, "a", "crash", "b")
		require.PanicsWithValue(t, tablefaulty.Crash, func() { _, _ = w.work(t.Context()) })
		w.clock.Advance(queue.Visibility)
		require.PanicsWithValue(t, tablefaulty.Crash, func() { _, _ = w.work(t.Context()) })
		require.Equal(t, 2, w.done["a"], "at least once")
	})
	t.Run("EndOfTimeLeavesTheRestAndKeepsWhatIsDone", func(t *testing.T) {
		t.Parallel()
		w := setup(t, "a", "b")
		ctx, cancel := context.WithCancel(t.Context())
		n, err := queue.Work(ctx, w.queue, queue.Receipts, 10, func(context.Context, queue.Job) error { cancel(); return nil }, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		require.Equal(t, 2, n)
		w.worked(1)
		w.clock.Advance(24 * time.Hour)
		w.worked(0)
	})
}

// Every call of the queue fails once in every way; the job is done in the end, and nothing is left.
func TestEveryFaultOfTheQueue(t *testing.T) {
	t.Parallel()
	for call := range 3 {
		for _, f := range tablefaulty.All {
			t.Run(f.String(), func(t *testing.T) {
				t.Parallel()
				w := setup(t, "a", "never")
				w.queue.SetPlan(faulty.Nth(call, f))
				for range 4 {
					func() {
						defer func() {
							if r := recover(); r != nil {
								require.Same(t, tablefaulty.Crash, r)
							}
						}()
						_, _ = w.work(t.Context())
					}()
					w.clock.Advance(queue.Visibility)
				}
				require.GreaterOrEqual(t, w.done["a"], 1)
				require.LessOrEqual(t, w.done["a"], 2)
				require.Len(t, w.dead(), 1)
				w.worked(0)
			})
		}
	}
}
