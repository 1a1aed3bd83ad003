package clients_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/banks/tbank"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/platform/outbound"
)

const stopTimeout = 10 * time.Second

// build makes the stand-alone program and gives its path.
func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "tbank-simulator")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "giberno.ru/infra/simulators/tbank/tbank-simulator").CombinedOutput()
	require.NoError(t, err, string(out))
	return program
}

// start runs the program until the test is over and gives its address.
func start(t *testing.T, program string, flags ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), program, append([]string{"-addr", "127.0.0.1:0"}, flags...)...)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = stopTimeout
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	t.Cleanup(func() { _ = c.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "T-Bank simulator: ")
	require.True(t, ok, line)
	return strings.TrimSuffix(address, "/")
}

// shop is a shop with a terminal of its own at the bank, our connector, and an address that hears notifications.
type shop struct {
	bank    *banks.Bank
	account banks.Account
	hears   string

	mu      sync.Mutex
	notices [][]byte
}

func openShop(t *testing.T, address string) *shop {
	t.Helper()
	out, err := outbound.New(outbound.Options{})
	require.NoError(t, err)
	id := ids.FromParts(t.Name())
	s := &shop{
		bank: banks.New(tbank.New(out), banks.Limits{}).Using(nil, slog.New(slog.DiscardHandler)),
		account: banks.Account{
			ID: id, Provider: tbank.Provider, Mode: ids.Test, Address: address,
			Terminal: id.String()[:20] + "DEMO", Password: "pässword-of-" + id.String(),
		},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.notices = append(s.notices, raw)
		s.mu.Unlock()
		kind, body := s.bank.Answer()
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(body)
	}))
	t.Cleanup(server.Close)
	s.hears = server.URL
	s.openTerminal(t, "")
	return s
}

// openTerminal makes the shop's terminal at the bank, or changes it; settings are members of JSON, each with its comma.
func (s *shop) openTerminal(t *testing.T, settings string) {
	t.Helper()
	s.control(t, http.MethodPut, "/control/terminals/"+s.account.Terminal,
		fmt.Sprintf(`{%s"password":%q,"notification_url":%q}`, settings, s.account.Password, s.hears))
}

// control makes a control call and gives its answer.
func (s *shop) control(t *testing.T, method, path, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.account.Address+path, strings.NewReader(body))
	require.NoError(t, err)
	w, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer w.Body.Close()
	answer, err := io.ReadAll(w.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, w.StatusCode, "%s %s: %s", method, path, answer)
	return string(answer)
}

func (s *shop) post(t *testing.T, path, body string) { s.control(t, http.MethodPost, path, body) }

func (s *shop) charge(minor int64) banks.Charge {
	return banks.Charge{
		Reference: ids.Reference(ids.Test, s.account.ID, 1), Amount: money.Of(minor, money.RUB), Method: banks.Card,
		Description: "Заказ № 7 «Шкаф & стул»", Deadline: deadline(), Locale: "ru",
		NotifyURL: s.hears, ReturnURL: "https://shop.example/p/x/wait?a=1&b=2",
	}
}

func (s *shop) open(t *testing.T, c banks.Charge) banks.Ref {
	t.Helper()
	opened, err := s.bank.Open(t.Context(), s.account, c)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(opened.PageURL, s.account.Address+"/"), opened.PageURL)
	return banks.Ref{Reference: c.Reference, BankID: opened.BankID, Amount: c.Amount}
}

// ask is the bank's truth, which is always about the payment that was asked about.
func (s *shop) ask(t *testing.T, r banks.Ref) banks.News {
	t.Helper()
	news, err := s.bank.Ask(t.Context(), s.account, r)
	require.NoError(t, err)
	require.Equal(t, r.Reference, news.Reference)
	return news
}

func (s *shop) pay(t *testing.T, r banks.Ref, attempt string) {
	t.Helper()
	s.post(t, "/control/payments/"+r.BankID+"/pay", attempt)
}

// advance moves the bank's clock, which all shops share; none of them minds.
func (s *shop) advance(t *testing.T, step string) {
	t.Helper()
	s.post(t, "/control/clock", fmt.Sprintf(`{"advance":%q}`, step))
}

// take delivers the bank's notifications and takes the raw ones.
func (s *shop) take(t *testing.T) [][]byte {
	t.Helper()
	s.post(t, "/control/tick", "")
	s.mu.Lock()
	defer s.mu.Unlock()
	raw := s.notices
	s.notices = nil
	return raw
}

// heard gives the new notifications as the connector reads them.
func (s *shop) heard(t *testing.T) []banks.Notice {
	t.Helper()
	var heard []banks.Notice
	for _, raw := range s.take(t) {
		terminal, err := s.bank.Names(raw, nil)
		require.NoError(t, err)
		require.Equal(t, s.account.Terminal, terminal)
		notice, err := s.bank.Verify(s.account, raw, nil)
		require.NoError(t, err)
		heard = append(heard, notice)
	}
	return heard
}

func statuses(heard []banks.Notice) []banks.Status {
	list := make([]banks.Status, 0, len(heard))
	for _, n := range heard {
		list = append(list, n.News.Status)
	}
	return list
}

// answers are what the bank answered to a method of late, whoever asked.
func (s *shop) answers(t *testing.T, method string) []string {
	t.Helper()
	var calls struct{ Last []struct{ Answer string } }
	require.NoError(t, json.Unmarshal([]byte(s.control(t, http.MethodGet, "/control/calls?method="+method, "")), &calls))
	require.NotEmpty(t, calls.Last)
	answers := make([]string, 0, len(calls.Last))
	for _, c := range calls.Last {
		answers = append(answers, c.Answer)
	}
	return answers
}
