package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/platform/web"
)

const goodToken = "gb_test_good"

var partner = ids.FromParts("partner")

type guard struct{}

func (guard) Authenticate(_ context.Context, secret string) (web.Caller, error) {
	switch secret {
	case goodToken:
		return web.Caller{Kind: web.Partner, Partner: partner, Mode: ids.Test, TokenID: "tok1", Scopes: []string{web.EveryScope}}, nil
	case "gb_test_narrow":
		return web.Caller{Kind: web.Partner, Partner: partner, Mode: ids.Test, TokenID: "tok2", Scopes: []string{"orders:read"}}, nil
	case "gb_ops_good":
		return web.Caller{Kind: web.Operator, TokenID: "tok3", Scopes: []string{web.EveryScope}, Name: "Anna"}, nil
	case "gb_test_revoked":
		return web.Caller{}, web.ErrTokenRevoked
	case "gb_test_outage":
		return web.Caller{}, fault.Unavailable("unavailable", "Try again.").After(2 * time.Second)
	case "gb_test_broken":
		return web.Caller{}, errors.New("disk on fire at /secret/place")
	}
	return web.Caller{}, web.ErrInvalidToken
}

type line struct {
	Name     string         `json:"name" minLength:"1" maxLength:"8"`
	Price    money.Money    `json:"price"`
	Quantity money.Quantity `json:"quantity"`
	Parent   ids.ID         `json:"parent,omitzero"`
	Count    int64          `json:"count,omitempty" maximum:"100"`
}

type makeThing struct {
	web.Idempotent
	Body struct {
		Lines []line            `json:"lines" maxItems:"3"`
		Mail  string            `json:"mail,omitempty" format:"email"`
		Meta  map[string]string `json:"meta,omitempty"`
	}
}

type thing struct {
	Key     string `json:"key"`
	Total   int64  `json:"total"`
	Partner ids.ID `json:"partner"`
	Text    string `json:"text"`
}

type crash struct{}

func (crash) Crash() {}

type world struct {
	http.Handler
	log   *bytes.Buffer
	clock *clock.Manual
	calls int
}

func (w *world) endpoints() []web.Endpoint {
	create := web.Operation{
		Name: "create-thing", Method: "POST", Path: "/api/v1/thing", API: "payments", Summary: "Make a thing", Caller: web.Partner, Status: 201,
		Refuses: []string{"thing_sold_out"}, MaxBody: 4 << 10,
	}
	get := func(name, path string, caller web.CallerKind, f func(context.Context) error) web.Endpoint {
		return web.Handle(web.Operation{Name: name, Method: "GET", Path: path, API: "payments", Caller: caller},
			func(ctx context.Context, _ *struct{}) (*struct{ Body thing }, error) {
				return &struct{ Body thing }{thing{Text: "<ok>"}}, f(ctx)
			})
	}
	return []web.Endpoint{
		web.Handle(create, func(ctx context.Context, in *makeThing) (*web.Reply[thing], error) {
			w.calls++
			out := thing{Key: in.Key(), Partner: web.CallerOf(ctx).Partner, Text: "a & b"}
			for _, l := range in.Body.Lines {
				out.Total += l.Price.Amount
			}
			if in.Key() == "again" {
				return web.Again(0, out), nil
			}
			return web.Fresh(0, out), nil
		}),
		web.Handle(web.Operation{Name: "get-thing", Method: "GET", Path: "/api/v1/thing/{uuid}", API: "payments", Caller: web.Partner, Scope: "orders:read"},
			func(_ context.Context, in *struct {
				ID    ids.ID `path:"uuid"`
				Limit int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
			}) (*struct{ Body thing }, error) {
				return nil, fault.NotFound("thing_not_found", "There is no such thing.").Because(errors.New("row of gb_test_good"))
			}),
		web.Handle(web.Operation{Name: "optional", Method: "POST", Path: "/api/v1/optional", Caller: web.Nobody},
			func(_ context.Context, in *struct {
				web.Idempotent
				Body *struct {
					Amount int64 `json:"amount,omitempty"`
				}
			}) (*struct{ Body thing }, error) {
				if _, err := in.RequireKey(); err != nil {
					return nil, err
				}
				return &struct{ Body thing }{}, nil
			}),
		get("operators", "/api/v1/admin/thing", web.Operator, func(context.Context) error { return nil }),
		web.Handle(web.Operation{Name: "needs-refund", Method: "GET", Path: "/api/v1/scoped", Caller: web.Partner, Scope: "refunds:write"},
			func(context.Context, *struct{}) (*struct{}, error) { return nil, nil }),
		get("panics", "/api/v1/panics", web.Nobody, func(context.Context) error { panic("secret text") }),
		get("crashes", "/api/v1/crashes", web.Nobody, func(context.Context) error { panic(crash{}) }),
		get("busy", "/api/v1/busy", web.Nobody, func(context.Context) error {
			return fault.Conflict("thing_in_flight", "Still working.").After(1500 * time.Millisecond)
		}),
		get("internal", "/api/v1/internal", web.Nobody, func(context.Context) error { return errors.New("password=hunter2") }),
		web.Raw(web.Operation{Name: "page", Method: "GET", Path: "/p/{link}", Caller: web.Nobody}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<p>"+web.RequestID(r.Context()))
		})),
		web.Raw(web.Operation{Name: "hook", Method: "POST", Path: "/api/hook", Caller: web.Nobody, MaxBody: 16}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := web.ReadBody(r)
			if err != nil {
				web.Fail(w, r, err)
				return
			}
			_, _ = w.Write(body)
		})),
	}
}

func setup(t *testing.T) *world {
	t.Helper()
	w := &world{log: &bytes.Buffer{}, clock: clock.At(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))}
	w.Handler = web.NewServer(web.Options{
		Auth: guard{}, Clock: w.clock, Random: strings.NewReader(strings.Repeat("0123456789abcdef", 100)), Log: slog.New(slog.NewJSONHandler(w.log, nil)),
		Title: "Giberno", Version: "1", Docs: true, Rate: web.Rate{PerSecond: 10, Burst: 20},
	}, w.endpoints()...)
	return w
}

type call struct {
	method, path, body string
	token              string
	header             http.Header
}

func (w *world) do(c call) *httptest.ResponseRecorder {
	r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
	if c.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	for name, values := range c.header {
		r.Header[name] = values
	}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	return rec
}

// problem asserts that the answer is a well-made refusal and gives it back.
func problem(t *testing.T, rec *httptest.ResponseRecorder, status int, code string) web.Problem {
	t.Helper()
	require.Equal(t, status, rec.Code, rec.Body.String())
	require.Equal(t, web.ProblemType, rec.Header().Get("Content-Type"))
	require.Equal(t, "nosniff", rec.Header().Get("X-Content-Type-Options"))
	require.Equal(t, "no-store", rec.Header().Get("Cache-Control"))
	require.NotEmpty(t, rec.Header().Get("X-Request-Id"))
	var p web.Problem
	require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &p))
	require.Equal(t, code, p.Code)
	require.Equal(t, status, p.Status)
	require.Equal(t, "/docs/problems#"+code, p.Type)
	require.NotEmpty(t, p.Title)
	require.NotEmpty(t, p.Detail)
	return p
}

const goodBody = `{"lines":[{"name":"a","price":{"amount":100,"currency":"RUB"},"quantity":1.5}]}`
