package atol

import (
	"encoding/json"
	"errors"
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
	testLogin    = "giberno-both"
	testPassword = "s3cr3t-pass"
	testGroup    = "giberno-group"
	testINN      = "5544332219"
	baseURL      = "http://atol.test/sim/atol"
)

// world is a service with a shop that listens, on a clock that stands still.
type world struct {
	t       *testing.T
	service *Service
	handler http.Handler
	clock   *clock.Manual
	shop    *shop
}

// shop hears notices; what it answers may be changed.
type shop struct {
	mu     sync.Mutex
	status int
	heard  []map[string]any
}

func (s *shop) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	fields, err := parse(raw)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, fields)
	if s.status == 0 {
		return nil, errors.New("nobody listens")
	}
	return &http.Response{StatusCode: s.status, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
}

func (s *shop) answers(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

func (s *shop) take() []map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	heard := s.heard
	s.heard = nil
	return heard
}

func config() (Config, *clock.Manual, *shop) {
	now := clock.At(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
	s := &shop{status: http.StatusOK}
	return Config{
		Accounts: []Account{
			{Login: testLogin, Password: testPassword, Group: testGroup, INN: testINN},
			{Login: "four", Password: "4", Group: "four", INN: testINN, Version: "v4"},
			{Login: "shy", Password: "s", Group: "shy", INN: testINN, Shy: true, TillSec: 60},
		},
		Clock: now, Random: rand.NewChaCha8([32]byte{7}), BaseURL: baseURL, Deliver: s, Advance: now.Advance,
		Log: slog.New(slog.DiscardHandler),
	}, now, s
}

func setup(t *testing.T, change ...func(*Config)) *world {
	t.Helper()
	c, now, s := config()
	for _, f := range change {
		f(&c)
	}
	service, err := New(c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, service.Close()) })
	return &world{t: t, service: service, handler: service.Handler(), clock: now, shop: s}
}

// send makes a call and gives its status and members.
func (w *world) send(method, path, token string, body any) (int, map[string]any) {
	w.t.Helper()
	raw, ok := body.(string)
	if !ok && body != nil {
		raw = string(marshal(body))
	}
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(raw))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	if token != "" {
		r.Header.Set("Token", token)
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	d := json.NewDecoder(rec.Body)
	d.UseNumber()
	out := map[string]any{}
	require.NoError(w.t, d.Decode(&out))
	return rec.Code, out
}

func (w *world) token(login, password string) string {
	w.t.Helper()
	status, out := w.send(http.MethodPost, "/possystem/v4/getToken", "", answer{"login": login, "pass": password})
	require.Equal(w.t, http.StatusOK, status, out)
	return out["token"].(string)
}

// register sends a document of the usual account and gives its uuid.
func (w *world) register(version, operation string, body answer) string {
	w.t.Helper()
	status, out := w.send(http.MethodPost, "/possystem/"+version+"/"+testGroup+"/"+operation, w.token(testLogin, testPassword), body)
	require.Equal(w.t, http.StatusOK, status, out)
	require.Equal(w.t, "wait", out["status"])
	require.Nil(w.t, out["error"])
	return out["uuid"].(string)
}

func (w *world) report(version, uuid string) map[string]any {
	w.t.Helper()
	status, out := w.send(http.MethodGet, "/possystem/"+version+"/"+testGroup+"/report/"+uuid, w.token(testLogin, testPassword), nil)
	require.Equal(w.t, http.StatusOK, status, out)
	return out
}

func (w *world) advance(step time.Duration) {
	w.t.Helper()
	require.NoError(w.t, w.service.AdvanceClock(w.t.Context(), step))
}

// code is the code of an answer's error, 0 without one.
func code(out map[string]any) int64 {
	e, ok := out["error"].(map[string]any)
	if !ok {
		return 0
	}
	n, _ := e["code"].(json.Number).Int64()
	return n
}

func text(out map[string]any) string {
	e, _ := out["error"].(map[string]any)
	s, _ := e["text"].(string)
	return s
}

// sale is a document of one line, as the protocol's own sample has it.
func sale(version, external string) answer {
	item := answer{
		"name": "Кресло", "price": json.Number("4000.00"), "quantity": 2, "sum": json.Number("8000.00"),
		"payment_method": "full_prepayment", "payment_object": "commodity", "measurement_unit": "шт", "vat": answer{"type": "none"},
	}
	if version == "v5" {
		delete(item, "measurement_unit")
		item["measure"], item["payment_object"] = 0, 1
	}
	return answer{
		"external_id": external, "timestamp": "01.03.2026 12:00:00", "service": answer{"callback_url": "https://shop.test/notice"},
		"receipt": answer{
			"client":  answer{"email": "buyer@example.com"},
			"company": answer{"email": "shop@example.com", "sno": "usn_income", "inn": testINN, "payment_address": "https://shop.example"},
			"items":   []answer{item}, "payments": []answer{{"type": 1, "sum": json.Number("8000.00")}}, "total": json.Number("8000.00"),
		},
	}
}

// mend is a correction: sums alone in v4, a whole receipt in v5.
func mend(version, external string) answer {
	info := answer{"type": "self", "base_date": "28.02.2026", "base_number": "17"}
	doc := sale(version, external)
	paper := doc["receipt"].(answer)
	delete(doc, "receipt")
	if version == "v5" {
		paper["correction_info"] = info
		doc["correction"] = paper
		return doc
	}
	company := paper["company"].(answer)
	delete(company, "email")
	doc["correction"] = answer{
		"company": company, "correction_info": info, "payments": paper["payments"],
		"vats": []answer{{"type": "none", "sum": json.Number("8000.00")}},
	}
	return doc
}
