package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/notify/api"
)

func TestRedeliverEvent(t *testing.T) {
	t.Parallel()
	const template = "/api/v1/event/{id}/redeliver"
	t.Run("ToAllAndToOne", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		told := w.told(t, shopID, 1, notify.OrderPaid) // before there was an endpoint
		first, second := w.made(t, 1), w.made(t, 2, notify.RefundFailed)
		got := read[api.EventHistory](t, w.trips(t, 3, post(eventPath(told)+"/redeliver", "")), 202)
		require.Len(t, got.Deliveries, 1)
		require.Equal(t, first.UUID, got.Deliveries[0].EndpointUUID)
		require.Equal(t, notify.Waiting, got.Deliveries[0].Status)
		got = read[api.EventHistory](t, w.do(post(eventPath(told)+"/redeliver", `{"endpoint_uuid":"`+second.UUID.String()+`"}`)), 202)
		require.Len(t, got.Deliveries, 2)
		require.Equal(t, got, read[api.EventHistory](t, w.do(get(eventPath(told))), 200))
	})
	t.Run("ErrEventNotFound", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.made(t, 1)
		told := w.told(t, shopID, 1, notify.OrderPaid)
		refused(t, w, post(eventPath(told)+"/redeliver", "").by(rival), 404, template, "event_not_found")
		refused(t, w, post(eventPath(told)+"/redeliver", "").by(shopLive), 404, template, "event_not_found")
	})
	t.Run("ErrEndpointNotFound", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		told := w.told(t, shopID, 1, notify.OrderPaid)
		path := eventPath(told) + "/redeliver"
		refused(t, w, post(path, ""), 404, template, "webhook_endpoint_not_found")
		e := w.made(t, 1)
		refused(t, w, post(path, `{"endpoint_uuid":"`+nobody+`"}`), 404, template, "webhook_endpoint_not_found")
		require.GreaterOrEqual(t, w.do(post(path, `{"endpoint_uuid":""}`)).Code, 400)
		require.NoError(t, w.store.Disable(t.Context(), notify.Endpoint{ID: e.UUID, Mode: ids.Test, Partner: shopID}))
		refused(t, w, post(path, `{"endpoint_uuid":"`+e.UUID.String()+`"}`), 404, template, "webhook_endpoint_not_found")
	})
}
