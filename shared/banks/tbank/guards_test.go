package tbank_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/banks/tbank"
	"giberno.ru/shared/core/money"
)

func TestRoublesOnlyEvenWithoutAReceipt(t *testing.T) {
	t.Parallel()
	f, c := newFake(), charge()
	c.Amount.Currency, c.Receipt = money.KZT, nil
	_, err := tbank.New(f).Open(t.Context(), account, c)
	requireClass(t, banks.BadRequest, err)
	require.Empty(t, f.calls)
}

// TestAnswersThatProveNothing: each is nearly the answer to the question about our payment.
func TestAnswersThatProveNothing(t *testing.T) {
	t.Parallel()
	good := `{"Success":true,"ErrorCode":"0","OrderId":"` + reference + `","PaymentId":"` + bankID + `","Status":"CONFIRMED","Amount":149900}`
	ask := func(t *testing.T, reply string) (banks.News, error) {
		t.Helper()
		f := newFake()
		f.reply = on("/v2/GetState", reply)
		return tbank.New(f).Ask(t.Context(), account, banks.Ref{Reference: reference, BankID: bankID})
	}
	news, err := ask(t, good)
	require.NoError(t, err)
	require.Equal(t, banks.Paid, news.Status)
	for name, change := range map[string][2]string{
		"ErrAnotherPaymentOfTheReference": {`"PaymentId":"` + bankID + `"`, `"PaymentId":"99999"`},
		"ErrAnotherReference":             {reference, "tother01"},
		"ErrSuccessWithACode":             {`"ErrorCode":"0"`, `"ErrorCode":"101"`},
		"ErrFailureWithoutACode":          {`"Success":true`, `"Success":false`},
		"ErrNoCode":                       {`"ErrorCode":"0"`, `"ErrorCode":""`},
		"ErrNegativeAmount":               {`"Amount":149900`, `"Amount":-149900`},
		"ErrSignedAmount":                 {`"Amount":149900`, `"Amount":"+149900"`},
		"ErrNoAmount":                     {`,"Amount":149900`, ``},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, good, change[0])
			_, err := ask(t, strings.Replace(good, change[0], change[1], 1))
			requireClass(t, banks.Unknown, err)
		})
	}
}

// TestTheWholeTokenIsCompared with the bank's own example of a notice.
func TestTheWholeTokenIsCompared(t *testing.T) {
	t.Parallel()
	const token = "1c0964277d0213349243065a0d5b838b8e90d2d25f740d0f2767836e710e80c8"
	const notice = `{"TerminalKey":"1234567890DEMO","OrderId":"000000","Success":true,"Status":"AUTHORIZED","PaymentId":"0000000","ErrorCode":"0",` +
		`"Amount":1111,"CardId":"000000","Pan":"200000******0000","ExpDate":"1111","RebillId":"000000","Token":"` + token + `"}`
	a := banks.Account{Terminal: "1234567890DEMO", Password: "11111111111"}
	_, err := tbank.New(newFake()).Verify(a, []byte(notice), nil)
	require.NoError(t, err)
	for at := range token {
		other := "0"
		if token[at] == '0' {
			other = "1"
		}
		forged := strings.Replace(notice, token, token[:at]+other+token[at+1:], 1)
		_, err := tbank.New(newFake()).Verify(a, []byte(forged), nil)
		require.ErrorIs(t, err, banks.ErrForged, "the letter %d", at)
	}
}

func TestARefundStatesWhatWasLeftBeforeAndAfter(t *testing.T) {
	t.Parallel()
	for _, members := range []string{"", `,"OriginalAmount":50000`, `,"NewAmount":0`, `,"OriginalAmount":50000,"NewAmount":-1`} {
		_, err := refundAnswered(t, banks.Card, 50_000, cancelled("REFUNDED", members))
		requireClass(t, banks.Unknown, err)
	}
}
