package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/reconciling"
	"giberno.ru/shared/ledger/reconciling/api"
	"giberno.ru/shared/ledger/store"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/counting"
	"giberno.ru/shared/platform/table/faulty"
	"giberno.ru/shared/platform/table/limits"
	"giberno.ru/shared/platform/table/stamped"
	"giberno.ru/shared/platform/web"
)

// The callers.
const (
	shop  = "gb_test_shop"
	anna  = "gb_ops_anna"
	clerk = "gb_ops_clerk" // who may not reconcile
)

var (
	annaID  = ids.FromParts("operator", "anna")
	partner = ids.FromParts("partner")
	account = ids.FromParts("account")
	zone    = time.FixedZone("MSK", 3*3600)
	day     = time.Date(2026, 11, 21, 0, 0, 0, 0, zone)
)

type guard struct{}

func (guard) Authenticate(_ context.Context, secret string) (web.Caller, error) {
	switch secret {
	case shop:
		return web.Caller{Kind: web.Partner, Partner: partner, Mode: ids.Test, TokenID: "shop", Scopes: []string{web.EveryScope}}, nil
	case anna:
		return web.Caller{Kind: web.Operator, Person: annaID, TokenID: "anna", Scopes: []string{api.Reconcile}}, nil
	case clerk:
		return web.Caller{Kind: web.Operator, TokenID: "clerk", Scopes: []string{"alarms:write"}}, nil
	}
	return web.Caller{}, web.ErrInvalidToken
}

// world is the reconciler behind its real door.
type world struct {
	http.Handler
	poster *store.Poster
	store  *store.Store
	count  *counting.Table
	faults *faulty.Table
	clock  *clock.Manual
	alarms int
}

func setup(t testing.TB) *world {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "data"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	engine, err := boltengine.New(f, boltengine.Options{})
	require.NoError(t, err)
	faults := faulty.New(limits.New(engine), nil)
	w := &world{faults: faults, count: counting.New(faults), clock: clock.At(day.Add(36 * time.Hour))}
	w.store = store.New(stamped.New(w.count, stamped.Options{Sleep: func(ctx context.Context, _ time.Duration) error { runtime.Gosched(); return ctx.Err() }}))
	w.poster = w.store.NewPoster(w.clock, rand.NewChaCha8([32]byte{1}))
	service := &api.Service{Clock: w.clock, Cursors: page.Signer{Key: []byte("the key of this test")}, Reconciler: &reconciling.Reconciler{
		Store: w.store, Clock: w.clock, Folder: t.TempDir(),
		Partners: func(context.Context) iter.Seq2[ids.ID, error] {
			return func(yield func(ids.ID, error) bool) { yield(partner, nil) }
		},
		Account: func(_ context.Context, _ ids.Mode, id ids.ID) (reconciling.Account, error) {
			if id != account {
				return reconciling.Account{}, fault.NotFound("account_not_found", "There is no such account.")
			}
			return reconciling.Account{Provider: "tbank"}, nil
		},
		Post:  reconciling.PostWith(w.poster, func(context.Context, ids.ID) (*time.Location, error) { return zone, nil }),
		Raise: func(context.Context, ids.Mode, ids.ID, string) error { w.alarms++; return nil },
	}}
	w.Handler = web.NewServer(web.Options{Auth: guard{}, Clock: w.clock, Rate: web.Rate{PerSecond: -1}, Docs: true, Title: "Giberno"}, service.Endpoints()...)
	return w
}

type call struct {
	method, path, media, token string
	body                       io.Reader
}

func get(path string) call { return call{method: "GET", path: path, token: anna} }
func post(path, body string) call {
	return call{"POST", path, "application/json", anna, strings.NewReader(body)}
}
func send(query, file string) call {
	return call{"POST", "/api/v1/admin/reconciliation?" + query, "text/csv; charset=utf-8", anna, strings.NewReader(file)}
}
func (c call) by(token string) call { c.token = token; return c }
func (c call) as(media string) call { c.media = media; return c }

