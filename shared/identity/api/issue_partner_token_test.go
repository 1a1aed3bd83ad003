package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/platform/web"
)

func TestIssuePartnerToken(t *testing.T) {
	t.Parallel()
	t.Run("SecretIsShownOnceAndNeverLogged", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.partner()
		made := w.call("POST", "/partner/"+id+"/tokens", `{"mode":"test","name":"shop"}`).ok(201)
		secret := made["secret"].(string)
		require.Equal(t, []any{"*"}, made["scopes"])
		listed := w.call("GET", "/partner/"+id+"/tokens", "")
		listed.ok(200)
		require.NotContains(t, listed.body, secret)
		require.NotContains(t, w.log.String(), secret)
		require.NotContains(t, w.log.String(), w.token)
		who, err := w.store.Authenticate(t.Context(), secret)
		require.NoError(t, err)
		require.Equal(t, web.Partner, who.Kind)
		require.Equal(t, id, who.Partner.String())
		require.Equal(t, ids.Test, who.Mode)
		require.Equal(t, made["id"], who.TokenID)
	})
	t.Run("RepeatedKeyMakesNoSecondToken", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		path := "/partner/" + w.partner() + "/tokens"
		w.call("POST", path, `{"mode":"test","name":"shop"}`, "Idempotency-Key: k").ok(201)
		w.call("POST", path, `{"mode":"test","name":"shop"}`, "Idempotency-Key: k").refused(409, "secret_already_shown")
		w.call("POST", path, `{"mode":"test","name":"other"}`, "Idempotency-Key: k").refused(422, "idempotency_mismatch")
		require.Len(t, w.call("GET", path, "").ok(200)["items"], 1)
	})
	t.Run("Errors", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		path := "/partner/" + w.partner() + "/tokens"
		w.call("POST", path, `{"mode":"live","name":"shop"}`).refused(409, "livemode_not_enabled")
		w.call("POST", "/partner/"+nobody+"/tokens", `{"mode":"test","name":"shop"}`).refused(404, "partner_not_found")
		w.call("POST", path, `{"mode":"prod","name":"shop"}`).refused(422, "validation_failed")
		w.call("POST", path, `{"mode":"test","name":"shop","scopes":["everything"]}`).refused(422, "validation_failed")
	})
}
