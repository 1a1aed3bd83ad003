package onlambda_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/host/onlambda"
)

type crash struct{}

func (crash) Crash() {}

func TestInvoke(t *testing.T) {
	t.Parallel()
	t.Run("APanicIsAnErrorWithoutItsText", func(t *testing.T) {
		t.Parallel()
		_, err := onlambda.Invocation(func(context.Context, []byte) ([]byte, error) { panic("hunter2") }).Invoke(t.Context(), nil)
		require.ErrorContains(t, err, "panicked")
		require.NotContains(t, err.Error(), "hunter2", "Lambda prints errors as they are")
	})
	t.Run("AnInjectedDeathPasses", func(t *testing.T) {
		t.Parallel()
		f := onlambda.Invocation(func(context.Context, []byte) ([]byte, error) { panic(crash{}) })
		require.PanicsWithValue(t, crash{}, func() { _, _ = f.Invoke(t.Context(), nil) })
	})
	t.Run("TheMarginIsKept", func(t *testing.T) {
		t.Parallel()
		at := time.Now().Add(time.Hour)
		ctx, cancel := context.WithDeadline(t.Context(), at)
		defer cancel()
		_, err := onlambda.Invocation(func(ctx context.Context, _ []byte) ([]byte, error) {
			got, ok := ctx.Deadline()
			require.True(t, ok)
			require.Equal(t, at.Add(-onlambda.Margin), got)
			return nil, nil
		}).Invoke(ctx, nil)
		require.NoError(t, err)
	})
}

func TestSchedule(t *testing.T) {
	t.Parallel()
	type input struct {
		Shards []int `json:"shards"`
	}
	var got *input
	fails := error(nil)
	f := onlambda.Schedule(func(_ context.Context, in input) error { got = &in; return fails })
	t.Run("TheInputIsRead", func(t *testing.T) {
		answer, err := f.Invoke(t.Context(), []byte(` {"shards":[1,2]} `))
		require.NoError(t, err)
		require.Equal(t, "{}", string(answer))
		require.Equal(t, []int{1, 2}, got.Shards)
	})
	t.Run("TheDeadlineIsNoFailure", func(t *testing.T) {
		fails = context.DeadlineExceeded
		_, err := f.Invoke(t.Context(), []byte(`{}`))
		require.NoError(t, err)
	})
	t.Run("ErrOfTheWork", func(t *testing.T) {
		fails = errors.New("no table")
		_, err := f.Invoke(t.Context(), []byte(`{}`))
		require.ErrorIs(t, err, fails)
	})
	t.Run("ErrAnotherKind", func(t *testing.T) {
		got = nil
		for _, payload := range []string{``, `null`, `[]`, `{"source":"aws.events"}`, `{"shards":"all"}`, `{} {}`} {
			_, err := f.Invoke(t.Context(), []byte(payload))
			require.ErrorIs(t, err, onlambda.ErrOtherEvent, payload)
		}
		require.Nil(t, got)
	})
}
