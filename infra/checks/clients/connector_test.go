package clients_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/receipts"
)

// TestConnector plays a connector's roads against the stand-alone program, in both answer modes: PaymentId and ErrorCode as
// strings, and as the numbers of the bank's OpenAPI.
func TestConnector(t *testing.T) {
	t.Parallel()
	program := build(t)
	for _, mode := range []struct {
		name  string
		flags []string
		typed string // how Cancel types PaymentId
	}{
		{"StringsInAnswers", nil, `"PaymentId":"`},
		{"NumbersInAnswers", []string{"-numbers"}, `"PaymentId":4`},
	} {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			bank := start(t, program, mode.flags...)
			t.Run("PaidThenRefunded", func(t *testing.T) {
				t.Parallel()
				paidThenRefunded(t, openShop(t, bank), mode.typed)
			})
			for name, road := range roads {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					road(t, openShop(t, bank))
				})
			}
		})
	}
}

var roads = map[string]func(*testing.T, *shop){
	"HeldThenPartlyCaptured": heldThenPartlyCaptured,
	"HeldThenReleased":       heldThenReleased,
	"UnpaidThenCancelled":    unpaidThenCancelled,
	"Declined":               declined,
	"FastPayment":            fastPayment,
	"FiscalReceipt":          fiscalReceipt,
	"LostInitIsFound":        lostInitIsFound,
	"LostConfirmIsFound":     lostConfirmIsFound,
	"PasswordRotated":        passwordRotated,
	"Refusals":               refusals,
}

func paidThenRefunded(t *testing.T, s *shop, typed string) {
	ref := s.open(t, s.charge(149_900))
	require.Equal(t, banks.Pending, s.ask(t, ref).Status)
	s.pay(t, ref, `{}`)
	require.ElementsMatch(t, []banks.Status{banks.Held, banks.Paid}, statuses(s.heard(t)))
	require.Equal(t, ref.Amount, *s.ask(t, ref).Amount)
	require.Equal(t, banks.Paid, s.ask(t, banks.Ref{Reference: ref.Reference}).Status, "CheckOrder")
	news, err := s.bank.Cancel(t.Context(), s.account, ref)
	require.NoError(t, err)
	require.Equal(t, banks.Refunded, news.Status)
	require.Equal(t, []banks.Status{banks.Refunded}, statuses(s.heard(t)))
	for _, answer := range s.answers(t, "Cancel") {
		require.Contains(t, answer, typed, "the answers are typed as this mode has them")
	}
}

func heldThenPartlyCaptured(t *testing.T, s *shop) {
	c := s.charge(80_000)
	c.Hold = true
	ref := s.open(t, c)
	s.pay(t, ref, `{}`)
	require.Equal(t, []banks.Status{banks.Held}, statuses(s.heard(t)))
	news, err := s.bank.Capture(t.Context(), s.account, ref, money.Of(60_000, money.RUB), nil)
	require.NoError(t, err)
	require.Equal(t, banks.Paid, news.Status)
	require.Equal(t, money.Of(60_000, money.RUB), *s.ask(t, ref).Amount)
	_, err = s.bank.Capture(t.Context(), s.account, ref, money.Of(1_000, money.RUB), nil)
	require.Equal(t, banks.Conflict, banks.ClassOf(err))
}

func heldThenReleased(t *testing.T, s *shop) {
	c := s.charge(80_000)
	c.Hold = true
	ref := s.open(t, c)
	s.pay(t, ref, `{}`)
	news, err := s.bank.Cancel(t.Context(), s.account, ref)
	require.NoError(t, err)
	require.Equal(t, banks.Reversed, news.Status)
	require.Equal(t, banks.Reversed, s.ask(t, ref).Status)
}

func unpaidThenCancelled(t *testing.T, s *shop) {
	ref := s.open(t, s.charge(30_000))
	news, err := s.bank.Cancel(t.Context(), s.account, ref)
	require.NoError(t, err)
	require.Equal(t, banks.Cancelled, news.Status)
	require.Equal(t, []banks.Status{banks.Cancelled}, statuses(s.heard(t)))
}

func declined(t *testing.T, s *shop) {
	ref := s.open(t, s.charge(30_000))
	s.pay(t, ref, `{"outcome":"insufficient_funds"}`)
	heard := s.heard(t)
	require.Equal(t, []banks.Status{banks.Declined}, statuses(heard))
	require.Equal(t, banks.InsufficientFunds, heard[0].News.Decline.Code)
	require.Equal(t, banks.Declined, s.ask(t, ref).Status)
	listed := s.ask(t, banks.Ref{Reference: ref.Reference})
	require.Equal(t, banks.Declined, listed.Status)
	require.Equal(t, banks.InsufficientFunds, listed.Decline.Code, "CheckOrder types the code in another way")
}

