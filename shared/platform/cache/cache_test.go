package cache_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/platform/cache"
)

const life = time.Minute

func TestCache(t *testing.T) {
	t.Parallel()
	setup := func() (*cache.Cache[int, string], *clock.Manual) {
		now := clock.At(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
		return cache.New[int, string](now, life), now
	}
	get := func(t *testing.T, c *cache.Cache[int, string], key int, there string) (string, bool) {
		t.Helper()
		value, fresh, err := c.Get(key, func() (string, error) { return there, nil })
		require.NoError(t, err)
		return value, fresh
	}
	t.Run("BelievedForItsLife", func(t *testing.T) {
		t.Parallel()
		c, now := setup()
		get(t, c, 1, "old")
		now.Advance(life - time.Nanosecond)
		value, fresh := get(t, c, 1, "new")
		require.Equal(t, "old", value)
		require.False(t, fresh)
		now.Advance(time.Nanosecond)
		value, fresh = get(t, c, 1, "new")
		require.Equal(t, "new", value)
		require.True(t, fresh)
		require.EqualValues(t, 2, c.Misses())
	})
	t.Run("ItsLifeBeginsBeforeTheRead", func(t *testing.T) {
		t.Parallel()
		c, now := setup()
		_, _, err := c.Get(1, func() (string, error) { now.Advance(life / 2); return "old", nil })
		require.NoError(t, err)
		now.Advance(life / 2)
		value, _ := get(t, c, 1, "new")
		require.Equal(t, "new", value)
	})
	t.Run("WhatIsForgottenIsReadAnew", func(t *testing.T) {
		t.Parallel()
		c, _ := setup()
		get(t, c, 1, "old")
		c.Forget()
		value, _ := get(t, c, 1, "new")
		require.Equal(t, "new", value)
	})
	t.Run("AReadFromBeforeTheChangeIsNotKept", func(t *testing.T) {
		t.Parallel()
		c, _ := setup()
		value, _, err := c.Get(1, func() (string, error) { c.Forget(); return "old", nil })
		require.NoError(t, err)
		require.Equal(t, "old", value, "its caller asked before the change")
		value, _ = get(t, c, 1, "new")
		require.Equal(t, "new", value)
	})
	t.Run("ErrIsNotKept", func(t *testing.T) {
		t.Parallel()
		c, _ := setup()
		away := errors.New("away")
		_, _, err := c.Get(1, func() (string, error) { return "", away })
		require.ErrorIs(t, err, away)
		value, _ := get(t, c, 1, "there")
		require.Equal(t, "there", value)
	})
	t.Run("ItDoesNotGrowWithoutEnd", func(t *testing.T) {
		t.Parallel()
		c, _ := setup()
		get(t, c, 0, "first")
		for key := 1; key <= 8192; key++ {
			get(t, c, key, "other")
		}
		value, _ := get(t, c, 0, "again")
		require.Equal(t, "again", value, "a full one began anew")
	})
}
