package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/notify"
	"giberno.ru/shared/notify/api"
	"giberno.ru/shared/platform/web"
)

const endpoints = "/api/v1/webhook-endpoints"

func TestCreateWebhookEndpoint(t *testing.T) {
	t.Parallel()
	t.Run("TheSecretIsShownOnceAndNeverLogged", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		a := w.trips(t, 2, post(endpoints, `{"url":"https://shop.example/hooks?key=private","events":["order.paid","refund.failed"]}`))
		e := read[api.CreatedWebhookEndpoint](t, a, 201)
		require.True(t, strings.HasPrefix(e.Secret, "whsec_"))
		require.False(t, e.Livemode)
		require.Equal(t, []notify.Type{notify.OrderPaid, notify.RefundFailed}, e.Events)
		require.Equal(t, "2026-03-02T09:00:00.000Z", e.CreatedAt)
		listed := w.do(get(endpoints)).Body.String()
		require.Contains(t, listed, e.UUID.String())
		require.NotContains(t, listed, e.Secret)
		require.NotContains(t, w.log.String(), e.Secret)
		require.NotContains(t, w.log.String(), "private")
	})
	t.Run("HearsEverythingByDefault", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.Empty(t, w.made(t, 1).Events)
		require.Contains(t, w.do(get(endpoints)).Body.String(), `"events":[]`)
	})
	t.Run("InTheModeOfTheToken", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.True(t, read[api.CreatedWebhookEndpoint](t, w.do(post(endpoints, `{"url":"https://shop.example"}`).by(shopLive)), 201).Livemode)
		read[api.CreatedWebhookEndpoint](t, w.do(post(endpoints, `{"url":"http://127.0.0.1:9000/hooks"}`)), 201)
		refused(t, w, post(endpoints, `{"url":"http://127.0.0.1:9000/hooks"}`).by(shopLive), 422, endpoints, "webhook_url_not_allowed")
	})
	t.Run("TheSameKeyMakesOne", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		same := post(endpoints, `{"url":"https://shop.example"}`).keyed("first")
		read[api.CreatedWebhookEndpoint](t, w.do(same), 201)
		refused(t, w, same, 409, endpoints, "secret_already_shown")
		refused(t, w, post(endpoints, `{"url":"https://shop.example/other"}`).keyed("first"), 422, endpoints, "idempotency_mismatch")
		read[api.CreatedWebhookEndpoint](t, w.do(same.by(rival)), 201)
		read[api.CreatedWebhookEndpoint](t, w.do(same.by(shopLive)), 201)
		require.Equal(t, 1, strings.Count(w.do(get(endpoints)).Body.String(), `"uuid"`))
	})
	t.Run("ErrTooMany", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for n := range notify.MaxEndpoints {
			w.made(t, n)
		}
		refused(t, w, post(endpoints, `{"url":"https://shop.example"}`), 409, endpoints, "too_many_webhook_endpoints")
	})
	for name, fact := range map[string]struct{ body, code string }{
		"ErrClear":        {`{"url":"http://shop.example/"}`, "webhook_url_not_allowed"},
		"ErrUser":         {`{"url":"https://me:secret@shop.example/"}`, "webhook_url_not_allowed"},
		"ErrTooLong":      {`{"url":"https://shop.example/` + strings.Repeat("x", notify.MaxURL) + `"}`, "webhook_url_not_allowed"},
		"ErrFarTooLong":   {`{"url":"https://shop.example/` + strings.Repeat("x", 4096) + `"}`, "validation_failed"},
		"ErrNoURL":        {`{}`, "validation_failed"},
		"ErrTypeNotKnown": {`{"url":"https://shop.example","events":["order.paied"]}`, "validation_failed"},
		"ErrTypeTwice":    {`{"url":"https://shop.example","events":["order.paid","order.paid"]}`, "validation_failed"},
		"ErrUnknownField": {`{"url":"https://shop.example","secret":"mine"}`, "validation_failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			p := refused(t, w, post(endpoints, fact.body), 422, endpoints, fact.code)
			require.NotContains(t, p.Detail, "secret@")
			require.Zero(t, w.count.Snapshot().Total.WriteUnits)
		})
	}
	t.Run("TheDocumentKnowsEveryType", func(t *testing.T) {
		t.Parallel()
		all, err := web.Documents(web.Options{Title: "Giberno"}, (&api.Service{}).Endpoints()...)
		require.NoError(t, err)
		types, err := json.Marshal(notify.Types)
		require.NoError(t, err)
		require.Equal(t, 2, strings.Count(string(all["payments"]), `"enum":`+string(types)), "of an endpoint and of the list")
	})
}
