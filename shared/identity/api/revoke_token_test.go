package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRevokeToken(t *testing.T) {
	t.Parallel()
	w := setup(t)
	made := w.call("POST", "/partner/"+w.partner()+"/tokens", `{"mode":"test","name":"shop"}`).ok(201)
	_, err := w.store.Authenticate(t.Context(), made["secret"].(string))
	require.NoError(t, err)
	first := w.call("POST", "/token/"+made["id"].(string)+"/revoke", "").ok(200)
	require.Equal(t, "2026-11-22T12:00:00Z", first["revoked_at"])
	w.call("GET", "/partners", "", "Authorization: Bearer "+made["secret"].(string)).refused(401, "token_revoked")
	w.clock.Advance(time.Hour)
	again := w.call("POST", "/token/"+made["id"].(string)+"/revoke", "").ok(200)
	require.Equal(t, first["revoked_at"], again["revoked_at"])
	w.call("POST", "/token/00000000000000000000/revoke", "").refused(404, "token_not_found")
	w.call("POST", "/token/0000000000000000000g/revoke", "").refused(404, "token_not_found")
	w.call("POST", "/token/short/revoke", "").refused(422, "validation_failed")
}
