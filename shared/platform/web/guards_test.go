package web_test

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatHasNoStatedLengthHasALimitToo(t *testing.T) {
	t.Parallel()
	w := setup(t)
	long := goodBody + strings.Repeat(" ", 5000) // good JSON wherever it is cut off behind its end
	r := httptest.NewRequest("POST", "/api/v1/thing", struct{ io.Reader }{strings.NewReader(long)})
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+goodToken)
	require.EqualValues(t, -1, r.ContentLength)
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	problem(t, rec, 413, "body_too_large")
	require.Zero(t, w.calls)
}

func TestAQueryThatSaysTwoThingsSaysNothing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	path := "/api/v1/thing/" + partner.String() + "?limit=1"
	problem(t, w.do(call{method: "GET", path: path, token: goodToken}), 404, "thing_not_found")
	p := problem(t, w.do(call{method: "GET", path: path + "&limit=1", token: goodToken}), 422, "validation_failed")
	require.Equal(t, "query.limit", p.Errors[0].Location)
	require.Equal(t, "is given twice", p.Errors[0].Message)
}
