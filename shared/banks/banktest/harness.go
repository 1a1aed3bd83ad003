// Package banktest is the contract that every bank's connector keeps. A connector's test describes its bank in a Harness
// and calls Run; what holds for all banks is said here once.
package banktest

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/platform/outbound/faulty"
)

// Truth is what the fake bank says of the one payment of a test.
type Truth struct {
	Reference string
	BankID    string
	Word      string // the bank's status
	Amount    money.Money
	Number    string // written in the amount's place instead of Amount, when not empty: "149900.5", "1e5" …
	Pan       string // of the card in a notification, when not empty

	Before  money.Money // what was left of the payment before its last return
	Left    money.Money // and after it
	Rest    string      // written in Left's place, when not empty
	Refused string      // why the payer's bank would not take the last return, when not empty
}

// Harness describes a bank to the contract.
type Harness struct {
	// New makes the connector over a way out.
	New func(out outbound.Doer) banks.Driver
	// Account is one that the fake accepts; its Password must be long enough to be found in a log.
	Account banks.Account
	// Charge is a good one, with a receipt; its deadline is after Now.
	Charge banks.Charge
	// Now is when the tests happen.
	Now time.Time
	// BankID is the number that the fake gives to the payment.
	BankID string
	// Answer is the bank's own good answer to a call, telling the truth.
	Answer func(path string, body []byte, truth Truth) []byte
	// Refusal is the bank's answer that refuses a call for good, for this payer.
	Refusal func(path string, body []byte) []byte
	// Amount is how an amount stands in the bytes of a request.
	Amount func(m money.Money) string
	// Notice is the bank's signed notification.
	Notice func(a banks.Account, truth Truth) (raw []byte, header http.Header)
	// Gives reads an order to give money back: how much in minor units, and the key where the bank knows one. ok is false
	// for every other call. nil where the bank gives nothing back.
	Gives func(path string, body []byte) (minor int64, key string, ok bool)
	// Underway is the bank's word of a return without key that it has only begun; "" where every return ends at once.
	Underway string
	// Words is the bank's table of statuses.
	Words map[string]banks.Status
	// Secrets are texts that no log and no error may contain, besides the account's passwords.
	Secrets []string
}

// Run proves the contract.
func Run(t *testing.T, h Harness) {
	t.Run("Open", h.open)
	t.Run("Ask", h.ask)
	t.Run("Cancel", h.cancel)
	t.Run("Capture", h.capture)
	t.Run("Refund", h.refund)
	t.Run("CloseReceipt", h.closeReceipt)
	t.Run("LostAnswers", h.lostAnswers)
	t.Run("Notices", h.notices)
	t.Run("NothingSecretIsSaid", h.nothingSecretIsSaid)
}

// world is one fresh fake bank with a Bank in front of it.
type world struct {
	h     Harness
	bank  *banks.Bank
	truth Truth
	plan  faulty.Plan
	spoil func(path string, good []byte) (status int, body []byte) // nil: the good answer
	lie   func(told *Truth)                                        // what is told of a return instead of the truth

	mu    sync.Mutex
	sent  [][]byte
	given map[string]Truth // by key: the answer of the first time
	logs  bytes.Buffer
}

func (h Harness) world(t *testing.T) *world {
	t.Helper()
	w := &world{h: h, truth: h.truth(), given: map[string]Truth{}}
	transport := &faulty.Transport{Next: faulty.Handler{Serve: w}, Plan: func(r *http.Request) faulty.Fault {
		if w.plan == nil {
			return faulty.None
		}
		return w.plan(r)
	}}
	out, err := outbound.New(outbound.Options{Transport: transport, MaxBody: 64 << 10})
	require.NoError(t, err)
	w.bank = banks.New(h.New(out), banks.Limits{}).Using(clock.At(h.Now), slog.New(slog.NewJSONHandler(&w.logs, nil)))
	return w
}

func (h Harness) truth() Truth {
	return Truth{
		Reference: h.Charge.Reference, BankID: h.BankID, Amount: h.Charge.Amount, Word: h.word(banks.Pending),
		Pan: "430000******0777", Before: h.Charge.Amount, Left: h.Charge.Amount,
	}
}

// word is a word of the bank's for a status of ours, always the same one and never that of a call under way; "" when it
// has none.
func (h Harness) word(status banks.Status) string {
	found := ""
	for word, s := range h.Words {
		if s == status && word != h.Underway && (found == "" || word < found) {
			found = word
		}
	}
	return found
}

func (h Harness) ref() banks.Ref {
	return banks.Ref{Reference: h.Charge.Reference, BankID: h.BankID, Amount: h.Charge.Amount}
}

