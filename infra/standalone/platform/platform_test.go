package platform

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/identity"
	identitystore "giberno.ru/shared/identity/store"
)

// setup opens a platform behind a real address, with its loops running.
func setup(t *testing.T) (*Platform, *httptest.Server) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	p, err := Open(t.Context(), Config{Dir: t.TempDir(), BaseURL: "http://" + server.Listener.Addr().String(), NoSync: true})
	require.NoError(t, err)
	server.Config.Handler = p.Handler()
	server.Start()
	stopped := make(chan struct{})
	go func() { p.Run(t.Context()); close(stopped) }()
	t.Cleanup(func() { server.Close(); <-stopped; require.NoError(t, p.Close()) })
	return p, server
}

func send(t *testing.T, method, address, contentType, body string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	require.NoError(t, err)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(text), resp.Header
}

func TestDeveloperSurface(t *testing.T) {
	t.Parallel()

	t.Run("StartPageShowsHowToBegin", func(t *testing.T) {
		t.Parallel()
		p, s := setup(t)
		status, page, header := send(t, "GET", s.URL+"/", "", "")
		require.Equal(t, 200, status)
		require.Contains(t, page, p.Demo.TestToken)
		require.NotContains(t, page, p.Demo.OperatorToken)
		require.Contains(t, header.Get("Content-Security-Policy"), "default-src 'none'")
	})

	t.Run("ButtonMakesAnOrderAndOpensItsLink", func(t *testing.T) {
		t.Parallel()
		_, s := setup(t)
		status, _, header := send(t, "POST", s.URL+"/demo/order", "application/x-www-form-urlencoded", "")
		require.Equal(t, 303, status)
		status, page, _ := send(t, "GET", s.URL+header.Get("Location"), "", "")
		require.Equal(t, 200, status)
		require.Contains(t, page, "Консультация психолога")
	})

	t.Run("ClockMovesForBothSidesAndSurvives", func(t *testing.T) {
		t.Parallel()
		p, s := setup(t)
		for _, contentType := range []string{"application/json", "application/x-www-form-urlencoded"} {
			status, text, _ := send(t, "POST", s.URL+"/demo/clock", contentType, `{"advance":"2h"}`)
			require.Equal(t, 200, status, text)
		}
		require.Equal(t, 4*time.Hour, p.Clock.Offset())
		_, text, _ := send(t, "GET", s.URL+"/sim/tbank/control/clock", "", "")
		require.Contains(t, text, p.Clock.Now().Format("2006-01-02T15"))
		again, err := openClock(p.Clock.path)
		require.NoError(t, err)
		require.Equal(t, 4*time.Hour, again.Offset())
	})

	t.Run("ClockRefusesNonsense", func(t *testing.T) {
		t.Parallel()
		p, s := setup(t)
		for _, body := range []string{"", "{", `{"advance":"-2h"}`, `{"advance":"soon"}`, `{"advance":"10000h"}`, "advance=", strings.Repeat("x", 1<<20)} {
			status, _, _ := send(t, "POST", s.URL+"/demo/clock", "application/json", body)
			require.Contains(t, []int{413, 422}, status, body[:min(len(body), 40)])
		}
		require.Zero(t, p.Clock.Offset())
	})

	t.Run("AnswersOnLoopbackOnly", func(t *testing.T) {
		t.Parallel()
		p, _ := setup(t)
		for _, path := range []string{"/", "/demo/clock", "/sim/tbank/", "/sim/tbank/control/payments"} {
			r := httptest.NewRequest("GET", path, nil)
			r.RemoteAddr = "192.0.2.7:4711"
			w := httptest.NewRecorder()
			p.Handler().ServeHTTP(w, r)
			require.Equal(t, 404, w.Code, path)
		}
	})

	t.Run("ErrLiveAccountUnderAMovedClock", func(t *testing.T) {
		t.Parallel()
		p, _ := setup(t)
		require.NoError(t, p.advance(2*time.Hour))
		live := identity.Account{
			ID: ids.FromParts("live"), Provider: "tbank", Mode: ids.Live, Terminal: "Live", Address: "https://bank.example", Everyone: true,
			Country: "RU", Currencies: []money.Currency{money.RUB}, On: true, Taxation: "osn",
			Methods: []identity.MethodTerms{{Code: banks.Card, On: true}}, CreatedAt: p.Clock.Now(),
		}
		_, err := p.Identity.CreateAccount(t.Context(), live, "secret-password", identitystore.Once{})
		require.Equal(t, "clock_moved", fault.Code(err), "a bank would close its pages hours late")
		accounts, err := p.Identity.AccountsNow(t.Context(), ids.Live)
		require.NoError(t, err)
		require.Empty(t, accounts)
		live.Mode = ids.Test
		_, err = p.Identity.CreateAccount(t.Context(), live, "secret-password", identitystore.Once{})
		require.NoError(t, err)
	})

	t.Run("ClosesOnceALiveAccountExists", func(t *testing.T) {
		t.Parallel()
		p, s := setup(t)
		_, err := p.Identity.CreateAccount(t.Context(), identity.Account{
			ID: ids.FromParts("live"), Provider: "tbank", Mode: ids.Live, Terminal: "Live", Address: "https://bank.example", Everyone: true,
			Country: "RU", Currencies: []money.Currency{money.RUB}, On: true, Taxation: "osn",
			Methods: []identity.MethodTerms{{Code: banks.Card, On: true}}, CreatedAt: p.Clock.Now(),
		}, "secret-password", identitystore.Once{})
		require.NoError(t, err)
		for _, path := range []string{"/", "/sim/tbank/", "/demo/clock"} {
			status, _, _ := send(t, "GET", s.URL+path, "", "")
			require.Equal(t, 404, status, path)
		}
		status, _, _ := send(t, "GET", s.URL+"/docs", "", "")
		require.Equal(t, 200, status)
	})
}

