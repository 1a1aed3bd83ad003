package api_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/api"
	"giberno.ru/shared/payments/cashier"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/counting"
	"giberno.ru/shared/platform/table/faulty"
	"giberno.ru/shared/platform/table/limits"
	"giberno.ru/shared/platform/web"
)

// The callers. Each token is good for one partner in one mode, as tokens are.
const (
	shop     = "gb_test_shop"
	shopLive = "gb_live_shop"
	rival    = "gb_test_rival"
	operator = "gb_ops_anna"
	anna2    = "gb_ops_anna2" // another token of the same person
	boris    = "gb_ops_boris"
	clerk    = "gb_ops_clerk" // who may not give money back
	revoked  = "gb_test_revoked"
)

var (
	shopID  = ids.FromParts("partner", "shop")
	rivalID = ids.FromParts("partner", "rival")
	annaID  = ids.FromParts("operator", "anna")
	borisID = ids.FromParts("operator", "boris")
	start   = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
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
		return web.Caller{Kind: web.Operator, Person: annaID, TokenID: "anna", Scopes: []string{web.EveryScope}, Name: "Anna"}, nil
	case anna2:
		return web.Caller{Kind: web.Operator, Person: annaID, TokenID: "anna-2", Scopes: []string{api.GiveBack}, Name: "Anna at home"}, nil
	case boris:
		return web.Caller{Kind: web.Operator, Person: borisID, TokenID: "boris", Scopes: []string{api.GiveBack}, Name: "Boris"}, nil
	case clerk:
		return web.Caller{Kind: web.Operator, Person: ids.FromParts("operator", "clerk"), TokenID: "clerk", Scopes: []string{"alarms:write"}, Name: "Clerk"}, nil
	case revoked:
		return web.Caller{}, web.ErrTokenRevoked
	}
	return web.Caller{}, web.ErrInvalidToken
}

// sent is a queue that only remembers.
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

// randomness is a seeded source that many may draw from.
type randomness struct {
	mu  sync.Mutex
	src *rand.ChaCha8
}

func (r *randomness) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.src.Read(p)
}

// world is the whole module behind its real door, with a bank that the test plays.
type world struct {
	http.Handler
	service  *api.Service
	clock    *clock.Manual
	table    *counting.Table
	faults   *faulty.Table
	store    *store.Store
	bank     *fakeBank
	accounts *contracts
	queue    *sent
}

func setup(t testing.TB) *world {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "giberno.db"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.Close() })
	engine, err := boltengine.New(f, boltengine.Options{})
	require.NoError(t, err)
	faults := faulty.New(engine, nil)
	w := &world{clock: clock.At(start), faults: faults, table: counting.New(limits.New(faults)), bank: newBank(), accounts: newContracts(), queue: &sent{}}
	w.store = store.New(w.table)
	random := &randomness{src: rand.NewChaCha8([32]byte{7})}
	w.service = &api.Service{
		Teller: teller.New(teller.Config{
			Store: w.store, Accounts: w.accounts, Queue: w.queue, Clock: w.clock, Random: random, Log: slog.New(slog.DiscardHandler),
			Bank: func(provider string) (teller.Bank, bool) {
				return w.bank, provider == "tbank" || provider == "alfa"
			},
			BaseURL: "https://pay.example", Notify: func(p string) string { return "https://pay.example/api/" + p },
		}),
		Cashier: cashier.New(cashier.Config{Store: w.store, Clock: w.clock, Log: slog.New(slog.DiscardHandler)}),
		Store:   w.store, Clock: w.clock, Cursors: page.Signer{Key: []byte("the key of this test")}, BaseURL: "https://pay.example",
	}
	w.Handler = web.NewServer(web.Options{Auth: guard{}, Clock: w.clock, Random: random, Rate: web.Rate{PerSecond: -1}, Docs: true, Title: "Giberno"},
		w.service.Endpoints()...)
	return w
}

type call struct {
	method, path string
	body         string
	token        string // "" is shop's; "-" is none
	key          string // Idempotency-Key
	header       http.Header
}

func get(path string) call             { return call{method: "GET", path: path} }
func post(path, body string) call      { return call{method: "POST", path: path, body: body} }
func (c call) by(token string) call    { c.token = token; return c }
func (c call) keyed(key string) call   { c.key = key; return c }
func (c call) with(h http.Header) call { c.header = h; return c }

// answer is what came back, with the call that it answers.
type answer struct {
	*httptest.ResponseRecorder
	call call
}

