package upload

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// server answers as it is told, and remembers what it was asked.
type server struct {
	status int
	asked  *http.Request
	body   string
	parts  map[string]string
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked, s.parts = r, map[string]string{}
	if form, err := r.MultipartReader(); err == nil {
		for part, err := form.NextPart(); err == nil; part, err = form.NextPart() {
			content, _ := io.ReadAll(part)
			s.parts[part.FormName()] = part.Header.Get("Content-Type") + "|" + string(content)
		}
	} else {
		content, _ := io.ReadAll(r.Body)
		s.body = string(content)
	}
	w.WriteHeader(s.status)
	_, _ = io.WriteString(w, `{"matched":1}`)
}

func TestCommand(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, status int, name string, args ...string) (*server, string, error) {
		t.Helper()
		s := &server{status: status}
		at := httptest.NewServer(s)
		t.Cleanup(at.Close)
		file := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(file, []byte("the register"), 0o600))
		var out bytes.Buffer
		err := Command(t.Context(), append(args, file), at.URL, "gb_ops_x", &out)
		return s, out.String(), err
	}
	period := []string{"-mode", "test", "-account", "A", "-from", "2026-11-21", "-to", "2026-11-22"}
	t.Run("AFileGoesAsItIs", func(t *testing.T) {
		t.Parallel()
		s, out, err := run(t, 200, "day.csv", append(period, "-grace-hours", "6")...)
		require.NoError(t, err)
		require.Equal(t, "{\n  \"matched\": 1\n}\n", out)
		require.Equal(t, "POST /api/v1/admin/reconciliation?account=A&from=2026-11-21&grace_hours=6&mode=test&to=2026-11-22",
			s.asked.Method+" "+s.asked.URL.String())
		require.Equal(t, "Bearer gb_ops_x", s.asked.Header.Get("Authorization"))
		require.Equal(t, "text/csv", s.asked.Header.Get("Content-Type"))
		require.Equal(t, "the register", s.body)
	})
	t.Run("ASpreadsheet", func(t *testing.T) {
		t.Parallel()
		s, _, err := run(t, 200, "day.XLSX", append(period, "-mapping", "tbank")...)
		require.NoError(t, err)
		require.Equal(t, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", s.asked.Header.Get("Content-Type"))
		require.Equal(t, "tbank", s.asked.URL.Query().Get("mapping"))
	})
	t.Run("AMappingOfOnesOwn", func(t *testing.T) {
		t.Parallel()
		mapping := filepath.Join(t.TempDir(), "mine.json")
		require.NoError(t, os.WriteFile(mapping, []byte(`{"name":"mine"}`), 0o600))
		s, _, err := run(t, 200, "day.csv", append(period, "-mapping", mapping)...)
		require.NoError(t, err)
		require.Equal(t, map[string]string{"mapping": `application/json|{"name":"mine"}`, "register": "text/csv|the register"}, s.parts)
	})
	t.Run("ARefusalIsTold", func(t *testing.T) {
		t.Parallel()
		_, _, err := run(t, 422, "day.csv", period...)
		require.ErrorContains(t, err, "422")
		require.ErrorContains(t, err, `"matched": 1`)
	})
	for name, args := range map[string][]string{"ErrNoFile": period, "ErrNoAccount": {"-from", "x", "-to", "y", "f"}, "ErrUnknownFlag": {"-colour", "red", "f"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorIs(t, Command(t.Context(), args, "http://127.0.0.1:1", "", io.Discard), errUsage)
		})
	}
}