func TestOpen(t *testing.T) {
	t.Parallel()

	t.Run("ErrLostKeys", func(t *testing.T) {
		t.Parallel()
		c := Config{Dir: t.TempDir(), BaseURL: "http://127.0.0.1:1", NoSync: true}
		p, err := Open(t.Context(), c)
		require.NoError(t, err)
		require.NoError(t, p.Close())
		require.NoError(t, os.Remove(filepath.Join(c.Dir, "keys")))
		_, err = Open(t.Context(), c)
		require.ErrorContains(t, err, "sealed with a key file that is not there")
		_, err = Open(t.Context(), c)
		require.Error(t, err, "the failed start must not have made new keys")
	})

	t.Run("DemoFileLostTwiceInADay", func(t *testing.T) {
		t.Parallel()
		c := Config{Dir: t.TempDir(), BaseURL: "http://127.0.0.1:1", NoSync: true}
		for range 3 {
			p, err := Open(t.Context(), c)
			require.NoError(t, err)
			account, err := p.Payments.Teller.Accounts.Account(t.Context(), ids.Test, p.Demo.Accounts[0].ID)
			require.NoError(t, err)
			require.Equal(t, account.Password, p.Demo.Accounts[0].Password, "what the simulator is told")
			require.NoError(t, p.Close())
			require.NoError(t, os.Remove(filepath.Join(c.Dir, "demo.json")))
		}
	})

	t.Run("APasswordThatAnOperatorRotated", func(t *testing.T) {
		t.Parallel()
		c := Config{Dir: t.TempDir(), BaseURL: "http://127.0.0.1:1", NoSync: true}
		p, err := Open(t.Context(), c)
		require.NoError(t, err)
		_, err = p.Identity.Rotate(t.Context(), p.Demo.Accounts[0].ID, "rotated-password")
		require.NoError(t, err)
		require.NoError(t, p.Close())
		p, err = Open(t.Context(), c)
		require.NoError(t, err)
		defer func() { require.NoError(t, p.Close()) }()
		require.Equal(t, "rotated-password", p.Demo.Accounts[0].Password, "the simulated bank follows at the next start")
	})

	t.Run("KeepsItsDataOverARestart", func(t *testing.T) {
		t.Parallel()
		c := Config{Dir: t.TempDir(), BaseURL: "http://127.0.0.1:1", NoSync: true}
		p, err := Open(t.Context(), c)
		require.NoError(t, err)
		before := p.Demo
		require.NoError(t, p.Close())
		c.BaseURL = "http://127.0.0.1:2"
		p, err = Open(t.Context(), c)
		require.NoError(t, err)
		defer func() { require.NoError(t, p.Close()) }()
		require.Equal(t, before.TestToken, p.Demo.TestToken)
		require.Equal(t, before.OrderID, p.Demo.OrderID)
		require.Equal(t, "http://127.0.0.1:2/sim/tbank", p.Demo.Accounts[0].Address)
		a, err := p.Identity.AccountNow(t.Context(), before.Accounts[0].ID)
		require.NoError(t, err)
		require.Equal(t, p.Demo.Accounts[0].Address, a.Address)
	})
}
