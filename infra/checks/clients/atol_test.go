package clients_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
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

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/receipts"
	"giberno.ru/shared/receipts/atol"
)

// TestReceiptConnector plays a receipt's roads between our connector and ATOL's simulator, which share no code, over the
// stand-alone program and in both protocols.
func TestReceiptConnector(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "atol-simulator")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "giberno.ru/infra/simulators/atol/atol-simulator").CombinedOutput()
	require.NoError(t, err, string(out))
	for _, version := range []atol.Version{atol.V4, atol.V5} {
		for name, road := range receiptRoads {
			t.Run(string(version)+name, func(t *testing.T) {
				t.Parallel()
				road(t, openTill(t, program, version))
			})
		}
	}
}

var receiptRoads = map[string]func(*testing.T, *tillShop){
	"Kinds":           everyKind,
	"LostAnswer":      lostRegistration,
	"ExpiredToken":    expiredToken,
	"RotatedPassword": rotatedTillPassword,
	"Failed":          failedReceipt,
	"FailedForGood":   refusedReceipt,
	"ForgedNotice":    forgedNotice,
	"Unreachable":     brokenAnswers,
	"NotYet":          notYet,
}

const (
	tillGroup = "shop_group"
	tillINN   = "7700000000"
)

// tillShop is a shop with a group of tills of its own, our connector, and an address that hears notices.
type tillShop struct {
	client  *atol.Client
	account atol.Account
	base    string
	hears   string
	ids     int

	mu      sync.Mutex
	notices [][]byte
}

// openTill starts the program for one shop, so that its faults and its clock are its own.
func openTill(t *testing.T, program string, version atol.Version) *tillShop {
	t.Helper()
	s := &tillShop{}
	c := exec.CommandContext(t.Context(), program, "-addr", "127.0.0.1:0", "-account", "shop:pässword:"+tillGroup+":"+tillINN)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = stopTimeout
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	t.Cleanup(func() { _ = c.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "ATOL simulator: ")
	require.True(t, ok, line)
	s.base = strings.TrimSuffix(address, "/")
	way, err := outbound.New(outbound.Options{})
	require.NoError(t, err)
	s.client = atol.New(way, clock.System{})
	s.account = atol.Account{Address: s.base + "/possystem", Version: version, Group: tillGroup, Login: "shop", Password: "pässword"}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.notices = append(s.notices, raw)
		s.mu.Unlock()
	}))
	t.Cleanup(server.Close)
	s.hears = server.URL
	return s
}

func (s *tillShop) control(t *testing.T, method, path, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.base+path, strings.NewReader(body))
	require.NoError(t, err)
	w, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer w.Body.Close()
	answer, err := io.ReadAll(w.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, w.StatusCode, "%s %s: %s", method, path, answer)
	return string(answer)
}

func (s *tillShop) fault(t *testing.T, call, fault string) {
	t.Helper()
	s.control(t, http.MethodPost, "/control/faults", fmt.Sprintf(`{"call":%q,"fault":%q}`, call, fault))
}

// pass lets the till get to what it has been given.
func (s *tillShop) pass(t *testing.T, step string) {
	t.Helper()
	s.control(t, http.MethodPost, "/control/clock", fmt.Sprintf(`{"advance":%q}`, step))
}

// take delivers the service's notices and gives what the connector reads of them.
func (s *tillShop) take(t *testing.T) (heard []atol.Notice) {
	t.Helper()
	s.control(t, http.MethodPost, "/control/tick", "")
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, raw := range s.notices {
		n, err := atol.ParseNotice(raw)
		require.NoError(t, err)
		heard = append(heard, n)
	}
	s.notices = nil
	return heard
}

// draft is a new receipt of two lines, one sold for a supplier.
func (s *tillShop) draft(kind receipts.Kind) receipts.Draft {
	s.ids++
	minor := func(n int64) money.Money { return money.Of(n, money.RUB) }
	d := receipts.Draft{
		ID: fmt.Sprintf("gib-%s-%d", kind, s.ids), Kind: kind, At: time.Now(), NotifyURL: s.hears,
		Company: receipts.Company{INN: tillINN, Email: "shop@example.com", PaymentAddress: "https://shop.example"},
		Document: receipts.Document{Email: "buyer@example.com", Taxation: "usn_income", Lines: []receipts.Line{
			{Name: "Шкаф «Лев» & Ко", Price: minor(33_333), Quantity: 2500, Amount: minor(83_333),
				VAT: "none", Subject: "commodity", Mode: "full_prepayment", Measure: "square_metre",
				Agent: &receipts.Agent{Type: "paying_agent", Supplier: receipts.Supplier{Name: "ООО «Лес»", INN: "770123456789", Phone: "+79000000000"}}},
			{Name: "Сборка", Price: minor(7), Quantity: 1000, Amount: minor(7), VAT: "vat22", Subject: "service", Mode: "full_prepayment", Measure: "piece"},
		}},
		Paid: receipts.Split{Electronic: minor(83_340)},
	}
	if kind.Corrects() {
		d.Correction = &receipts.Correction{Type: receipts.CorrectionSelf, Date: d.At.AddDate(0, 0, -2), Number: "17"}
	}
	return d
}

