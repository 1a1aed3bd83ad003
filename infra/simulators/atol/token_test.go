package atol

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	path := "/possystem/v4/" + testGroup + "/sell"
	sell := func(w *world, path, token string) (int, int64) {
		status, out := w.send(http.MethodPost, path, token, sale("v4", "a-1"))
		return status, code(out)
	}
	t.Run("EachCallGivesAnother", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		first, second := w.token(testLogin, testPassword), w.token(testLogin, testPassword)
		require.NotEqual(t, first, second)
		_, c := sell(w, path, first)
		require.Zero(t, c)
	})
	t.Run("ByAddress", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		status, out := w.send(http.MethodGet, "/possystem/v5/getToken?login="+testLogin+"&pass="+testPassword, "", nil)
		require.Equal(t, http.StatusOK, status)
		for _, name := range []string{"token", "tokenid"} {
			_, c := sell(w, path+"?"+name+"="+out["token"].(string), "")
			require.True(t, c == 0 || c == 33, c)
		}
	})
	t.Run("ErrUnknown", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for _, token := range []string{"", "x"} {
			status, c := sell(w, path, token)
			require.Equal(t, http.StatusUnauthorized, status)
			require.EqualValues(t, 10, c)
		}
	})
	t.Run("ErrAfterADay", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		token := w.token(testLogin, testPassword)
		w.clock.Advance(24*time.Hour - time.Second)
		_, c := sell(w, path, token)
		require.Zero(t, c)
		w.clock.Advance(time.Second)
		status, c := sell(w, path, token)
		require.Equal(t, http.StatusUnauthorized, status)
		require.EqualValues(t, 11, c)
		w.clock.Advance(8 * 24 * time.Hour)
		_, c = sell(w, path, token)
		require.EqualValues(t, 10, c, "forgotten")
	})
	t.Run("EndedByHand", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		token, other := w.token(testLogin, testPassword), w.token("four", "4")
		require.Equal(t, 1, w.service.ExpireTokens(testLogin))
		_, c := sell(w, path, token)
		require.EqualValues(t, 11, c)
		_, c = sell(w, "/possystem/v4/four/sell", other)
		require.Zero(t, c)
		require.Equal(t, 1, w.service.ExpireTokens(""))
	})
	t.Run("ErrPassword", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for _, body := range []answer{{"login": testLogin, "pass": "wrong"}, {"login": "nobody", "pass": testPassword}} {
			status, out := w.send(http.MethodPost, "/possystem/v4/getToken", "", body)
			require.Equal(t, http.StatusUnauthorized, status)
			require.EqualValues(t, 12, code(out))
		}
		_, out := w.send(http.MethodPost, "/possystem/v4/getToken", "", answer{"login": testLogin})
		require.EqualValues(t, 13, code(out))
	})
	t.Run("ErrAnothersGroup", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, c := sell(w, path, w.token("four", "4"))
		require.EqualValues(t, 20, c)
		_, c = sell(w, "/possystem/v5/four/sell", w.token("four", "4"))
		require.EqualValues(t, 21, c)
	})
	t.Run("ATokenBookDoesNotGrowForEver", func(t *testing.T) {
		t.Parallel()
		b := tokenBook{issued: map[string]issuedToken{}}
		now := time.Now()
		for i := range maxTokens + 5 {
			b.add(strings.Repeat("x", i%97)+string(rune(i)), issuedToken{"l", now}, now)
		}
		require.LessOrEqual(t, len(b.issued), maxTokens)
	})
}

func TestRequests(t *testing.T) {
	t.Parallel()
	w := setup(t)
	token := w.token(testLogin, testPassword)
	path := "/possystem/v4/" + testGroup + "/sell"
	ask := func(method, path, kind, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Token", token)
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, r)
		return rec
	}
	const kind = "application/json; charset=utf-8"
	for name, c := range map[string]struct {
		method, path, kind, body string
		status                   int
		says                     string
	}{
		"ErrContentType": {"POST", path, "text/plain", "{}", 415, `"code":41`},
		"ErrMethod":      {"PUT", path, kind, "{}", 400, `"code":40`},
		"ErrGetSell":     {"GET", path, kind, "", 400, `"code":40`},
		"ErrPostReport":  {"POST", "/possystem/v4/" + testGroup + "/report/x", kind, "{}", 400, `"code":40`},
		"ErrNoJSON":      {"POST", path, kind, "{", 400, `"code":40`},
		"ErrTwoObjects":  {"POST", path, kind, "{}{}", 400, `"code":40`},
		"ErrArray":       {"POST", path, kind, "[]", 400, `"code":40`},
		"ErrOperation":   {"POST", "/possystem/v4/" + testGroup + "/give", kind, "{}", 400, `"code":31`},
		"ErrTooLarge":    {"POST", path, kind, `{"a":"` + strings.Repeat("x", maxBody) + `"}`, 413, `"code":40`},
		"ErrVersion":     {"POST", "/possystem/v3/" + testGroup + "/sell", kind, "{}", 404, ""},
		"ErrAddress":     {"POST", "/possystem/v4/a/b/c", kind, "{}", 404, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := ask(c.method, c.path, c.kind, c.body)
			require.Equal(t, c.status, rec.Code, rec.Body.String())
			require.Contains(t, rec.Body.String(), c.says)
		})
	}
}
