package atol

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func (w *world) page(method, path, body string) *httptest.ResponseRecorder {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, httptest.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(body)))
	return rec
}

func TestPages(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.register("v5", "sell", sale("v5", "a-1"))
	w.register("v4", "sell_correction", mend("v4", "c-1"))
	w.advance(3 * time.Second)
	t.Run("Start", func(t *testing.T) {
		t.Parallel()
		for lang, says := range map[string]string{"ru": "Последние чеки", "en": "Latest receipts"} {
			rec := w.page("GET", "/?lang="+lang, "")
			require.Equal(t, http.StatusOK, rec.Code)
			require.Contains(t, rec.Body.String(), says)
			require.Contains(t, rec.Body.String(), baseURL+"/possystem")
			require.NotContains(t, rec.Body.String(), testPassword)
		}
	})
	t.Run("AReceiptWithItsQR", func(t *testing.T) {
		t.Parallel()
		for external, says := range map[string]string{"a-1": "Кассовый чек", "c-1": "Чек коррекции"} {
			r, err := w.service.Receipt(external)
			require.NoError(t, err)
			u, err := url.Parse(r.Fiscal.URL)
			require.NoError(t, err)
			require.True(t, strings.HasPrefix(r.Fiscal.URL, baseURL+"/receipt?t=20260301T1200&s=8000.00&fn="), r.Fiscal.URL)
			rec := w.page("GET", "/receipt?"+u.RawQuery, "")
			require.Equal(t, http.StatusOK, rec.Code)
			for _, text := range []string{says, r.Fiscal.FN, "8000.00", "<svg", "form-action 'none'"} {
				require.Contains(t, rec.Body.String()+rec.Header().Get("Content-Security-Policy"), text)
			}
			image := w.page("GET", "/receipt/qr.svg?"+u.RawQuery, "")
			require.Equal(t, "image/svg+xml", image.Header().Get("Content-Type"))
		}
	})
	for _, path := range []string{"/receipt?fn=1&i=1&fp=1", "/receipt", "/receipt/qr.svg?fn=1", "/nothing"} {
		t.Run("ErrMissing"+path, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, http.StatusNotFound, w.page("GET", path, "").Code)
		})
	}
	t.Run("Style", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, http.StatusOK, w.page("GET", "/style.css", "").Code)
	})
}

func TestControl(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.register("v5", "sell", sale("v5", "a-1"))
	for _, c := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"POST", "/control/tick", "", 200, `"pending":1`},
		{"POST", "/control/clock", `{"advance":"3s"}`, 200, "2026-03-01T09:00:03Z"},
		{"GET", "/control/clock", "", 200, "2026-03-01T09:00:03Z"},
		{"POST", "/control/tick", "", 200, `"pending":0`},
		{"GET", "/control/receipts?limit=1", "", 200, `"external_id":"a-1"`},
		{"GET", "/control/receipts/a-1", "", 200, `"status":"done"`},
		{"GET", "/control/receipts/b-1", "", 404, "receipt_not_found"},
		{"POST", "/control/clock", `{"advance":"soon"}`, 422, "step_invalid"},
		{"POST", "/control/clock", `{"advance":"-1s"}`, 422, "step_invalid"},
		{"POST", "/control/tokens/expire", `{}`, 200, `"ended":1`},
		{"POST", "/control/faults", `{"call":"report","fault":"slow","delay":"1s"}`, 200, "ok"},
		{"POST", "/control/faults", `{"call":"report","fault":"slow","delay":"1h"}`, 422, "delay_invalid"},
		{"POST", "/control/faults", `{"call":"report","fault":"driver"}`, 422, "unknown_fault"},
		{"POST", "/control/faults", `{"coll":"report"}`, 422, "body_invalid"},
		{"DELETE", "/control/faults", "", 200, "ok"},
		{"GET", "/control/calls?call=register", "", 200, `"register":1`},
		{"PUT", "/control/accounts/" + testLogin, `{"password":"new"}`, 200, testLogin},
		{"PUT", "/control/accounts/else", `{"password":"new"}`, 422, "account_invalid"},
	} {
		rec := w.page(c.method, c.path, c.body)
		require.Equal(t, c.status, rec.Code, "%s %s: %s", c.method, c.path, rec.Body)
		require.Contains(t, rec.Body.String(), c.says, c.path)
	}
	require.Equal(t, testGroup, w.service.Accounts()[1].Group, "only the password has changed")
	require.NotEmpty(t, w.token(testLogin, "new"))
	t.Run("NoSecretIsKept", func(t *testing.T) {
		rec := w.page("GET", "/control/calls", "")
		require.NotContains(t, rec.Body.String(), testPassword)
		require.NotContains(t, rec.Body.String(), `\"token\"`)
	})
	t.Run("ErrAnotherSite", func(t *testing.T) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/control/tick", nil)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, r)
		require.Equal(t, http.StatusForbidden, rec.Code)
	})
	t.Run("ErrClock", func(t *testing.T) {
		other := setup(t, func(c *Config) { c.Advance = nil })
		require.ErrorIs(t, other.service.AdvanceClock(t.Context(), time.Second), ErrClock)
	})
}

func FuzzRegister(f *testing.F) {
	f.Add(string(marshal(sale("v4", "a-1"))), false)
	f.Add(string(marshal(sale("v5", "a-1"))), true)
	f.Add(string(marshal(mend("v4", "c-1"))), false)
	f.Add(string(marshal(mend("v5", "c-1"))), true)
	f.Add(`{"external_id":1,"receipt":[{"items":{}}]}`, true)
	f.Fuzz(func(t *testing.T, body string, five bool) {
		w := setup(t)
		version, operation := "v4", "sell"
		if five {
			version = "v5"
		}
		if strings.Contains(body, "correction") {
			operation = "sell_correction"
		}
		status, out := w.send(http.MethodPost, "/possystem/"+version+"/"+testGroup+"/"+operation, w.token(testLogin, testPassword), body)
		switch c := code(out); {
		case status == http.StatusOK && c == 0:
		case status == http.StatusBadRequest && (c == 32 || c == 40):
			return
		default:
			t.Fatalf("%d with the code %d", status, c)
		}
		w.advance(3 * time.Second)
		r := w.service.Receipts(1)[0]
		if r.Status == Wait || r.Total < 0 || r.Total > maxKopecks {
			t.Fatalf("%+v", r)
		}
	})
}