func (w *world) do(c call) answer {
	r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
	if c.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	switch c.token {
	case "":
		r.Header.Set("Authorization", "Bearer "+shop)
	case "-":
	default:
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.key != "" {
		r.Header.Set("Idempotency-Key", c.key)
	}
	for name, values := range c.header {
		r.Header[name] = values
	}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	return answer{rec, c}
}

// written is how many rows were written since setup or the last reset of the counts.
func (w *world) written() int { return w.table.Snapshot().Total.RowsWritten }

// read asserts the status and reads the body.
func read[T any](t testing.TB, a answer, status int) (out T) {
	t.Helper()
	require.Equal(t, status, a.Code, a.Body.String())
	require.Equal(t, "application/json", a.Header().Get("Content-Type"))
	require.NoError(t, json.Unmarshal(a.Body.Bytes(), &out))
	return out
}

// refused asserts a well-made problem whose code the document of the operation names, and gives it back.
func refused(t testing.TB, a answer, status int, code string) web.Problem {
	t.Helper()
	require.Equal(t, status, a.Code, a.Body.String())
	require.Equal(t, web.ProblemType, a.Header().Get("Content-Type"))
	var p web.Problem
	require.NoError(t, json.Unmarshal(a.Body.Bytes(), &p))
	require.Equal(t, code, p.Code)
	require.Empty(t, a.Header().Get("Idempotent-Replayed"))
	if codes, described := documentedCodes(t, a.call); described {
		require.Contains(t, codes, code, "the document of %s %s does not name this refusal", a.call.method, a.call.path)
	}
	return p
}

// same asserts a replay: the first answer once more, byte for byte.
func same(t testing.TB, first, again answer) {
	t.Helper()
	require.Equal(t, first.Code, again.Code, again.Body.String())
	require.Equal(t, first.Body.String(), again.Body.String())
	require.Empty(t, first.Header().Get("Idempotent-Replayed"))
	require.Equal(t, "true", again.Header().Get("Idempotent-Replayed"))
}

// changesNothing asserts that an action leaves every row alone.
func (w *world) changesNothing(t testing.TB, act func()) {
	t.Helper()
	before := w.written()
	act()
	require.Equal(t, before, w.written(), "rows were written")
}

const lesson = `{"name":"Консультация","price":{"amount":150000,"currency":"RUB"},"quantity":1}`

func orderBody(extra string) string {
	return `{"project":"Школа","email":"buyer@example.com","items":[` + lesson + `]` + extra + `}`
}

func (w *world) order(t testing.TB, extra string) api.Order {
	t.Helper()
	return read[api.Order](t, w.do(post("/api/v1/order", orderBody(extra))), 201)
}

func (w *world) getOrder(t testing.TB, id ids.ID) api.Order {
	t.Helper()
	return read[api.Order](t, w.do(get("/api/v1/order/"+id.String())), 200)
}

func paymentBody(order ids.ID, code string) string {
	return `{"order_uuid":"` + order.String() + `","code":"` + code + `"}`
}

func (w *world) payment(t testing.TB, order ids.ID, code string) api.Payment {
	t.Helper()
	return read[api.Payment](t, w.do(post("/api/v1/payment", paymentBody(order, code))), 201)
}

// held makes an order of two lines, 3000.00 together, whose payment waits for capture.
func (w *world) held(t testing.TB) api.Payment {
	t.Helper()
	body := `{"project":"Школа","email":"buyer@example.com","capture":"manual","items":[` + lesson + `,` + lesson + `]}`
	o := read[api.Order](t, w.do(post("/api/v1/order", body)), 201)
	p := w.payment(t, o.UUID, "card")
	w.tell(t, p, "held")
	return w.getPayment(t, p.UUID)
}

func (w *world) getPayment(t testing.TB, id ids.ID) api.Payment {
	t.Helper()
	return read[api.Payment](t, w.do(get("/api/v1/payment/"+id.String())), 200)
}

// tell moves a payment at the bank and lets the bank notify.
func (w *world) tell(t testing.TB, p api.Payment, status string) {
	t.Helper()
	ref := ids.Reference(ids.Test, p.OrderUUID, p.UUID.N())
	w.bank.move(ref, status)
	a := w.do(post("/api/a2c/notifications", noticeOf(ref, status, p.Amount)).by("-"))
	require.Equal(t, 200, a.Code, a.Body.String())
	require.Equal(t, "OK", a.Body.String())
}

func (w *world) paid(t testing.TB) (api.Order, api.Payment) {
	t.Helper()
	o := w.order(t, "")
	p := w.payment(t, o.UUID, "card")
	w.tell(t, p, "paid")
	return w.getOrder(t, o.UUID), w.getPayment(t, p.UUID)
}

func (w *world) whole(t testing.TB, m ids.Mode, id ids.ID) payments.Whole {
	t.Helper()
	o, err := w.store.Load(context.Background(), m, id)
	require.NoError(t, err)
	return o
}