// ServeHTTP is the fake bank.
func (w *world) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.mu.Lock()
	w.sent = append(w.sent, body)
	told := w.give(r.URL.Path, body)
	w.mu.Unlock()
	answer, status := w.h.Answer(r.URL.Path, body, told), http.StatusOK
	if w.spoil != nil {
		status, answer = w.spoil(r.URL.Path, answer)
	}
	if status >= 300 && status < 400 {
		out.Header().Set("Location", w.h.Account.Address+"/elsewhere")
	}
	out.WriteHeader(status)
	_, _ = out.Write(answer)
}

// give carries a return out, one key once, and gives what the bank tells. Every other call is told the truth.
func (w *world) give(path string, body []byte) Truth {
	if w.h.Gives == nil {
		return w.truth
	}
	minor, key, ok := w.h.Gives(path, body)
	if !ok {
		return w.truth
	}
	if first, done := w.given[key]; done {
		return first
	}
	w.truth.Before = w.truth.Left
	switch {
	case key == "" && w.h.Underway != "":
		w.truth.Word = w.h.Underway
	case minor == w.truth.Left.Amount:
		w.truth.Left.Amount, w.truth.Word = 0, w.h.word(banks.Refunded)
	default:
		w.truth.Left.Amount -= minor
		w.truth.Word = w.h.word(banks.PartlyRefunded)
	}
	told := w.truth
	if w.lie != nil {
		w.lie(&told)
	}
	if key != "" {
		w.given[key] = told
	}
	return told
}

// call is one of the bank's calls, so that faults can be tried on each.
type call struct {
	name string
	make func(ctx context.Context, w *world) error
}

func (h Harness) calls(t *testing.T) []call {
	t.Helper()
	all := []call{
		{"Open", func(ctx context.Context, w *world) error { _, err := w.bank.Open(ctx, h.Account, h.Charge); return err }},
		{"Ask", func(ctx context.Context, w *world) error { _, err := w.bank.Ask(ctx, h.Account, h.ref()); return err }},
		{"AskByReference", func(ctx context.Context, w *world) error {
			_, err := w.bank.Ask(ctx, h.Account, banks.Ref{Reference: h.Charge.Reference, Amount: h.Charge.Amount})
			return err
		}},
	}
	bank := h.world(t).bank
	if bank.CanCancel() {
		all = append(all, call{"Cancel", func(ctx context.Context, w *world) error {
			_, err := w.bank.Cancel(ctx, h.Account, h.ref())
			return err
		}})
	}
	if bank.CanCapture() {
		all = append(all, call{"Capture", func(ctx context.Context, w *world) error {
			_, err := w.bank.Capture(ctx, h.Account, h.ref(), h.Charge.Amount, nil)
			return err
		}})
	}
	if bank.CanClose() {
		all = append(all, call{"CloseReceipt", func(ctx context.Context, w *world) error {
			return w.bank.CloseReceipt(ctx, h.Account, h.ref(), h.Charge.Receipt)
		}})
	}
	return append(all, h.returns(t)...)
}

// returns are the calls about a return, of one method that the bank knows by key and of one that it does not.
func (h Harness) returns(t *testing.T) []call {
	t.Helper()
	var all []call
	if !h.world(t).bank.CanRefund() {
		return nil
	}
	for _, byKey := range []bool{true, false} {
		methods := h.methods(t, byKey)
		if len(methods) == 0 {
			continue
		}
		m := methods[0]
		all = append(all, call{"Refund/" + string(m), func(ctx context.Context, w *world) error {
			_, err := w.bank.Refund(ctx, h.Account, h.ref(), h.returning(h.Charge.Amount.Amount, m))
			return err
		}}, call{"AskRefund/" + string(m), func(ctx context.Context, w *world) error {
			w.truth.Word = h.word(banks.Paid)
			_, err := w.bank.AskRefund(ctx, h.Account, h.ref(), m)
			return err
		}})
	}
	return all
}

func requireClass(t *testing.T, class banks.Class, err error) {
	t.Helper()
	var e *banks.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, class.String(), e.Class.String(), "%v", err)
}

// requireSilent holds that neither the log nor the errors tell a secret.
func (w *world) requireSilent(t *testing.T, errs ...error) {
	t.Helper()
	said := w.logs.String()
	for _, err := range errs {
		if err != nil {
			said += err.Error()
		}
	}
	secrets := append([]string{w.h.Account.Password, w.h.Account.Previous}, w.h.Secrets...)
	for _, secret := range secrets {
		if secret != "" {
			require.False(t, strings.Contains(said, secret), "the log or an error says %q", secret)
		}
	}
}