func (w *world) do(c call) *httptest.ResponseRecorder {
	path, raw, isRaw := strings.Cut(c.path, "\x00")
	r := httptest.NewRequest(c.method, path, c.body)
	if isRaw {
		r.URL.RawQuery = raw
	}
	if c.media != "" {
		r.Header.Set("Content-Type", c.media)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	return rec
}

func read[T any](t testing.TB, a *httptest.ResponseRecorder) (out T) {
	t.Helper()
	require.Equal(t, 200, a.Code, a.Body.String())
	require.Equal(t, "application/json", a.Header().Get("Content-Type"))
	require.NoError(t, json.Unmarshal(a.Body.Bytes(), &out))
	return out
}

func refused(t testing.TB, a *httptest.ResponseRecorder, status int, code string) web.Problem {
	t.Helper()
	require.Equal(t, status, a.Code, a.Body.String())
	require.Equal(t, web.ProblemType, a.Header().Get("Content-Type"))
	var p web.Problem
	require.NoError(t, json.Unmarshal(a.Body.Bytes(), &p))
	require.Equal(t, code, p.Code, a.Body.String())
	return p
}

func reference(n int) string {
	return ids.Reference(ids.Test, ids.FromParts("order", fmt.Sprint(n)), 1)
}

// paid posts payment n, of n+1 roubles.
func (w *world) paid(t testing.TB, n int) {
	t.Helper()
	e, err := ledger.Paid(ledger.Payment{ID: ids.FromParts("order", fmt.Sprint(n)).Child(ids.Payment, 1), Mode: ids.Test, Partner: partner,
		Amount: money.Of(int64(n+1)*100, money.RUB), Terms: ledger.Terms{Account: account}}, day.Add(time.Hour))
	require.NoError(t, err)
	e.Reference = reference(n)
	require.NoError(t, w.poster.Post(t.Context(), e.Book, zone, []ledger.Entry{e})[0])
}

const heading = "Номер заказа;Идентификатор платежа;Тип операции;Статус;Сумма операции;Комиссия;Валюта;Дата операции\n"

func line(n int) string {
	return fmt.Sprintf("%s;b%d;Оплата;Успешно;%d,00;0,00;RUB;21.11.2026 01:00:00\n", reference(n), n, n+1)
}

func period() string {
	return "mode=test&account=" + account.String() + "&from=2026-11-21&to=2026-11-22&grace_hours=0"
}

// broke makes the ledger know a payment that the bank does not, and gives the break.
func (w *world) broke(t testing.TB) api.Break {
	t.Helper()
	w.paid(t, 0)
	read[api.Reconciliation](t, w.do(send(period(), heading)))
	list := read[page.List[api.Break]](t, w.do(get("/api/v1/admin/breaks?mode=test")))
	require.Len(t, list.Items, 1)
	return list.Items[0]
}

func TestOpenAPI(t *testing.T) {
	t.Parallel()
	documents, err := web.Documents(web.Options{Title: "Giberno"}, (&api.Service{}).Endpoints()...)
	require.NoError(t, err)
	require.Len(t, documents, 1)
	for _, path := range []string{"/reconciliation", "/reconciliation/payouts", "/breaks", "/break/{id}/assign", "/break/{id}/resolve"} {
		require.Contains(t, string(documents["admin"]), `"/api/v1/admin`+path+`"`)
	}
	for _, schema := range []string{"Reconciliation", "Break", "ImportedRegister"} {
		require.Contains(t, string(documents["admin"]), `"`+schema+`":{`)
	}
}

func TestDoor(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := ids.FromParts("x").String()
	for _, c := range []call{
		send(period(), heading), post("/api/v1/admin/reconciliation/payouts", "{}"),
		post("/api/v1/admin/break/"+id+"/assign", "{}"), post("/api/v1/admin/break/"+id+"/resolve", "{}"), get("/api/v1/admin/breaks"),
	} {
		refused(t, w.do(c.by(shop)), 403, "forbidden_scope")
		refused(t, w.do(c.by("gb_ops_stranger")), 401, "invalid_token")
		if c.method == "POST" {
			refused(t, w.do(c.by(clerk)), 403, "forbidden_scope")
		}
	}
	require.Zero(t, w.count.Snapshot().Total.Trips)
}

// with sets the query as it stands, whatever is in it.
func (c call) with(query string) call { c.path += "\x00" + query; return c }
