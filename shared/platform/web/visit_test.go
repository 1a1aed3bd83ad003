package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLogLine(t *testing.T) {
	t.Parallel()
	t.Run("NamesIdsOnly", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.do(call{method: "POST", path: "/api/v1/thing", body: strings.Replace(goodBody, `{"lines"`, `{"mail":"buyer@example.com","lines"`, 1), token: goodToken, header: http.Header{"X-Request-Id": {"req-1"}}})
		var got map[string]any
		require.NoError(t, json.Unmarshal(w.log.Bytes(), &got))
		require.Equal(t, "/api/v1/thing", got["route"])
		require.Equal(t, "req-1", got["request_id"])
		require.Equal(t, "tok1", got["token_id"])
		require.Equal(t, "t", got["mode"])
		require.Equal(t, partner.String(), got["partner"])
		require.EqualValues(t, 201, got["status"])
		require.NotContains(t, w.log.String(), goodToken)
		require.NotContains(t, w.log.String(), "buyer")
	})
	t.Run("LinksNeverAppear", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		link := "tabcdefghijklmnopqrstuvwabcdefghijklmnopqrstuvwxyz"
		require.Equal(t, 200, w.do(call{method: "GET", path: "/p/" + link}).Code)
		require.Equal(t, 404, w.do(call{method: "GET", path: "/p/" + link + "/typo"}).Code)
		require.Equal(t, 404, w.do(call{method: "GET", path: "/P/" + link}).Code)
		require.NotContains(t, w.log.String(), link)
		require.Contains(t, w.log.String(), "/p/{link}")
	})
	t.Run("OddRequestIdIsReplaced", func(t *testing.T) {
		t.Parallel()
		for _, odd := range []string{"a b", "a\nb", strings.Repeat("x", 65), "<script>"} {
			rec := setup(t).do(call{method: "GET", path: "/nowhere", header: http.Header{"X-Request-Id": {odd}}})
			require.Equal(t, "30313233343536373839616263646566", rec.Header().Get("X-Request-Id"))
		}
		rec := setup(t).do(call{method: "GET", path: "/nowhere", header: http.Header{"X-Request-Id": {"Root=1-abc"}}})
		require.Equal(t, "30313233343536373839616263646566", rec.Header().Get("X-Request-Id"))
	})
}
