package restore

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	simulator "giberno.ru/infra/simulators/tbank"
	"giberno.ru/infra/standalone/platform"
	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/identity"
	identitystore "giberno.ru/shared/identity/store"
	"giberno.ru/shared/payments"
)

const kopecks = 150_000

// stage is what outlives the platform: its name in the world, the bank, and what partner and payers know.
type stage struct {
	t        *testing.T
	front    *httptest.Server
	door     atomic.Pointer[http.Handler] // nil: the platform is down
	now      atomic.Pointer[platform.Platform]
	bank     *simulator.Bank
	bankDoor *httptest.Server
	partner  string // its token
	operator string // the token of the first operator

	dir  string
	stop func() // of the loops
}

// Now is the time of both sides: the platform's clock, or the machine's while there is no platform.
func (s *stage) Now() time.Time {
	if p := s.now.Load(); p != nil {
		return p.Clock.Now()
	}
	return clock.System{}.Now()
}

func setup(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, dir: t.TempDir()}
	s.front = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := s.door.Load(); h != nil {
			(*h).ServeHTTP(w, r)
			return
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(s.front.Close)
	var err error
	s.bank, err = simulator.New(simulator.Config{
		Terminals: []simulator.Terminal{{Key: "DrillDEMO", Password: "drill-password", NotificationURL: s.front.URL + "/api/a2c/notifications", Fiscal: true}},
		Clock:     s, Random: rand.NewChaCha8([32]byte{7}), NoMagicAmounts: true, Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.bank.Close()) })
	s.bankDoor = httptest.NewServer(s.bank.Handler())
	t.Cleanup(s.bankDoor.Close)
	s.bank.SetBaseURL(s.bankDoor.URL)
	s.open()
	s.contract()
	return s
}

// open starts a platform on the folder; it is not yet reached from outside.
func (s *stage) open() *platform.Platform {
	s.t.Helper()
	p, err := platform.Open(s.t.Context(), platform.Config{Dir: s.dir, BaseURL: s.front.URL, NoSync: true, NoDemo: true})
	require.NoError(s.t, err)
	s.now.Store(p)
	s.stop = func() {}
	s.t.Cleanup(func() { s.die() })
	return p
}

// serve lets the world in; loops says that the platform's own work goes on behind the door.
func (s *stage) serve(loops bool) {
	p, ctx, cancel := s.now.Load(), s.t.Context(), context.CancelFunc(func() {})
	var running sync.WaitGroup
	if loops {
		ctx, cancel = context.WithCancel(ctx)
		running.Go(func() { p.Run(ctx) })
	}
	s.stop = func() { cancel(); running.Wait() }
	h := p.Handler()
	s.door.Store(&h)
}

// die takes the platform away, if there is one. Its requests have ended, as those of a dead process have.
func (s *stage) die() {
	p := s.now.Load()
	if p == nil {
		return
	}
	s.door.Store(nil)
	s.stop()
	require.NoError(s.t, p.Close())
	s.now.Store(nil)
}

// contract makes the operator, the partner and the account at the bank.
func (s *stage) contract() {
	s.t.Helper()
	p, ctx, now := s.now.Load(), s.t.Context(), s.Now().Truncate(time.Millisecond)
	var err error
	s.operator, err = p.Identity.Bootstrap(ctx)
	require.NoError(s.t, err)
	partner := identity.Partner{ID: ids.FromParts("drill"), Name: "Школа", LegalName: "ООО «Школа»", INN: "7707083893", Taxation: "usn_income",
		PaymentAddress: "https://school.example", Phone: "+74950000000", Country: "RU", TimeZone: "Europe/Moscow", SupportContact: "help@school.example", CreatedAt: now}
	_, err = p.Identity.CreatePartner(ctx, partner, identitystore.Once{})
	require.NoError(s.t, err)
	_, s.partner, err = p.Identity.IssueToken(ctx, identitystore.Issue{Kind: identity.TestToken, Holder: partner.ID, Name: "drill", Scopes: []string{"*"}}, ids.ID{}, identitystore.Once{})
	require.NoError(s.t, err)
	_, err = p.Identity.CreateAccount(ctx, identity.Account{
		ID: ids.FromParts("drill account"), Provider: "tbank", Mode: ids.Test, Terminal: "DrillDEMO", Address: s.bankDoor.URL, Everyone: true, Country: "RU",
		Currencies: []money.Currency{money.RUB}, On: true, Fiscal: true, Taxation: "usn_income",
		Methods: []identity.MethodTerms{{Code: banks.Card, On: true}, {Code: banks.SBP, On: true}}, CreatedAt: now,
	}, "drill-password", identitystore.Once{})
	require.NoError(s.t, err)
}

// call makes a call of the platform's API.
func (s *stage) call(token, method, path string, body any) (status int, answer []byte, err error) {
	var raw []byte
	if body != nil {
		if raw, err = json.Marshal(body); err != nil {
			return 0, nil, err
		}
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.front.URL+path, bytes.NewReader(raw))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if raw != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

// order is the partner's call; it gives the new order's id.
func (s *stage) order() (ids.ID, error) {
	var o struct{ UUID ids.ID }
	err := s.create("/api/v1/order", map[string]any{
		"project": "Школа", "email": "buyer@example.com",
		"items": []any{map[string]any{"name": "Консультация", "price": map[string]any{"amount": kopecks, "currency": "RUB"}, "quantity": 1, "payment_subject": "service"}},
	}, &o)
	return o.UUID, err
}

// press opens an attempt to pay by card, and gives its reference at the bank.
func (s *stage) press(order ids.ID) (reference string, err error) {
	var p struct{ UUID ids.ID }
	if err = s.create("/api/v1/payment", map[string]any{"order_uuid": order, "code": "card"}, &p); err != nil {
		return "", err
	}
	return ids.Reference(ids.Test, order, p.UUID.N()), nil
}

func (s *stage) create(path string, body, into any) error {
	status, answer, err := s.call(s.partner, http.MethodPost, path, body)
	if err == nil && status != http.StatusCreated {
		err = fmt.Errorf("%s: %d %s", path, status, answer)
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(answer, into)
}

// atBank is what the payer does on the bank's page, by its control call.
func (s *stage) atBank(reference, outcome string) error {
	body := strings.NewReader(`{"outcome":"` + outcome + `"}`)
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.bankDoor.URL+"/control/payments/"+reference+"/pay", body)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if answer, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the bank: %d %s", resp.StatusCode, answer)
	}
	return nil
}

// load reads an order past every door; ok is false for one that is not there.
func (s *stage) load(order ids.ID) (w payments.Whole, ok bool) {
	s.t.Helper()
	w, err := s.now.Load().Payments.Store.Load(s.t.Context(), ids.Test, order)
	if err != nil {
		require.ErrorIs(s.t, err, payments.ErrOrderNotFound)
	}
	return w, err == nil
}

// backup is the operator's call.
func (s *stage) backup() string {
	s.t.Helper()
	status, copied, err := s.call(s.operator, http.MethodGet, platform.BackupPath, nil)
	require.NoError(s.t, err)
	require.Equal(s.t, http.StatusOK, status)
	path := filepath.Join(s.t.TempDir(), "backup.db")
	require.NoError(s.t, platform.WholeFile(s.t.Context(), path, func(w io.Writer) error { _, err := w.Write(copied); return err }))
	return path
}
