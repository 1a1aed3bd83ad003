package tbank

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// control makes a call for scripts and gives its answer.
func (w *world) control(method, path, body string, want int) map[string]any {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(body))
	rec := httptest.NewRecorder()
	w.bank.Handler().ServeHTTP(rec, r)
	require.Equal(w.t, want, rec.Code, rec.Body.String())
	out := map[string]any{}
	require.NoError(w.t, json.Unmarshal(rec.Body.Bytes(), &out))
	return out
}

func TestControl(t *testing.T) {
	t.Parallel()
	t.Run("PayByOrderId", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.open("o", 10000)
		require.Equal(t, "CONFIRMED", w.control("POST", "/control/payments/o/pay", "", 200)["status"])
		require.Equal(t, "status_not_allowed", w.control("POST", "/control/payments/o/pay", "", 409)["code"])
		require.Len(t, w.control("GET", "/control/payments/o", "", 200)["history"], 5)
		require.Len(t, w.control("GET", "/control/payments", "", 200)["items"], 1)
	})
	t.Run("EveryOutcome", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for name, o := range outcomes {
			id := w.open(name, 10000)
			out := w.control("POST", "/control/payments/"+id+"/pay", `{"outcome":"`+name+`"}`, 200)
			want := Rejected
			switch {
			case o.acs:
				want = Checking3DS
			case name == "authorized":
				want = Authorized
			case o.code == "0":
				want = Confirmed
			}
			require.Equal(t, string(want), out["status"], name)
			require.Equal(t, o.acs || o.code == out["error_code"], true, name)
		}
	})
	t.Run("CodeOf3DS", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.open("o", 10000)
		w.control("POST", "/control/payments/o/pay", `{"outcome":"3ds"}`, 200)
		require.Equal(t, "CONFIRMED", w.control("POST", "/control/payments/o/pay", `{"code":"1234"}`, 200)["status"])
		w.open("p", 10000)
		require.Equal(t, "REJECTED", w.control("POST", "/control/payments/p/pay", `{"card":"4249170392197566","code":"1"}`, 200)["status"])
	})
	t.Run("AuthorizedThenCaptured", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.open("o", 10000)
		w.control("POST", "/control/payments/o/pay", `{"outcome":"authorized"}`, 200)
		require.Equal(t, "CONFIRMED", w.control("POST", "/control/payments/o/pay", `{"outcome":"success"}`, 200)["status"])
	})
	t.Run("CabinetAndChargeback", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.open("o", 10000)
		w.pay("o", Attempt{})
		require.Equal(t, "PARTIAL_REFUNDED", w.control("POST", "/control/payments/o/refund", `{"amount":4000}`, 200)["status"])
		w.control("POST", "/control/payments/o/refund", `{"amount":6001}`, 409)
		w.control("POST", "/control/payments/o/refund", `{"amount":-1}`, 422)
		require.Equal(t, "REFUNDED", w.control("POST", "/control/payments/o/chargeback", "", 200)["status"])
	})
	t.Run("Expire", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.open("o", 10000)
		require.Equal(t, "DEADLINE_EXPIRED", w.control("POST", "/control/payments/o/expire", "", 200)["status"])
	})
	t.Run("Notifications", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.shop.answers(500, "")
		w.open("o", 10000)
		w.pay("o", Attempt{})
		require.EqualValues(t, 2, w.control("POST", "/control/tick", "", 200)["pending"])
		w.shop.answers(200, "OK")
		require.EqualValues(t, 2, w.control("POST", "/control/tick", "", 200)["pending"], "not yet due")
		require.EqualValues(t, 0, w.control("POST", "/control/notifications/deliver", "", 200)["pending"])
		items := w.control("GET", "/control/notifications?payment="+w.payment("o").ID, "", 200)["items"].([]any)
		require.Len(t, items, 2)
		require.Len(t, items[0].(map[string]any)["attempts"], 2)
	})
	t.Run("Clock", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.open("o", 10000)
		require.Equal(t, "2026-03-02T09:00:00Z", w.control("POST", "/control/clock", `{"advance":"24h"}`, 200)["now"])
		require.Equal(t, DeadlineExpired, w.payment("o").Status)
		w.control("POST", "/control/clock", `{"advance":"-1h"}`, 422)
		w.control("POST", "/control/clock", `{"advance":"soon"}`, 422)
		fixed := setup(t, func(c *Config) { c.Advance = nil })
		require.Equal(t, "clock_fixed", fixed.control("POST", "/control/clock", `{"advance":"1h"}`, 409)["code"])
	})
	t.Run("FaultsAndCalls", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.control("POST", "/control/faults", `{"call":"Init","fault":"500_before","times":2}`, 200)
		w.control("POST", "/control/faults", `{"call":"Init","fault":"slow","delay":"1ms"}`, 200)
		w.control("POST", "/control/faults", `{"call":"Init","fault":"slow","delay":"1h"}`, 422)
		w.control("POST", "/control/faults", `{"call":"Init","fault":"mood"}`, 422)
		raw := sign(t, testPassword, answer{"TerminalKey": testTerminal, "Amount": 149900, "OrderId": "o"})
		require.Equal(t, http.StatusInternalServerError, w.post("/v2/Init", raw).Code)
		w.control("DELETE", "/control/faults", "", 200)
		require.Equal(t, http.StatusOK, w.post("/v2/Init", raw).Code)
		out := w.control("GET", "/control/calls?method=Init", "", 200)
		require.EqualValues(t, 2, out["counts"].(map[string]any)["Init"])
		last := out["last"].([]any)
		require.Equal(t, string(raw), last[1].(map[string]any)["request"], "byte for byte")
	})
	t.Run("Terminal", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.control("PUT", "/control/terminals/"+testTerminal, `{"password":"rotated"}`, 200)
		require.Equal(t, "https://shop.test/settings", w.bank.Terminals()[testTerminal].NotificationURL, "what is not named stays")
		w.open("o", 10000)
		w.control("PUT", "/control/terminals/new", `{}`, 422)
		w.control("PUT", "/control/terminals/new", `{"password":"p","fiscal":true}`, 200)
		require.True(t, w.bank.Terminals()["new"].Fiscal)
	})
	t.Run("ErrUnknown", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.Equal(t, "payment_not_found", w.control("POST", "/control/payments/none/pay", "", 404)["code"])
		w.open("o", 10000)
		require.Equal(t, "unknown_outcome", w.control("POST", "/control/payments/o/pay", `{"outcome":"joy"}`, 422)["code"])
		require.Equal(t, "body_invalid", w.control("POST", "/control/payments/o/pay", `{"mood":1}`, 422)["code"])
		require.Equal(t, "body_invalid", w.control("POST", "/control/payments/o/pay", `{`, 422)["code"])
	})
}
