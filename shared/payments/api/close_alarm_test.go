package api_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments/api"
)

// closing names an alarm as the list showed it.
func closing(a api.Alarm) call {
	r := api.CloseAlarmRequest{Mode: "test", Kind: a.Kind, Object: a.Object, OrderUUID: a.OrderUUID}
	if a.Livemode {
		r.Mode = "live"
	}
	body, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	return post("/api/v1/admin/alarm/close", string(body)).by(operator)
}

func TestCloseAlarm(t *testing.T) {
	t.Parallel()
	t.Run("OfAnOrder", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.wrongAmount(t)
		a := w.alarms(t, "").Items[0]
		w.clock.Advance(time.Hour)
		done := w.do(closing(a))
		require.Equal(t, 204, done.Code, done.Body.String())
		require.Empty(t, done.Body.String())
		require.Empty(t, w.alarms(t, "").Items)
		kept := w.whole(t, ids.Test, p.OrderUUID).Alarms[0]
		require.Equal(t, "anna", kept.ClosedBy)
		require.True(t, kept.ClosedAt.Equal(start.Add(time.Hour)))
	})
	t.Run("ItMayOpenAgain", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.wrongAmount(t)
		first := w.alarms(t, "").Items[0]
		w.do(closing(first))
		w.clock.Advance(time.Hour)
		again := first
		again.OpenedAt = "2026-11-22T10:00:00.000Z"
		n := noticeOf(ids.Reference(ids.Test, p.OrderUUID, 1), "paid", money.Of(1, money.RUB))
		require.Equal(t, 200, w.do(post("/api/a2c/notifications", n).by("-")).Code)
		require.Equal(t, []api.Alarm{again}, w.alarms(t, "").Items)
		require.Equal(t, 204, w.do(closing(again)).Code)
	})
	t.Run("OfTheHouse", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		forge := func() { w.do(post("/api/a2c/notifications", `{"terminal":"T1","password":"guess"}`).by("-")) }
		forge()
		require.Equal(t, 204, w.do(closing(w.alarms(t, "").Items[0])).Code)
		require.Empty(t, w.alarms(t, "").Items)
		forge()
		require.Len(t, w.alarms(t, "").Items, 1)
	})
	t.Run("ErrNotOpen", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.wrongAmount(t)
		a := w.alarms(t, "").Items[0]
		w.do(closing(a))
		w.changesNothing(t, func() {
			refused(t, w.do(closing(a)), 404, "alarm_not_found")
			other := a
			other.Kind = "stuck_payment"
			refused(t, w.do(closing(other)), 404, "alarm_not_found")
			other = a
			other.OrderUUID = nil
			refused(t, w.do(closing(other)), 404, "alarm_not_found")
			other = a
			other.Livemode = true
			refused(t, w.do(closing(other)), 404, "alarm_not_found")
		})
	})
	t.Run("ErrOfAPartner", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.wrongAmount(t)
		a := w.alarms(t, "").Items[0]
		w.changesNothing(t, func() { refused(t, w.do(closing(a).by(shop)), 403, "forbidden_scope") })
	})
	t.Run("ErrFields", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for _, body := range []string{`{}`, `{"mode":"test","kind":"","object":"x"}`, `{"mode":"both","kind":"k","object":"x"}`,
			`{"mode":"test","kind":"k","object":"x","order_uuid":""}`} {
			refused(t, w.do(post("/api/v1/admin/alarm/close", body).by(operator)), 422, "validation_failed")
		}
	})
}
