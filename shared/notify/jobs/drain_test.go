package jobs

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/platform/outbound"
)

func TestDeliver(t *testing.T) {
	t.Parallel()
	t.Run("SignedAndAtOnce", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, shown := w.endpoint(address)
		paid := fact(partner, 1)
		w.tell(paid)
		w.relay()
		require.Equal(t, 1, w.work())
		require.Len(t, w.ears.requests, 1)
		r := w.ears.requests[0]
		require.Equal(t, address, r.url)
		require.Equal(t, paid.ID.String(), r.id)
		require.Equal(t, string(notify.Body(paid)), string(r.body))
		require.Equal(t, "application/json", r.head.Get("Content-Type"))
		require.Equal(t, "Giberno-Webhooks/1", r.head.Get("User-Agent"))
		require.Equal(t, fmt.Sprint(start.Unix()), r.head.Get(notify.HeaderTimestamp))
		verified(t, r, shown)
		require.Equal(t, notify.Delivered, w.status(paid))
		w.nothingWaits()
		done, err := w.store.Delivered(t.Context(), ids.Test, partner)
		require.NoError(t, err)
		require.True(t, done)
	})
	t.Run("BothSecretsSignForADay", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		e, old := w.endpoint(address)
		fresh, _, err := w.store.Rotate(t.Context(), ids.Test, partner, e.ID)
		require.NoError(t, err)
		w.tell(fact(partner, 1))
		w.pass(time.Minute)
		verified(t, w.ears.requests[0], old)
		verified(t, w.ears.requests[0], fresh)
		w.clock.Advance(notify.RotationOverlap)
		w.tell(fact(partner, 2))
		w.pass(time.Minute)
		verified(t, w.ears.requests[1], fresh)
		require.NotContains(t, w.ears.requests[1].head.Get(notify.HeaderSignature), " ")
	})
	t.Run("AFailureComesAgainWithTheSameBytes", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.endpoint(address)
		paid := fact(partner, 1)
		w.ears.answer = func(*http.Request) (outbound.Answer, error) {
			if len(w.ears.requests) < 3 {
				return outbound.Answer{Status: 500}, nil
			}
			return outbound.Answer{Status: 204}, nil
		}
		w.tell(paid)
		w.relay()
		w.work()
		require.Equal(t, notify.Waiting, w.status(paid))
		w.clock.Advance(4 * time.Second)
		require.Zero(t, w.work())
		w.clock.Advance(time.Second)
		require.Equal(t, 1, w.work(), "a delayed job, before the sweeper looks")
		require.Len(t, w.ears.requests, 2)
		require.Equal(t, notify.Waiting, w.status(paid))
		w.clock.Advance(5 * time.Minute)
		w.work()
		require.Len(t, w.ears.requests, 3)
		d := w.history(paid)[0]
		require.Equal(t, notify.Delivered, d.Status)
		require.Equal(t, 3, d.Attempts)
		require.Equal(t, []int{500, 500, 204}, []int{d.Tries[0].Code, d.Tries[1].Code, d.Tries[2].Code})
		w.nothingWaits()
	})
	t.Run("WithoutTheFeedAllArriveLater", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.endpoint(address)
		var all []notify.Event
		for n := range 40 {
			all = append(all, fact(partner, n))
		}
		w.tell(all...)
		w.forget()
		w.clock.Advance(notify.FeedFirst)
		swept := w.sweepAll()
		require.Equal(t, Swept{Seen: 40, Enqueued: notify.Lanes}, swept, "one job for each lane")
		w.work()
		for _, e := range all {
			require.Equal(t, notify.Delivered, w.status(e))
		}
		require.Len(t, w.ears.requests, 40)
		w.nothingWaits()
	})
	t.Run("WhatIsAskedForAgain", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.endpoint(address)
		paid := fact(partner, 1)
		w.tell(paid)
		w.pass(time.Minute)
		_, err := w.store.Redeliver(t.Context(), ids.Test, partner, paid.ID, ids.ID{})
		require.NoError(t, err)
		w.relay()
		w.work()
		require.Len(t, w.ears.requests, 2)
		require.Equal(t, 2, w.history(paid)[0].Attempts)
		w.nothingWaits()
	})
	t.Run("NothingSecretIsLoggedOrKept", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, shown := w.endpoint(address)
		paid := fact(partner, 1)
		w.ears.answer = func(req *http.Request) (outbound.Answer, error) {
			return outbound.Answer{}, fmt.Errorf("dial %s: no route", req.URL)
		}
		w.tell(paid)
		w.pass(10 * time.Minute)
		require.Contains(t, w.log.String(), paid.ID.String())
		for _, secret := range []string{shown[6:20], "do-not-tell", "shop.example", `\"version\"`, "no route"} {
			require.NotContains(t, w.log.String(), secret)
			require.NotContains(t, fmt.Sprint(w.history(paid)), secret)
		}
		require.Equal(t, notify.ClassBroken, w.history(paid)[0].Tries[0].Class)
	})
}
