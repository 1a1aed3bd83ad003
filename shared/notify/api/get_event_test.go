package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/notify/api"
)

func TestGetEvent(t *testing.T) {
	t.Parallel()
	const template = "/api/v1/event/{id}"
	t.Run("WithItsDeliveries", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		e, told := w.made(t, 1), w.told(t, shopID, 1, notify.OrderPaid)
		h, err := w.store.Event(t.Context(), ids.Test, shopID, told.ID)
		require.NoError(t, err)
		_, err = w.store.Outcome(t.Context(), h.Deliveries[0], h.Deliveries[0].Tried(notify.Answered(start, 120*time.Millisecond, 502), start))
		require.NoError(t, err)
		got := read[api.EventHistory](t, w.trips(t, 1, get(eventPath(told))), 200)
		require.Equal(t, told.ID, got.UUID)
		require.Equal(t, told.Object, got.ObjectUUID)
		require.Equal(t, []api.EventDelivery{{
			EndpointUUID: e.UUID, Status: notify.Waiting, Attempts: 1, NextAt: "2026-03-02T09:00:05.000Z",
			Last: []api.DeliveryAttempt{{At: "2026-03-02T09:00:00.000Z", Code: 502, Error: "status", DurationMs: 120}},
		}}, got.Deliveries)
	})
	t.Run("ThatNobodyHeard", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.Contains(t, w.do(get(eventPath(w.told(t, shopID, 1, notify.OrderPaid)))).Body.String(), `"deliveries":[]`)
	})
	t.Run("ErrEventNotFound", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		told := w.told(t, shopID, 1, notify.OrderPaid)
		refused(t, w, get(eventPath(told)).by(rival), 404, template, "event_not_found")
		refused(t, w, get(eventPath(told)).by(shopLive), 404, template, "event_not_found")
		refused(t, w, get("/api/v1/event/"+nobody), 404, template, "event_not_found")
		refused(t, w, get("/api/v1/event/x"), 422, template, "validation_failed")
	})
}
