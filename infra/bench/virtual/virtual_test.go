package virtual_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/bench/virtual"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func TestTime(t *testing.T) {
	t.Parallel()
	t.Run("WaitsRunBesideEachOther", func(t *testing.T) {
		t.Parallel()
		v := virtual.New(start)
		sleeper := func(each time.Duration) func() {
			return func() {
				for range 10 {
					_ = v.Sleep(t.Context(), each)
				}
			}
		}
		require.Equal(t, 30*time.Hour, v.Run(sleeper(time.Hour), sleeper(3*time.Hour), sleeper(time.Minute)))
		require.Equal(t, start.Add(30*time.Hour), v.Now())
		require.Equal(t, 10*time.Hour, v.Run(sleeper(time.Hour)), "it goes on")
	})
	t.Run("OneAtATimeInTheOrderOfTheirWaits", func(t *testing.T) {
		t.Parallel()
		v := virtual.New(start)
		var order []string // no lock: only one runs
		says := func(name string, waits ...time.Duration) func() {
			return func() {
				order = append(order, name)
				for _, wait := range waits {
					_ = v.Sleep(t.Context(), wait)
					order = append(order, name)
				}
			}
		}
		v.Run(says("a", 3, 3), says("b", 2, 4), says("c", 1))
		require.Equal(t, []string{"a", "b", "c", "c", "b", "a", "b", "a"}, order)
	})
	t.Run("NobodyTakesNoTime", func(t *testing.T) {
		t.Parallel()
		require.Zero(t, virtual.New(start).Run())
	})
	t.Run("AnEndedContextIsTold", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		v := virtual.New(start)
		var err error
		v.Run(func() { err = v.Sleep(ctx, time.Second) })
		require.ErrorIs(t, err, context.Canceled)
	})
}
