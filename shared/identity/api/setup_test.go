package api_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/identity/api"
	"giberno.ru/shared/identity/store"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/log"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/limits"
	"giberno.ru/shared/platform/web"
)

// steps is a checklist whose facts a test decides.
type steps map[string]bool

func (s steps) Steps(context.Context, ids.ID) ([]api.Step, error) {
	var list []api.Step
	for _, code := range []string{"test_order_paid", "test_order_refunded"} {
		if done, known := s[code]; known {
			list = append(list, api.Step{Code: code, Done: done})
		}
	}
	return list, nil
}

type world struct {
	t     *testing.T
	http  http.Handler
	store *store.Store
	clock *clock.Manual
	steps steps
	log   *bytes.Buffer
	token string // of the first operator
}

func setup(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	f, err := file.Open(filepath.Join(dir, "db"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	engine, err := boltengine.New(f, boltengine.Options{NoFeed: true})
	require.NoError(t, err)
	keys, err := secret.CreateKeyFile(filepath.Join(dir, "keys"), rand.Reader)
	require.NoError(t, err)
	w := &world{t: t, clock: clock.At(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)), steps: steps{}, log: &bytes.Buffer{}}
	w.store = store.New(limits.New(engine), secret.NewKeeper(keys, rand.Reader), w.clock, rand.Reader)
	w.token, err = w.store.Bootstrap(t.Context())
	require.NoError(t, err)
	calls := api.New(api.Config{
		Store: w.store, Clock: w.clock, Random: rand.Reader, Signer: page.Signer{Key: []byte("key")}, Checklist: w.steps, Providers: []string{"tbank", "dolyame"},
	})
	w.http = web.NewServer(web.Options{
		Auth: w.store, Clock: w.clock, Log: log.New(w.log, slog.LevelInfo), Title: "Giberno", Version: "1", Docs: true, Rate: web.Rate{PerSecond: -1},
	}, calls.Endpoints()...)
	return w
}

type answer struct {
	t    *testing.T
	code int
	head http.Header
	body string
}

// call sends one request as the first operator, or with the token given behind "token:" in head.
func (w *world) call(method, path, body string, head ...string) answer {
	w.t.Helper()
	r := httptest.NewRequest(method, "/api/v1/admin"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+w.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range head {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	rec := httptest.NewRecorder()
	w.http.ServeHTTP(rec, r)
	return answer{w.t, rec.Code, rec.Header(), rec.Body.String()}
}

// ok asserts the status and reads a few fields.
func (a answer) ok(status int) map[string]any {
	a.t.Helper()
	require.Equal(a.t, status, a.code, a.body)
	var out map[string]any
	require.NoError(a.t, json.Unmarshal([]byte(a.body), &out))
	return out
}

// refused asserts a problem and gives the locations of its errors.
func (a answer) refused(status int, code string) (locations []string) {
	a.t.Helper()
	require.Equal(a.t, status, a.code, a.body)
	require.Equal(a.t, web.ProblemType, a.head.Get("Content-Type"))
	var p web.Problem
	require.NoError(a.t, json.Unmarshal([]byte(a.body), &p))
	require.Equal(a.t, code, p.Code, a.body)
	for _, f := range p.Errors {
		locations = append(locations, f.Location)
	}
	return locations
}

const partnerBody = `{"name":"Ромашка","legal_name":"ООО «Ромашка»","inn":"7707083893","taxation":"usn_income","country":"RU","time_zone":"Europe/Moscow","fee_bp":250}`

const accountBody = `{"provider":"tbank","mode":"test","terminal":"TinkoffBankTest","password":"TinkoffBankSecret","address":"http://127.0.0.1:8080/sim/tbank",
	"country":"RU","currencies":["RUB"],"methods":[{"code":"card","on":true,"fee_bp":190},{"code":"sbp","on":true}],"on":true,"fiscal":true,"taxation":"usn_income"}`

func (w *world) partner() string {
	w.t.Helper()
	return w.call("POST", "/partner", partnerBody).ok(201)["id"].(string)
}

func (w *world) account() string {
	w.t.Helper()
	return w.call("POST", "/account", accountBody).ok(201)["id"].(string)
}

// nobody is an id that was never given out.
var nobody = ids.FromParts("nobody").String()

// with replaces one field of a JSON body.
func with(body, field, value string) string {
	var m map[string]json.RawMessage
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		panic(err)
	}
	if m[field] = json.RawMessage(value); value == "" {
		delete(m, field)
	}
	out, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(out)
}