func fastPayment(t *testing.T, s *shop) {
	c := s.charge(45_000)
	c.Method = banks.SBP
	opened, err := s.bank.Open(t.Context(), s.account, c)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(opened.QR, "https://qr.nspk.ru/"), opened.QR)
	ref := banks.Ref{Reference: c.Reference, BankID: opened.BankID, Amount: c.Amount}
	s.pay(t, ref, `{"method":"sbp"}`)
	require.ElementsMatch(t, []banks.Status{banks.Held, banks.Paid}, statuses(s.heard(t)))
	news, err := s.bank.Cancel(t.Context(), s.account, ref)
	require.NoError(t, err)
	require.Equal(t, banks.Paid, news.Status, "a refund that is under way is no refund yet")
	s.advance(t, "1m")
	require.Equal(t, banks.Refunded, s.ask(t, ref).Status)
}

func fiscalReceipt(t *testing.T, s *shop) {
	s.openTerminal(t, `"fiscal":true,`)
	s.account.Fiscal, s.account.Taxation = true, "usn_income"
	c := s.charge(70_000)
	_, err := s.bank.Open(t.Context(), s.account, c)
	require.Error(t, err, "a till wants a receipt")
	c.Receipt = &receipts.Document{Email: "buyer@example.com", Taxation: "usn_income", Lines: []receipts.Line{{
		Name: "Ткань «синяя»", Price: money.Of(40_000, money.RUB), Quantity: 1_750, Amount: c.Amount,
		VAT: "vat22", Subject: "commodity", Mode: "full_prepayment", Measure: "metre",
	}}}
	ref := s.open(t, c)
	s.pay(t, ref, `{}`)
	s.advance(t, "10s")
	heard := s.heard(t)
	require.Len(t, heard, 3, "held, paid, and the receipt last")
	require.NotNil(t, heard[2].Receipt)
	require.Equal(t, c.Amount, heard[2].Receipt.Total)
	require.Equal(t, ref.Reference, heard[2].News.Reference)
}

func lostInitIsFound(t *testing.T, s *shop) {
	c := s.charge(20_063) // this amount makes the simulator lose the first answer to Init
	_, err := s.bank.Open(t.Context(), s.account, c)
	require.Equal(t, banks.Unknown, banks.ClassOf(err))
	found := s.ask(t, banks.Ref{Reference: c.Reference})
	require.Equal(t, banks.Pending, found.Status)
	require.NotEmpty(t, found.BankID)
	require.Equal(t, banks.Pending, s.ask(t, banks.Ref{Reference: c.Reference, BankID: found.BankID}).Status)
}

func lostConfirmIsFound(t *testing.T, s *shop) {
	c := s.charge(20_068) // this amount makes the simulator lose the first answer to Confirm
	c.Hold = true
	ref := s.open(t, c)
	s.pay(t, ref, `{}`)
	_, err := s.bank.Capture(t.Context(), s.account, ref, c.Amount, nil)
	require.Equal(t, banks.Unknown, banks.ClassOf(err))
	require.Equal(t, banks.Paid, s.ask(t, ref).Status)
}

func passwordRotated(t *testing.T, s *shop) {
	ref := s.open(t, s.charge(30_000))
	s.post(t, "/control/payments/"+ref.BankID+"/pay", `{}`)
	s.account.Previous, s.account.Password = s.account.Password, "rotated-password"
	s.openTerminal(t, "")
	require.Equal(t, banks.Paid, s.ask(t, ref).Status)
	require.Len(t, s.heard(t), 2, "what was signed with the password before is still believed")
}

func refusals(t *testing.T, s *shop) {
	ref := s.open(t, s.charge(30_000))
	ask := func(a banks.Account, r banks.Ref) banks.Class {
		_, err := s.bank.Ask(t.Context(), a, r)
		require.Error(t, err)
		return banks.ClassOf(err)
	}
	wrong, nobody := s.account, s.account
	wrong.Password, nobody.Terminal = "wrong", "Nobody"
	require.Equal(t, banks.Config, ask(wrong, ref))
	require.Equal(t, banks.Config, ask(nobody, ref))
	require.Equal(t, banks.NotFound, ask(s.account, banks.Ref{Reference: "tnothing01"}))
	require.Equal(t, banks.NotFound, ask(s.account, banks.Ref{Reference: ref.Reference, BankID: "1"}))

	s.pay(t, ref, `{}`)
	raw := s.take(t)
	require.Len(t, raw, 2)
	for _, forged := range [][]byte{
		bytes.Replace(raw[1], []byte(`"Amount":30000`), []byte(`"Amount":1`), 1),
		bytes.Replace(raw[1], []byte(`"Success":true`), []byte(`"Success":false`), 1),
		bytes.Replace(raw[1], []byte(`{`), []byte(`{"Extra":"1",`), 1),
	} {
		require.NotEqual(t, raw[1], forged)
		_, err := s.bank.Verify(s.account, forged, nil)
		require.True(t, errors.Is(err, banks.ErrForged), "%v", err)
	}
}

// deadline is far from every deadline of the bank's and within its ninety days.
func deadline() time.Time { return time.Now().Add(24 * time.Hour) }
