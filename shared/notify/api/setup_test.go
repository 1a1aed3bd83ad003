package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/notify/api"
	"giberno.ru/shared/notify/store"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/counting"
	"giberno.ru/shared/platform/table/faulty"
	"giberno.ru/shared/platform/table/limits"
	"giberno.ru/shared/platform/table/stamped"
	"giberno.ru/shared/platform/web"
)

// The callers. Each token is good for one partner in one mode, as tokens are.
const (
	shop     = "gb_test_shop"
	shopLive = "gb_live_shop"
	rival    = "gb_test_rival"
	operator = "gb_ops_anna"
)

var (
	shopID  = ids.FromParts("partner", "shop")
	rivalID = ids.FromParts("partner", "rival")
	start   = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
)

const nobody = "0f8fad5b-d9cb-869f-a165-708677280000"

type guard struct{}

func (guard) Authenticate(_ context.Context, secret string) (web.Caller, error) {
	partner := func(id ids.ID, m ids.Mode) (web.Caller, error) {
		return web.Caller{Kind: web.Partner, Partner: id, Mode: m, TokenID: secret[8:] + string(m), Scopes: []string{web.EveryScope}}, nil
	}
	switch secret {
	case shop:
		return partner(shopID, ids.Test)
	case shopLive:
		return partner(shopID, ids.Live)
	case rival:
		return partner(rivalID, ids.Test)
	case operator:
		return web.Caller{Kind: web.Operator, TokenID: "anna", Scopes: []string{web.EveryScope}, Name: "Anna"}, nil
	}
	return web.Caller{}, web.ErrInvalidToken
}

type vault struct{}

func (vault) Unwrap(context.Context, secret.KeyName) ([secret.KeySize]byte, error) {
	return [secret.KeySize]byte{1}, nil
}

// chance is a seeded source that many may use.
type chance struct {
	mu sync.Mutex
	of *rand.ChaCha8
}

func (c *chance) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of.Read(p)
}

// world is the room of events behind its real door.
type world struct {
	http.Handler
	store  *store.Store
	clock  *clock.Manual
	count  *counting.Table
	faults *faulty.Table
	log    *bytes.Buffer
}

func setup(t testing.TB) *world {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "data"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	engine, err := boltengine.New(f, boltengine.Options{})
	require.NoError(t, err)
	w := &world{clock: clock.At(start), faults: faulty.New(limits.New(engine), nil), log: &bytes.Buffer{}}
	w.count = counting.New(w.faults)
	random := &chance{of: rand.NewChaCha8([32]byte{1})}
	tbl := stamped.New(w.count, stamped.Options{Sleep: func(ctx context.Context, _ time.Duration) error { runtime.Gosched(); return ctx.Err() }})
	w.store = store.New(tbl, secret.NewKeeper(vault{}, random), w.clock, random)
	service := &api.Service{Store: w.store, Cursors: page.Signer{Key: []byte("the key of this test")}}
	w.Handler = web.NewServer(web.Options{Auth: guard{}, Clock: w.clock, Rate: web.Rate{PerSecond: -1}, Log: slog.New(slog.NewJSONHandler(w.log, nil))}, service.Endpoints()...)
	return w
}

type call struct{ method, path, body, token, key string }

func get(path string) call            { return call{method: "GET", path: path} }
func remove(path string) call         { return call{method: "DELETE", path: path} }
func post(path, body string) call     { return call{method: "POST", path: path, body: body} }
func (c call) by(token string) call   { c.token = token; return c }
func (c call) keyed(key string) call  { c.key = key; return c }
func endpointPath(id ids.ID) string   { return endpoints + "/" + id.String() }
func eventPath(e notify.Event) string { return "/api/v1/event/" + e.ID.String() }

