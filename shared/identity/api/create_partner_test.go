package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCreatePartner(t *testing.T) {
	t.Parallel()
	t.Run("BeginsInTestMode", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.call("POST", "/partner", partnerBody).ok(201)
		require.Equal(t, false, p["live"])
		require.Equal(t, "2026-11-22T12:00:00Z", p["created_at"])
		require.Equal(t, p, w.call("GET", "/partner/"+p["id"].(string), "").ok(200))
	})
	t.Run("SameKeyAndBodyGiveTheSameBytes", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		first := w.call("POST", "/partner", partnerBody, "Idempotency-Key: k")
		id := first.ok(201)["id"].(string)
		w.call("PATCH", "/partner/"+id, `{"name":"Other"}`).ok(200)
		w.clock.Advance(1e9)
		again := w.call("POST", "/partner", partnerBody, `Idempotency-Key: "k"`)
		again.ok(201)
		require.Equal(t, first.body, again.body)
		require.Empty(t, first.head.Get("Idempotent-Replayed"))
		require.Equal(t, "true", again.head.Get("Idempotent-Replayed"))
		require.Len(t, w.call("GET", "/partners", "").ok(200)["items"], 1)
	})
	t.Run("ErrSameKeyOtherBody", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.call("POST", "/partner", partnerBody, "Idempotency-Key: k").ok(201)
		w.call("POST", "/partner", with(partnerBody, "name", `"Other"`), "Idempotency-Key: k").refused(422, "idempotency_mismatch")
	})
	t.Run("ErrFields", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for field, value := range map[string]string{
			"inn": `"7707083894"`, "country": `"ru"`, "time_zone": `"Europe/Paris"`, "taxation": `"envd"`, "phone": `"8 900"`,
			"payment_address": `"http://shop.example"`, "fee_bp": `10001`, "fee_fixed": `-1`, "name": `""`, "legal_name": `"a\u0000"`, "hack": `1`,
		} {
			require.Equal(t, []string{"body." + field}, w.call("POST", "/partner", with(partnerBody, field, value)).refused(422, "validation_failed"), field)
		}
		require.Empty(t, w.call("GET", "/partners", "").ok(200)["items"])
	})
	t.Run("ErrNotAnOperator", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		secret := w.call("POST", "/partner/"+w.partner()+"/tokens", `{"mode":"test","name":"shop"}`).ok(201)["secret"].(string)
		w.call("POST", "/partner", partnerBody, "Authorization: Bearer "+secret).refused(403, "forbidden_scope")
		w.call("POST", "/partner", partnerBody, "Authorization: ").refused(401, "invalid_token")
	})
}