func (s *tillShop) register(t *testing.T, d receipts.Draft) atol.Registered {
	t.Helper()
	got, err := s.client.Register(t.Context(), s.account, d)
	require.NoError(t, err)
	require.Equal(t, atol.Waiting, got.State)
	return got
}

func (s *tillShop) report(t *testing.T, uuid string) atol.Report {
	t.Helper()
	r, err := s.client.Report(t.Context(), s.account, uuid)
	require.NoError(t, err)
	return r
}

// everyKind makes one receipt of every kind that the protocol knows, and a closing one paid from the advance.
func everyKind(t *testing.T, s *tillShop) {
	kinds := []receipts.Kind{receipts.Income, receipts.IncomeReturn, receipts.IncomeCorrection}
	if s.account.Version == atol.V5 {
		kinds = append(kinds, receipts.IncomeReturnCorrection)
	}
	var drafts []receipts.Draft
	for _, kind := range kinds {
		drafts = append(drafts, s.draft(kind))
	}
	closing := s.draft(receipts.Income)
	closing.Paid = receipts.Split{Advance: closing.Paid.Electronic}
	for i := range closing.Document.Lines {
		closing.Document.Lines[i].Mode = "full_payment"
	}
	drafts = append(drafts, closing)
	made := map[string]bool{}
	for _, d := range drafts {
		uuid := s.register(t, d).UUID
		require.Equal(t, atol.Waiting, s.report(t, uuid).State)
		s.pass(t, "3s")
		heard := s.take(t)
		require.Equal(t, []atol.Notice{{UUID: uuid, ExternalID: d.ID}}, heard)
		f, err := s.report(t, heard[0].UUID).Receipt(d)
		require.NoError(t, err)
		require.Equal(t, d.Kind, f.Kind)
		require.Equal(t, money.Of(83_340, money.RUB), f.Total)
		require.False(t, made[f.Identity()])
		made[f.Identity()] = true
		inAddress, err := receipts.ParseQR(f.URL)
		require.NoError(t, err, "the service's page carries the text of the QR")
		require.Equal(t, f.Identity(), inAddress.Identity())
		if !d.Kind.Corrects() {
			ours, err := receipts.ParseQR(f.QR)
			require.NoError(t, err)
			ours.At = ours.At.Truncate(time.Minute) // this till prints no seconds
			require.Equal(t, inAddress, ours)
		}
		page, err := http.Get(f.URL)
		require.NoError(t, err)
		require.NoError(t, page.Body.Close())
		require.Equal(t, http.StatusOK, page.StatusCode)
	}
	require.Len(t, made, len(drafts))
}

// lostRegistration repeats a registration whose answer was lost: the service names the receipt that it has.
func lostRegistration(t *testing.T, s *tillShop) {
	for _, fault := range []string{"lost_answer", "500_after", "garbage"} {
		d := s.draft(receipts.Income)
		s.fault(t, "register", fault)
		_, err := s.client.Register(t.Context(), s.account, d)
		require.Equal(t, atol.Unknown, atol.ClassOf(err), "%s: %v", fault, err)
		again := s.register(t, d)
		require.True(t, again.Repeated)
		require.Equal(t, again, s.register(t, d))
		s.pass(t, "3s")
		require.Len(t, s.take(t), 1, "one receipt, told once")
		_, err = s.report(t, again.UUID).Receipt(d)
		require.NoError(t, err)
	}
	for _, fault := range []string{"lost_request", "500_before"} {
		d := s.draft(receipts.Income)
		s.fault(t, "register", fault)
		_, err := s.client.Register(t.Context(), s.account, d)
		require.Equal(t, atol.Unknown, atol.ClassOf(err))
		require.False(t, s.register(t, d).Repeated, "it never arrived")
	}
}

func expiredToken(t *testing.T, s *tillShop) {
	uuid := s.register(t, s.draft(receipts.Income)).UUID
	s.control(t, http.MethodPost, "/control/tokens/expire", "{}")
	s.pass(t, "3s")
	require.Equal(t, atol.Done, s.report(t, uuid).State)
	s.pass(t, "25h")
	s.register(t, s.draft(receipts.Income))
	var calls struct{ Counts map[string]int }
	require.NoError(t, json.Unmarshal([]byte(s.control(t, http.MethodGet, "/control/calls", "")), &calls))
	require.Equal(t, map[string]int{"getToken": 3, "register": 3, "report": 2}, calls.Counts, "each refused call was made once more")
}

