package web_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/fault"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	t.Run("ErrNotFound", func(t *testing.T) {
		t.Parallel()
		for _, path := range []string{"/", "/api", "/api/v1/thing/", "/api//v1/thing", "/api/v1/../v1/thing", "/api/v1/thing/a/b", "/api/%00", "/api/%ff"} {
			problem(t, setup(t).do(call{method: "GET", path: path}), 404, "not_found")
		}
	})
	t.Run("ErrWrongMethodSaysWhichAreRight", func(t *testing.T) {
		t.Parallel()
		rec := setup(t).do(call{method: "DELETE", path: "/api/v1/thing"})
		problem(t, rec, 405, "method_not_allowed")
		require.Equal(t, "POST, OPTIONS", rec.Header().Get("Allow"))
	})
	t.Run("Options", func(t *testing.T) {
		t.Parallel()
		rec := setup(t).do(call{method: "OPTIONS", path: "/api/v1/admin/thing"})
		require.Equal(t, 204, rec.Code)
		require.Equal(t, "GET, HEAD, OPTIONS", rec.Header().Get("Allow"))
		require.Empty(t, rec.Header().Get("Access-Control-Allow-Origin"))
		problem(t, setup(t).do(call{method: "OPTIONS", path: "/nowhere"}), 404, "not_found")
	})
	t.Run("HeadHasNoBody", func(t *testing.T) {
		t.Parallel()
		rec := setup(t).do(call{method: "HEAD", path: "/api/v1/admin/thing", token: "gb_ops_good"})
		require.Equal(t, 200, rec.Code)
		require.Zero(t, rec.Body.Len())
	})
	t.Run("ErrPathParameter", func(t *testing.T) {
		t.Parallel()
		p := problem(t, setup(t).do(call{method: "GET", path: "/api/v1/thing/xyz", token: goodToken}), 422, "validation_failed")
		require.Equal(t, []fault.Field{{Location: "path.uuid", Message: "This is not an id of ours."}}, p.Errors)
	})
	t.Run("ErrQueryParameter", func(t *testing.T) {
		t.Parallel()
		p := problem(t, setup(t).do(call{method: "GET", path: "/api/v1/thing/" + partner.String() + "?limit=101", token: goodToken}), 422, "validation_failed")
		require.Equal(t, "query.limit", p.Errors[0].Location)
	})
}

func TestFaults(t *testing.T) {
	t.Parallel()
	t.Run("PanicIsInternalWithoutItsText", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		rec := w.do(call{method: "GET", path: "/api/v1/panics"})
		problem(t, rec, 500, "internal")
		require.NotContains(t, rec.Body.String(), "secret text")
		require.Contains(t, w.log.String(), "secret text")
		require.Contains(t, w.log.String(), "stack")
	})
	t.Run("InjectedCrashPassesThroughSilently", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.PanicsWithValue(t, crash{}, func() { w.do(call{method: "GET", path: "/api/v1/crashes"}) })
		require.Zero(t, w.log.Len())
	})
	t.Run("UnknownErrorIsInternalWithoutItsText", func(t *testing.T) {
		t.Parallel()
		rec := setup(t).do(call{method: "GET", path: "/api/v1/internal"})
		problem(t, rec, 500, "internal")
		require.NotContains(t, rec.Body.String(), "hunter2")
	})
	t.Run("RetryAfterIsRoundedUp", func(t *testing.T) {
		t.Parallel()
		rec := setup(t).do(call{method: "GET", path: "/api/v1/busy"})
		require.Equal(t, int64(2), problem(t, rec, 409, "thing_in_flight").RetryAfter)
		require.Equal(t, "2", rec.Header().Get("Retry-After"))
	})
	t.Run("ErrIdempotencyKeyRequired", func(t *testing.T) {
		t.Parallel()
		problem(t, setup(t).do(call{method: "POST", path: "/api/v1/optional", body: `{}`}), 400, "idempotency_key_required")
	})
	t.Run("RawBodyIsCutOff", func(t *testing.T) {
		t.Parallel()
		problem(t, setup(t).do(call{method: "POST", path: "/api/hook", body: strings.Repeat("x", 17)}), 413, "body_too_large")
		require.Equal(t, strings.Repeat("x", 16), setup(t).do(call{method: "POST", path: "/api/hook", body: strings.Repeat("x", 16)}).Body.String())
	})
}
