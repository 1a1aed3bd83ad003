package api_test

import (
	"context"
	"encoding/json"
	"errors"
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
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/api"
	"giberno.ru/shared/ledger/register/xlsx"
	"giberno.ru/shared/ledger/settle"
	"giberno.ru/shared/ledger/store"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/queue"
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
	clerk    = "gb_ops_clerk" // who may not settle
)

var (
	shopID    = ids.FromParts("partner", "shop")
	rivalID   = ids.FromParts("partner", "rival")
	accountID = ids.FromParts("account")
	start     = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	today     = ledger.Day("2026-03-02")
	book      = ledger.Book{Mode: ids.Test, Partner: shopID, Currency: money.RUB}
	zone      = time.FixedZone("MSK", 3*3600)
)

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
		return web.Caller{Kind: web.Operator, TokenID: "anna", Scopes: []string{api.ManageSettlements}, Name: "Anna"}, nil
	case clerk:
		return web.Caller{Kind: web.Operator, Person: ids.FromParts("clerk"), TokenID: "clerk", Scopes: []string{"alarms:write"}, Name: "Clerk"}, nil
	}
	return web.Caller{}, web.ErrInvalidToken
}

// contracts knows two partners and an account.
type contracts struct{}

func (contracts) Partner(_ context.Context, id ids.ID) (settle.Partner, error) {
	if id != shopID && id != rivalID {
		return settle.Partner{}, fault.NotFound("partner_not_found", "There is no such partner.")
	}
	return settle.Partner{Zone: zone, Country: "RU"}, nil
}

func (contracts) Account(_ context.Context, _ ids.Mode, id ids.ID) error {
	if id != accountID {
		return fault.NotFound("account_not_found", "There is no such account.")
	}
	return nil
}

// Raise hears no alarm: none is tested here.
func (contracts) Raise(context.Context, ids.Mode, string, string, string) error { return nil }

type sent struct {
	mu   sync.Mutex
	jobs []queue.Job
}

func (s *sent) Send(_ context.Context, _ string, _ time.Duration, jobs ...queue.Job) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs = append(s.jobs, jobs...)
	return nil
}

// world is the ledger behind its real door.
type world struct {
	http.Handler
	service *api.Service
	store   *store.Store
	poster  *store.Poster
	settler *settle.Settler
	queue   *sent
	clock   *clock.Manual
	count   *counting.Table
	faults  *faulty.Table
}

func setup(t testing.TB) *world {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "data"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	engine, err := boltengine.New(f, boltengine.Options{})
	require.NoError(t, err)
	faults := faulty.New(limits.New(engine), nil)
	count := counting.New(faults)
	s := store.New(stamped.New(count, stamped.Options{Sleep: func(ctx context.Context, _ time.Duration) error { runtime.Gosched(); return ctx.Err() }}))
	w := &world{store: s, queue: &sent{}, clock: clock.At(start), count: count, faults: faults}
	w.poster = s.NewPoster(w.clock, rand.NewChaCha8([32]byte{1}))
	w.settler = &settle.Settler{Store: s, Poster: w.poster, Partners: contracts{}, Alarms: contracts{}, Clock: w.clock}
	w.service = &api.Service{
		Settler: w.settler, Worker: &settle.Worker{Settler: w.settler, Queue: w.queue}, Store: s, Partners: contracts{},
		Registers: &settle.Registers{Store: s, Orders: orders}, Cursors: page.Signer{Key: []byte("the key of this test")}, Clock: w.clock,
		Log: slog.New(slog.DiscardHandler), Spreadsheet: xlsx.Write,
	}
	w.Handler = web.NewServer(web.Options{Auth: guard{}, Clock: w.clock, Rate: web.Rate{PerSecond: -1}, Docs: true, Title: "Giberno"}, w.service.Endpoints()...)
	return w
}

func orders(_ context.Context, _ ids.Mode, operations ...ids.ID) (map[ids.ID]settle.Operation, error) {
	all := map[ids.ID]settle.Operation{}
	for _, id := range operations {
		all[id] = settle.Operation{ExternalID: "=A-1", Method: "card"}
	}
	return all, nil
}

func payment(n int, own bool) ledger.Payment {
	return ledger.Payment{
		ID: ids.FromParts("order", fmt.Sprint(n)).Child(ids.Payment, 1), Mode: book.Mode, Partner: book.Partner, Amount: money.Of(150_000, book.Currency),
		Terms: ledger.Terms{Account: accountID, Own: own, Ours: ledger.Fee{BP: 250}, Theirs: ledger.Fee{BP: 190}},
	}
}

// paid posts n payments of 1500.00, counted from one.
func (w *world) paid(t testing.TB, from, n int) {
	t.Helper()
	var entries []ledger.Entry
	for i := range n {
		e, err := ledger.Paid(payment(from+i, false), start)
		require.NoError(t, err)
		entries = append(entries, e)
	}
	w.post(t, entries...)
}

func (w *world) post(t testing.TB, entries ...ledger.Entry) {
	t.Helper()
	require.NoError(t, errors.Join(w.poster.Post(t.Context(), book, zone, entries)...))
}

// settled ends the day and settles it.
func (w *world) settled(t testing.TB) ledger.Settlement {
	t.Helper()
	day := ledger.DayOf(w.clock.Now(), zone)
	w.clock.Advance(24 * time.Hour)
	done, err := w.settler.Close(t.Context(), book, day)
	require.NoError(t, err)
	require.True(t, done)
	made, err := w.store.Settlement(t.Context(), book.Mode, ledger.SettlementID(book, day))
	require.NoError(t, err)
	return made
}

type call struct {
	method, path, body, token string
	key, accept               string
}

func get(path string) call { return call{method: "GET", path: path} }
func post(path, body string) call {
	return call{method: "POST", path: path, body: body, token: operator}
}
func (c call) by(token string) call   { c.token = token; return c }
func (c call) as(media string) call   { c.accept = media; return c }
func (c call) keyed(key string) call  { c.key = key; return c }
func settlementPath(id ids.ID) string { return "/api/v1/settlement/" + id.String() }

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
	if c.accept != "" {
		r.Header.Set("Accept", c.accept)
	}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	return rec
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

func roubles(minor int64) money.Money { return money.Of(minor, money.RUB) }

func TestTheTableFails(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.paid(t, 0, 2)
	made := w.settled(t)
	w.faults.SetPlan(func(faulty.Call) faulty.Fault { return faulty.ErrorBefore })
	for _, c := range []call{
		get("/api/v1/balance"), get("/api/v1/settlements"), get(settlementPath(made.ID)), get(settlementPath(made.ID) + "/register"),
		get("/api/v1/statement?currency=RUB"), get("/api/v1/statement?currency=RUB").as("text/csv"),
		get("/api/v1/admin/settlements").by(operator), get("/api/v1/admin/settlements?partner=" + shopID.String()).by(operator),
		post("/api/v1/admin/settlement/"+made.ID.String()+"/paid-out?mode=test", `{"reference":"P"}`),
		post("/api/v1/admin/settlement/close", closing(shopID, today)), post("/api/v1/admin/transfer", transfer(100, "T")),
	} {
		a := w.do(c)
		require.Equal(t, 503, a.Code, c.path+a.Body.String())
		require.NotContains(t, strings.ToLower(a.Body.String()), "table")
	}
	w.faults.SetPlan(nil)
	require.Equal(t, 200, w.do(get(settlementPath(made.ID))).Code)
}
