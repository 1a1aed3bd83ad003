package template_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/standalone/platform"
	"giberno.ru/shared/platform/web"
)

// The API serves what the standalone process serves. The documents are mounted there by hand, so they are asked for.
func TestStandaloneServesTheSame(t *testing.T) {
	t.Parallel()
	rest := map[string]bool{} // what is left to be found; true is a document
	for _, r := range routes(t) {
		rest[r.Line] = r.Function == "ShowDocs"
	}
	p, err := platform.Open(t.Context(), platform.Config{Dir: t.TempDir(), BaseURL: "http://127.0.0.1:8080", NoSync: true, NoDemo: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	for _, e := range p.Endpoints() {
		line := e.Operation.Method + " " + e.Operation.Path
		require.Contains(t, rest, line, "the standalone serves what AWS does not")
		require.False(t, rest[line], line)
		delete(rest, line)
	}
	for line, documents := range rest {
		require.True(t, documents, "%s is not served by the standalone", line)
		path := strings.ReplaceAll(strings.TrimPrefix(line, http.MethodGet+" "), "{api}", web.MainAPI)
		rec := httptest.NewRecorder()
		p.Handler().ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		require.Equal(t, http.StatusOK, rec.Code, "%s of the standalone", path)
	}
}
