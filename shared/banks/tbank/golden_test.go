package tbank_test

import (
	"context"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/banks/banktest"
	"giberno.ru/shared/banks/tbank"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/platform/outbound"
)

var update = flag.Bool("update", false, "write the golden requests anew")

// fake answers every call and remembers the requests.
type fake struct {
	truth banktest.Truth
	reply func(path string) (string, error) // "" is the good answer
	calls []string
	paths []string
	heads []http.Header
}

func (f *fake) Do(req *http.Request) (outbound.Answer, error) {
	body, _ := io.ReadAll(req.Body)
	f.calls = append(f.calls, string(body))
	f.paths = append(f.paths, req.URL.String())
	f.heads = append(f.heads, req.Header)
	if f.reply != nil {
		if text, err := f.reply(req.URL.Path); text != "" || err != nil {
			return outbound.Answer{Status: 200, Body: []byte(text)}, err
		}
	}
	return outbound.Answer{Status: 200, Body: answer(req.URL.Path, body, f.truth)}, nil
}

func newFake() *fake {
	return &fake{truth: banktest.Truth{Reference: reference, BankID: bankID, Word: "CONFIRMED", Amount: money.Of(149_900, money.RUB)}}
}

func ref() banks.Ref {
	return banks.Ref{Reference: reference, BankID: bankID, Amount: money.Of(149_900, money.RUB)}
}

// TestGoldenRequests holds the bytes of every call: a change of them is a change of what the bank is told.
func TestGoldenRequests(t *testing.T) {
	t.Parallel()
	bare := charge()
	bare.Receipt = nil
	hold, sbp := bare, bare
	hold.Hold, hold.Locale = true, "en"
	sbp.Method, sbp.Locale = banks.SBP, "kk"
	partial := charge().Receipt
	partial.Lines = partial.Lines[:1]
	kopecks := func(n int64) money.Money { return money.Of(n, money.RUB) }
	for name, call := range map[string]func(ctx context.Context, d *tbank.Driver) error{
		"init-one-stage": func(ctx context.Context, d *tbank.Driver) error { _, err := d.Open(ctx, account, bare); return err },
		"init-two-stage": func(ctx context.Context, d *tbank.Driver) error { _, err := d.Open(ctx, account, hold); return err },
		"init-receipt":   func(ctx context.Context, d *tbank.Driver) error { _, err := d.Open(ctx, account, charge()); return err },
		"init-sbp":       func(ctx context.Context, d *tbank.Driver) error { _, err := d.Open(ctx, account, sbp); return err },
		"get-state":      func(ctx context.Context, d *tbank.Driver) error { _, err := d.Ask(ctx, account, ref()); return err },
		"check-order": func(ctx context.Context, d *tbank.Driver) error {
			_, err := d.Ask(ctx, account, banks.Ref{Reference: reference})
			return err
		},
		"confirm": func(ctx context.Context, d *tbank.Driver) error {
			_, err := d.Capture(ctx, account, ref(), kopecks(149_900), nil)
			return err
		},
		"confirm-partial-receipt": func(ctx context.Context, d *tbank.Driver) error {
			_, err := d.Capture(ctx, account, ref(), kopecks(99_900), partial)
			return err
		},
		"cancel": func(ctx context.Context, d *tbank.Driver) error { _, err := d.Cancel(ctx, account, ref()); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			require.NoError(t, call(t.Context(), tbank.New(f)))
			f.requireGolden(t, name)
		})
	}
}

// TestGoldenReturns holds the bytes of the calls that give money back, with their amounts, and of the closing receipt.
func TestGoldenReturns(t *testing.T) {
	t.Parallel()
	part, settled := back(99_900, banks.Card), charge().Receipt
	part.Receipt = charge().Receipt
	part.Receipt.Lines = part.Receipt.Lines[:1]
	for i := range settled.Lines {
		settled.Lines[i].Mode = "full_payment"
	}
	refund := func(give banks.Return) func(context.Context, *tbank.Driver) error {
		return func(ctx context.Context, d *tbank.Driver) error {
			_, err := d.Refund(ctx, account, ref(), give)
			return err
		}
	}
	for name, fact := range map[string]struct {
		word, amount string
		left         int64
		call         func(context.Context, *tbank.Driver) error
	}{
		"refund-card-full":            {"REFUNDED", `"Amount":149900,`, 0, refund(back(149_900, banks.Card))},
		"refund-card-partial-receipt": {"PARTIAL_REFUNDED", `"Amount":99900,`, 50_000, refund(part)},
		"refund-sbp":                  {"ASYNC_REFUNDING", `"Amount":50000,`, 149_900, refund(back(50_000, banks.SBP))},
		"ask-refund-sbp": {"CONFIRMED", "", 0, func(ctx context.Context, d *tbank.Driver) error {
			_, err := d.AskRefund(ctx, account, ref(), banks.SBP)
			return err
		}},
		"send-closing-receipt": {"CONFIRMED", `"Amount":50000,`, 0, func(ctx context.Context, d *tbank.Driver) error {
			return d.CloseReceipt(ctx, account, ref(), settled)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			f.truth.Word, f.truth.Before, f.truth.Left = fact.word, ref().Amount, money.Of(fact.left, money.RUB)
			require.NoError(t, fact.call(t.Context(), tbank.New(f)))
			require.Contains(t, f.calls[0], fact.amount)
			for _, body := range f.calls {
				at := len(body) - len(`,"Token":""}`) - 64
				require.Equal(t, string(signed(account.Password, body[1:at])), body)
			}
			f.requireGolden(t, name)
		})
	}
}

// requireGolden compares all that was sent with the file of that name.
func (f *fake) requireGolden(t *testing.T, name string) {
	t.Helper()
	var sent string
	for i := range f.calls {
		require.Equal(t, "application/json", f.heads[i].Get("Content-Type"))
		require.NotContains(t, f.calls[i], account.Password, "the password is never sent")
		sent += "POST " + f.paths[i] + "\n" + f.calls[i] + "\n"
	}
	file := filepath.Join("testdata", name+".txt")
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(sent), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), sent)
}

// TestGoldenRequestsAreSigned recomputes every golden Token by the bank's text, apart from the connector.
func TestGoldenRequestsAreSigned(t *testing.T) {
	t.Parallel()
	f := newFake()
	d := tbank.New(f)
	_, err := d.Open(t.Context(), account, charge())
	require.NoError(t, err)
	_, err = d.Cancel(t.Context(), account, ref())
	require.NoError(t, err)
	for _, body := range f.calls {
		at := len(body) - len(`,"Token":""}`) - 64
		require.Equal(t, string(signed(account.Password, body[1:at])), body)
	}
}