func (w *world) do(c call) *httptest.ResponseRecorder {
	r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
	if c.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.token == "" {
		c.token = shop
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	if c.key != "" {
		r.Header.Set("Idempotency-Key", c.key)
	}
	a := httptest.NewRecorder()
	w.ServeHTTP(a, r)
	return a
}

func read[T any](t testing.TB, a *httptest.ResponseRecorder, status int) (out T) {
	t.Helper()
	require.Equal(t, status, a.Code, a.Body.String())
	require.Equal(t, "application/json", a.Header().Get("Content-Type"))
	require.NoError(t, json.Unmarshal(a.Body.Bytes(), &out))
	return out
}

var documented = sync.OnceValues(func() (map[string]bool, error) {
	all, err := web.Documents(web.Options{Title: "Giberno"}, (&api.Service{}).Endpoints()...)
	codes := map[string]bool{}
	for _, body := range all {
		var d struct {
			Paths map[string]map[string]struct {
				Codes []string `json:"x-problem-codes"`
			} `json:"paths"`
		}
		if err := json.Unmarshal(body, &d); err != nil {
			return nil, err
		}
		for path, operations := range d.Paths {
			for method, op := range operations {
				for _, code := range op.Codes {
					codes[strings.ToUpper(method)+" "+path+" "+code] = true
				}
			}
		}
	}
	return codes, err
})

// refused asserts a well-made problem whose code the document of the operation names.
func refused(t testing.TB, w *world, c call, status int, template, code string) web.Problem {
	t.Helper()
	a := w.do(c)
	require.Equal(t, status, a.Code, a.Body.String())
	require.Equal(t, web.ProblemType, a.Header().Get("Content-Type"))
	var p web.Problem
	require.NoError(t, json.Unmarshal(a.Body.Bytes(), &p))
	require.Equal(t, code, p.Code)
	codes, err := documented()
	require.NoError(t, err)
	require.True(t, codes[c.method+" "+template+" "+code], "the document of %s does not name %s", template, code)
	return p
}

// trips asserts how many round trips a call makes.
func (w *world) trips(t testing.TB, want int, c call) *httptest.ResponseRecorder {
	t.Helper()
	w.count.Reset()
	a := w.do(c)
	require.Less(t, a.Code, 300, a.Body.String())
	require.Equal(t, want, w.count.Snapshot().Total.Trips)
	return a
}

// made is a new endpoint of the shop.
func (w *world) made(t testing.TB, n int, events ...notify.Type) api.CreatedWebhookEndpoint {
	t.Helper()
	body, err := json.Marshal(api.WebhookEndpointRequest{URL: fmt.Sprintf("https://shop.example/hooks/%d?key=private", n), Events: events})
	require.NoError(t, err)
	return read[api.CreatedWebhookEndpoint](t, w.do(post(endpoints, string(body))), 201)
}

// told is an event of a partner, as n differs.
func (w *world) told(t testing.TB, of ids.ID, n int, typ notify.Type) notify.Event {
	t.Helper()
	e, err := notify.New(ids.Test, of, typ, ids.FromParts("object", fmt.Sprint(n)), 1, start.Add(time.Duration(n)*time.Second), json.RawMessage(`{"name":"<чай>","version":1}`))
	require.NoError(t, err)
	require.NoError(t, w.store.Tell(t.Context(), e))
	return e
}

func TestTheTableFails(t *testing.T) {
	t.Parallel()
	w := setup(t)
	e, told := w.made(t, 1), w.told(t, shopID, 1, notify.OrderPaid)
	w.faults.SetPlan(func(faulty.Call) faulty.Fault { return faulty.ErrorBefore })
	for _, c := range []call{
		post(endpoints, `{"url":"https://shop.example"}`), get(endpoints), remove(endpointPath(e.UUID)), post(endpointPath(e.UUID)+"/rotate", ""),
		get("/api/v1/events"), get(eventPath(told)), post(eventPath(told)+"/redeliver", ""),
	} {
		a := w.do(c)
		require.Equal(t, 503, a.Code, c.path+a.Body.String())
		require.NotContains(t, strings.ToLower(a.Body.String()), "table")
	}
	w.faults.SetPlan(nil)
	require.Equal(t, 200, w.do(get(eventPath(told))).Code)
}

func TestOnlyPartnersComeIn(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, e := range (&api.Service{}).Endpoints() {
		path := strings.ReplaceAll(e.Operation.Path, "{id}", nobody)
		c := call{method: e.Operation.Method, path: path}
		if e.Operation.Name == "create-webhook-endpoint" {
			c.body = `{"url":"https://shop.example"}`
		}
		refused(t, w, c.by(operator), 403, e.Operation.Path, "forbidden_scope")
		refused(t, w, c.by("nobody"), 401, e.Operation.Path, "invalid_token")
	}
}
