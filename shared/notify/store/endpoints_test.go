package store

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
)

func wish(n int) Wish {
	return Wish{Mode: ids.Test, Partner: partner, URL: fmt.Sprintf("https://shop.example/%d", n)}
}

func TestCreate(t *testing.T) {
	t.Parallel()
	t.Run("ShowsItsSecretOnce", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		e, shown, err := w.Create(t.Context(), wish(1))
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(shown, "whsec_"))
		keys, err := w.Keys(t.Context(), e)
		require.NoError(t, err)
		require.Len(t, keys, 1)
		require.Equal(t, shown, notify.ShowSecret(keys[0]))
		changes, err := w.engine.Changes(t.Context(), 100)
		require.NoError(t, err)
		for _, c := range changes {
			for _, v := range c.New.Attrs {
				require.NotContains(t, string(v.Bytes())+v.Text(), string(keys[0]), "it is sealed")
			}
		}
		list, err := w.Endpoints(t.Context(), ids.Test, partner)
		require.NoError(t, err)
		require.Equal(t, []Seen{{Endpoint: e}}, list)
	})
	t.Run("TheSameKeyMakesOne", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		keyed := wish(1)
		keyed.Name, keyed.Hash = ids.FromParts("key"), [32]byte{1}
		made, _, err := w.Create(t.Context(), keyed)
		require.NoError(t, err)
		_, shown, err := w.Create(t.Context(), keyed)
		require.ErrorIs(t, err, ErrSecretShown)
		require.Empty(t, shown)
		other := keyed
		other.Hash = [32]byte{2}
		_, _, err = w.Create(t.Context(), other)
		require.ErrorIs(t, err, ErrMismatch)
		for n := range notify.MaxEndpoints - 1 {
			w.endpoint(n + 2)
		}
		_, _, err = w.Create(t.Context(), keyed)
		require.ErrorIs(t, err, ErrSecretShown, "also where there is no place any more")
		require.NoError(t, w.Delete(t.Context(), ids.Test, partner, made.ID))
		_, _, err = w.Create(t.Context(), keyed)
		require.ErrorIs(t, err, ErrSecretShown, "an endpoint is never made again under its old name")
	})
	t.Run("ErrTooMany", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for n := range notify.MaxEndpoints {
			w.endpoint(n)
		}
		_, _, err := w.Create(t.Context(), wish(99))
		require.ErrorIs(t, err, notify.ErrTooMany)
		keyed := wish(99)
		keyed.Name = ids.FromParts("key")
		_, _, err = w.Create(t.Context(), keyed)
		require.ErrorIs(t, err, notify.ErrTooMany)
		other := wish(1)
		other.Partner = rival
		_, _, err = w.Create(t.Context(), other)
		require.NoError(t, err)
	})
	t.Run("NeverElevenAtOnce", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for n := range notify.MaxEndpoints - 1 {
			w.endpoint(n)
		}
		var all sync.WaitGroup
		errs := make([]error, 6)
		for i := range errs {
			all.Go(func() { _, _, errs[i] = w.Create(t.Context(), wish(100+i)) })
		}
		all.Wait()
		made := 0
		for _, err := range errs {
			if err == nil {
				made++
			} else {
				require.True(t, errors.Is(err, notify.ErrTooMany) || errors.Is(err, ErrChangedMeanwhile), err)
			}
		}
		require.Equal(t, 1, made)
		list, err := w.Endpoints(t.Context(), ids.Test, partner)
		require.NoError(t, err)
		require.Len(t, list, notify.MaxEndpoints)
	})
	t.Run("ErrURL", func(t *testing.T) {
		t.Parallel()
		bad := wish(1)
		bad.URL = "http://shop.example/"
		_, _, err := setup(t).Create(t.Context(), bad)
		require.ErrorIs(t, err, notify.ErrURL)
	})
	t.Run("ErrNoKeys", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.keys.closed = errors.New("the vault is closed")
		_, _, err := w.Create(t.Context(), wish(1))
		require.Equal(t, fault.KindUnavailable, fault.As(err).Kind)
	})
}

