package tbank

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
)

const (
	testTerminal = "GibernoTestDEMO"
	testPassword = "s3cr3t-pass"
	baseURL      = "http://bank.test/sim/tbank"
)

// world is a bank with a shop that listens, on a clock that stands still.
type world struct {
	t     *testing.T
	bank  *Bank
	clock *clock.Manual
	shop  *shop
}

// shop answers notifications; reply may be changed.
type shop struct {
	mu     sync.Mutex
	status int
	answer string
	heard  []object
}

func (s *shop) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	o, err := parseObject(raw)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, o)
	return &http.Response{StatusCode: s.status, Body: io.NopCloser(strings.NewReader(s.answer)), Header: http.Header{}, Request: r}, nil
}

func (s *shop) answers(status int, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.answer = status, body
}

// statuses lists what the shop has heard, in order.
func (s *shop) statuses() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []string{}
	for _, o := range s.heard {
		word, _ := o.scalar("Status")
		list = append(list, word)
	}
	return list
}

func config(t *testing.T) (Config, *clock.Manual, *shop) {
	t.Helper()
	now := clock.At(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
	s := &shop{status: 200, answer: "OK"}
	return Config{
		Terminals: []Terminal{
			{Key: testTerminal, Password: testPassword, NotificationURL: "https://shop.test/settings"},
			{Key: "Fiscal", Password: "fiscal-pass", NotificationURL: "https://shop.test/settings", Fiscal: true},
			{Key: "TwoStage", Password: "two", TwoStageDefault: true, NoSBP: true, NoCharge: true, RepeatOrders: true, QuietExpiry: true},
		},
		Clock: now, Random: rand.NewChaCha8([32]byte{7}), BaseURL: baseURL, Deliver: s, Advance: now.Advance,
		Log: slog.New(slog.DiscardHandler),
	}, now, s
}

func setup(t *testing.T, change ...func(*Config)) *world {
	t.Helper()
	c, now, s := config(t)
	for _, f := range change {
		f(&c)
	}
	b, err := New(c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return &world{t: t, bank: b, clock: now, shop: s}
}

// sign writes a request with its token.
func sign(t testing.TB, password string, fields answer) []byte {
	t.Helper()
	return []byte(signedBody(fields, password))
}

// post sends raw bytes to a path of the bank.
func (w *world) post(path string, raw []byte) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), http.MethodPost, path, strings.NewReader(string(raw)))
	rec := httptest.NewRecorder()
	w.bank.Handler().ServeHTTP(rec, r)
	return rec
}

// call makes a signed call for a terminal and gives the answer's members.
func (w *world) callAs(terminal, method string, fields answer) map[string]any {
	w.t.Helper()
	fields["TerminalKey"] = terminal
	rec := w.post("/v2/"+method, sign(w.t, w.bank.Terminals()[terminal].Password, fields))
	require.Equal(w.t, http.StatusOK, rec.Code, rec.Body.String())
	require.Equal(w.t, "application/json; charset=utf-8", rec.Header().Get("Content-Type"))
	out := map[string]any{}
	require.NoError(w.t, json.Unmarshal(rec.Body.Bytes(), &out), rec.Body.String())
	return out
}

func (w *world) call(method string, fields answer) map[string]any {
	w.t.Helper()
	return w.callAs(testTerminal, method, fields)
}

// open makes a payment and gives its PaymentId.
func (w *world) open(order string, kopecks int64, more ...answer) string {
	w.t.Helper()
	fields := answer{"Amount": kopecks, "OrderId": order}
	for _, m := range more {
		for name, value := range m {
			fields[name] = value
		}
	}
	out := w.call("Init", fields)
	require.Equal(w.t, "0", out["ErrorCode"], out)
	return out["PaymentId"].(string)
}

func (w *world) tick() {
	w.t.Helper()
	require.NoError(w.t, w.bank.Tick(context.Background()))
}

func (w *world) payment(ref string) Payment {
	w.t.Helper()
	p, err := w.bank.Payment(ref)
	require.NoError(w.t, err)
	return p
}

func (w *world) pay(ref string, a Attempt) Payment {
	w.t.Helper()
	p, err := w.bank.Pay(w.t.Context(), ref, a)
	require.NoError(w.t, err)
	return p
}

// receiptOf is a Receipt of one line.
func receiptOf(kopecks int64) answer {
	return answer{"Email": "buyer@example.com", "Taxation": "usn_income", "Items": []answer{{
		"Name": "Шкаф", "Price": kopecks, "Quantity": 1, "Amount": kopecks, "Tax": "none",
		"PaymentMethod": "full_prepayment", "PaymentObject": "commodity",
	}}}
}
