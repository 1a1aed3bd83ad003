package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhoMayCome(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		call   call
		status int
		code   string
	}{
		{"NoToken", call{path: "/api/v1/admin/thing"}, 401, "invalid_token"},
		{"OddScheme", call{path: "/api/v1/admin/thing", header: http.Header{"Authorization": {"Basic gb_ops_good"}}}, 401, "invalid_token"},
		{"TwoTokens", call{path: "/api/v1/admin/thing", header: http.Header{"Authorization": {"Bearer gb_ops_good", "Bearer gb_ops_good"}}}, 401, "invalid_token"},
		{"LongToken", call{path: "/api/v1/admin/thing", token: strings.Repeat("x", 300)}, 401, "invalid_token"},
		{"UnknownToken", call{path: "/api/v1/admin/thing", token: "gb_ops_bad"}, 401, "invalid_token"},
		{"RevokedToken", call{path: "/api/v1/scoped", token: "gb_test_revoked"}, 401, "token_revoked"},
		{"PartnerAtAnOperatorsDoor", call{path: "/api/v1/admin/thing", token: goodToken}, 403, "forbidden_scope"},
		{"OperatorAtAPartnersDoor", call{path: "/api/v1/scoped", token: "gb_ops_good"}, 403, "forbidden_scope"},
		{"TokenWithoutTheScope", call{path: "/api/v1/scoped", token: "gb_test_narrow"}, 403, "forbidden_scope"},
		{"TokensCannotBeRead", call{path: "/api/v1/scoped", token: "gb_test_outage"}, 503, "unavailable"},
		{"AuthenticatorBroken", call{path: "/api/v1/scoped", token: "gb_test_broken"}, 500, "internal"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			c.call.method = "GET"
			rec := w.do(c.call)
			problem(t, rec, c.status, c.code)
			require.Equal(t, c.status == 401, rec.Header().Get("WWW-Authenticate") != "")
			require.NotContains(t, rec.Body.String(), "secret")
			require.NotContains(t, rec.Body.String(), "gb_")
		})
	}
	t.Run("RightScope", func(t *testing.T) {
		t.Parallel()
		rec := setup(t).do(call{method: "GET", path: "/api/v1/thing/" + partner.String(), token: "gb_test_narrow"})
		problem(t, rec, 404, "thing_not_found")
	})
	t.Run("Operator", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, 200, setup(t).do(call{method: "GET", path: "/api/v1/admin/thing", token: "gb_ops_good"}).Code)
	})
	t.Run("LoudTokenHasToWaitAndOthersNeedNot", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for range 20 {
			require.Equal(t, 200, w.do(call{method: "GET", path: "/api/v1/admin/thing", token: "gb_ops_good"}).Code)
		}
		rec := w.do(call{method: "GET", path: "/api/v1/admin/thing", token: "gb_ops_good"})
		require.Equal(t, int64(1), problem(t, rec, 429, "rate_limited").RetryAfter)
		require.Equal(t, "1", rec.Header().Get("Retry-After"))
		require.Equal(t, 201, w.do(call{method: "POST", path: "/api/v1/thing", body: goodBody, token: goodToken}).Code)
		w.clock.Advance(100 * time.Millisecond)
		require.Equal(t, 200, w.do(call{method: "GET", path: "/api/v1/admin/thing", token: "gb_ops_good"}).Code)
	})
}