func TestDelete(t *testing.T) {
	t.Parallel()
	w := setup(t)
	e := w.endpoint(1)
	require.ErrorIs(t, w.Delete(t.Context(), ids.Live, partner, e.ID), notify.ErrEndpointNotFound)
	require.ErrorIs(t, w.Delete(t.Context(), ids.Test, rival, e.ID), notify.ErrEndpointNotFound)
	_, err := w.Claim(t.Context(), LaneName{ids.Test, e.ID, 0})
	require.NoError(t, err, "a stranger's wish changes nothing")
	require.NoError(t, w.Delete(t.Context(), ids.Test, partner, e.ID))
	require.ErrorIs(t, w.Delete(t.Context(), ids.Test, partner, e.ID), notify.ErrEndpointNotFound)
	for n := range notify.Lanes {
		_, err := w.Claim(t.Context(), LaneName{ids.Test, e.ID, n})
		require.ErrorIs(t, err, ErrNoLane)
	}
	paid := fact(partner, 1, notify.OrderPaid)
	w.tell(paid)
	require.Empty(t, w.history(paid).Deliveries)
}

func TestRotate(t *testing.T) {
	t.Parallel()
	w := setup(t)
	e, first, err := w.Create(t.Context(), wish(1))
	require.NoError(t, err)
	second, until, err := w.Rotate(t.Context(), ids.Test, partner, e.ID)
	require.NoError(t, err)
	require.Equal(t, start.Add(notify.RotationOverlap), until)
	shown := func() (all []string) {
		e, err := w.Store.endpoint(t.Context(), ids.Test, partner, e.ID)
		require.NoError(t, err)
		keys, err := w.Keys(t.Context(), e)
		require.NoError(t, err)
		for _, key := range keys {
			all = append(all, notify.ShowSecret(key))
		}
		return all
	}
	require.Equal(t, []string{second, first}, shown())
	_, _, err = w.Rotate(t.Context(), ids.Test, partner, e.ID)
	require.ErrorIs(t, err, notify.ErrRotatedTwice)
	_, _, err = w.Rotate(t.Context(), ids.Test, rival, e.ID)
	require.ErrorIs(t, err, notify.ErrEndpointNotFound)
	w.clock.Advance(notify.RotationOverlap)
	require.Equal(t, []string{second}, shown())
	third, _, err := w.Rotate(t.Context(), ids.Test, partner, e.ID)
	require.NoError(t, err)
	require.Equal(t, []string{third, second}, shown())
	require.NoError(t, w.Disable(t.Context(), e))
	_, _, err = w.Rotate(t.Context(), ids.Test, partner, e.ID)
	require.ErrorIs(t, err, notify.ErrEndpointNotFound, "it hears nothing any more")
	t.Run("ASecretOpensForItsEndpointAlone", func(t *testing.T) {
		t.Parallel()
		other := e
		other.ID = ids.FromParts("another endpoint")
		_, err := w.Keys(t.Context(), other)
		require.Equal(t, fault.KindInternal, fault.As(err).Kind)
	})
}

func TestHealth(t *testing.T) {
	t.Parallel()
	w := setup(t)
	e := w.endpoint(1)
	for n := range notify.Lanes {
		c, err := w.Claim(t.Context(), LaneName{ids.Test, e.ID, n})
		require.NoError(t, err)
		h, err := w.Look(t.Context(), c, partner, ids.ID{})
		require.NoError(t, err)
		l := h.Lane.After(notify.Answered(start, 0, 200), start.Add(time.Duration(n)*time.Second))
		if n == 0 {
			done, err := w.Delivered(t.Context(), ids.Test, partner)
			require.NoError(t, err)
			require.False(t, done)
			l = l.After(notify.Answered(start, 0, 500), start.Add(time.Minute))
		}
		require.NoError(t, w.Release(t.Context(), c, l))
	}
	list, err := w.Endpoints(t.Context(), ids.Test, partner)
	require.NoError(t, err)
	require.Equal(t, start.Add(time.Minute), list[0].FailingSince)
	require.Equal(t, start.Add(time.Second), list[0].LastDelivered)
	done, err := w.Delivered(t.Context(), ids.Test, partner)
	require.NoError(t, err)
	require.True(t, done)
	done, err = w.Delivered(t.Context(), ids.Live, partner)
	require.NoError(t, err)
	require.False(t, done)
}