func rotatedTillPassword(t *testing.T, s *tillShop) {
	s.control(t, http.MethodPut, "/control/accounts/shop", `{"password":"another"}`)
	_, err := s.client.Register(t.Context(), s.account, s.draft(receipts.Income))
	require.Equal(t, atol.Config, atol.ClassOf(err))
	s.account.Password = "another"
	s.register(t, s.draft(receipts.Income))
	s.account.Group = "others_group"
	_, err = s.client.Register(t.Context(), s.account, s.draft(receipts.Income))
	require.Equal(t, atol.Config, atol.ClassOf(err))
}

// failedReceipt is not made again under its ID; under a new one it is.
func failedReceipt(t *testing.T, s *tillShop) {
	for fault, class := range map[string]atol.Class{
		"driver": atol.Unavailable, "timeout": atol.Unavailable, "agent": atol.Unavailable, "unknown": atol.Unknown,
	} {
		d := s.draft(receipts.Income)
		s.fault(t, "till", fault)
		uuid := s.register(t, d).UUID
		s.pass(t, "3s")
		r := s.report(t, uuid)
		require.Equal(t, atol.Failed, r.State)
		require.Equal(t, class, r.Failure.Class)
		require.Equal(t, uuid, s.register(t, d).UUID)
		require.Equal(t, atol.Failed, s.report(t, uuid).State)
		d.ID += "-2"
		uuid = s.register(t, d).UUID
		s.pass(t, "3s")
		require.Equal(t, atol.Done, s.report(t, uuid).State)
	}
}

func refusedReceipt(t *testing.T, s *tillShop) {
	d := s.draft(receipts.Income)
	d.Company.INN = "7700000001"
	uuid := s.register(t, d).UUID
	s.pass(t, "3s")
	require.Equal(t, atol.Config, s.report(t, uuid).Failure.Class, "another company's INN")
	_, err := s.client.Report(t.Context(), s.account, "00000000-0000-4000-8000-000000000000")
	require.Equal(t, atol.NotFound, atol.ClassOf(err))
}

// forgedNotice is believed in nothing but the name of the receipt.
func forgedNotice(t *testing.T, s *tillShop) {
	s.fault(t, "notice", "forged")
	d := s.draft(receipts.Income)
	s.register(t, d)
	heard := s.take(t)
	require.Len(t, heard, 1)
	require.Equal(t, atol.Waiting, s.report(t, heard[0].UUID).State, "the lie said done")
	s.pass(t, "3s")
	heard = s.take(t)
	require.Len(t, heard, 1)
	f, err := s.report(t, heard[0].UUID).Receipt(d)
	require.NoError(t, err)
	require.Equal(t, money.Of(83_340, money.RUB), f.Total)
}

// brokenAnswers to a report prove nothing, and the next report tells.
func brokenAnswers(t *testing.T, s *tillShop) {
	d := s.draft(receipts.Income)
	uuid := s.register(t, d).UUID
	s.pass(t, "3s")
	for _, fault := range []string{"lost_request", "lost_answer"} { // net/http may ask again by itself
		s.fault(t, "report", fault)
		r, err := s.client.Report(t.Context(), s.account, uuid)
		require.True(t, err == nil && r.State == atol.Done || err != nil && atol.ClassOf(err) == atol.Unknown, "%s: %v", fault, err)
	}
	for _, fault := range []string{"500_before", "500_after", "garbage", "unknown_status"} {
		s.fault(t, "report", fault)
		_, err := s.client.Report(t.Context(), s.account, uuid)
		require.Error(t, err, fault)
		require.Equal(t, atol.Unknown, atol.ClassOf(err), fault)
	}
	s.fault(t, "report", "wrong_total")
	_, err := s.report(t, uuid).Receipt(d)
	require.Error(t, err, "a receipt of another total is not ours")
	s.fault(t, "report", "not_found")
	require.Equal(t, atol.Waiting, s.report(t, uuid).State)
	_, err = s.report(t, uuid).Receipt(d)
	require.NoError(t, err)
	s.control(t, http.MethodPost, "/control/tokens/expire", "{}")
	for _, fault := range []string{"lost_request", "lost_answer", "500_after", "garbage"} {
		s.fault(t, "getToken", fault)
		_, err := s.client.Report(t.Context(), s.account, uuid)
		require.Equal(t, atol.Unavailable, atol.ClassOf(err), fault)
	}
	require.Equal(t, atol.Done, s.report(t, uuid).State)
}

func notYet(t *testing.T, s *tillShop) {
	s.control(t, http.MethodPut, "/control/accounts/shop", `{"shy":true,"till_sec":600}`)
	uuid := s.register(t, s.draft(receipts.Income)).UUID
	require.Equal(t, atol.Report{UUID: uuid, State: atol.Waiting}, s.report(t, uuid), "error 34")
	s.fault(t, "till", "stuck")
	s.pass(t, "10m")
	require.Equal(t, atol.Waiting, s.report(t, uuid).State)
	s.pass(t, "1h")
	require.Equal(t, atol.Done, s.report(t, uuid).State)
}
