package tbank_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/banks/tbank"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/receipts"
)

var driver = tbank.New(nil)

func verify(raw []byte) (banks.Notice, error) { return driver.Verify(account, raw, http.Header{}) }

func paymentMembers(more ...string) []string {
	return append([]string{text("TerminalKey", account.Terminal), text("OrderId", reference), `"PaymentId":4100001234`}, more...)
}

func TestAnswerIsExactlyOK(t *testing.T) {
	t.Parallel()
	contentType, body := driver.Answer()
	require.Equal(t, "OK", string(body))
	require.Equal(t, "text/plain; charset=utf-8", contentType)
}

func TestPaymentNotice(t *testing.T) {
	t.Parallel()
	t.Run("Confirmed", func(t *testing.T) {
		t.Parallel()
		got, err := verify(signed(account.Password, paymentMembers(`"Success":true`, `"Status":"CONFIRMED"`, `"ErrorCode":"0"`,
			`"Amount":149900`, `"CardId":90210`, `"Pan":"220430******0777"`, `"ExpDate":"1228"`, `"RebillId":"17"`)...))
		require.NoError(t, err)
		amount := money.Of(149_900, money.RUB)
		require.Equal(t, banks.Notice{Terminal: account.Terminal, News: banks.News{
			Reference: reference, BankID: "4100001234", Status: banks.Paid, Word: "CONFIRMED", Amount: &amount,
			Card: banks.CardMask{Pan: "220430******0777", Brand: "mir", Expires: "12/28"},
		}}, got)
	})
	t.Run("EverythingAsText", func(t *testing.T) {
		t.Parallel()
		got, err := verify(signed(account.Password, text("TerminalKey", account.Terminal), text("OrderId", reference),
			`"PaymentId":"4100001234"`, `"Success":"true"`, `"Status":"CONFIRMED"`, `"ErrorCode":0`, `"Amount":"149900"`))
		require.NoError(t, err)
		require.Equal(t, banks.Paid, got.News.Status)
		require.Equal(t, int64(149_900), got.News.Amount.Amount)
	})
	t.Run("RejectedSaysWhy", func(t *testing.T) {
		t.Parallel()
		got, err := verify(signed(account.Password, paymentMembers(`"Success":false`, `"Status":"REJECTED"`, `"ErrorCode":"1051"`,
			`"Amount":149900`, `"Message":"Недостаточно средств"`)...))
		require.NoError(t, err)
		require.Equal(t, banks.Declined, got.News.Status)
		require.Equal(t, banks.Decline{Code: banks.InsufficientFunds, Message: "Недостаточно средств"}, got.News.Decline)
	})
	t.Run("AFailedTryIsStillPending", func(t *testing.T) {
		t.Parallel()
		got, err := verify(signed(account.Password, paymentMembers(`"Success":false`, `"Status":"AUTH_FAIL"`, `"ErrorCode":"101"`, `"Amount":149900`)...))
		require.NoError(t, err)
		require.Equal(t, banks.Pending, got.News.Status)
		require.Equal(t, banks.AuthenticationFailed, got.News.Decline.Code)
	})
	t.Run("AuthorisedIsHeldAndNeverPaid", func(t *testing.T) {
		t.Parallel()
		got, err := verify(signed(account.Password, paymentMembers(`"Success":true`, `"Status":"AUTHORIZED"`, `"ErrorCode":"0"`, `"Amount":149900`)...))
		require.NoError(t, err)
		require.Equal(t, banks.Held, got.News.Status)
	})
	t.Run("APasswordInTheBodyProvesNothing", func(t *testing.T) {
		t.Parallel()
		_, err := verify(signed("guess", paymentMembers(`"Password":"guess"`, `"Success":true`, `"Status":"CONFIRMED"`, `"ErrorCode":"0"`, `"Amount":149900`)...))
		require.ErrorIs(t, err, banks.ErrForged)
	})
	for _, missing := range []string{"OrderId", "PaymentId", "Success", "Status", "ErrorCode", "Amount"} {
		t.Run("ErrMalformedWithout"+missing, func(t *testing.T) {
			t.Parallel()
			var left []string
			for _, m := range paymentMembers(`"Success":true`, `"Status":"CONFIRMED"`, `"ErrorCode":"0"`, `"Amount":149900`) {
				if !strings.HasPrefix(m, `"`+missing+`"`) {
					left = append(left, m)
				}
			}
			_, err := verify(signed(account.Password, left...))
			require.ErrorIs(t, err, banks.ErrMalformed)
		})
	}
}

func receiptMembers(more ...string) []string {
	return paymentMembers(append([]string{`"Status":"RECEIPT"`, `"Success":true`, `"ErrorCode":"0"`, `"ErrorMessage":""`, `"Amount":149900`,
		`"FiscalNumber":6`, `"ShiftNumber":23`, `"FnNumber":"9999078900000001"`, `"EcrRegNumber":"0000111118041361"`,
		`"FiscalDocumentNumber":133`, `"FiscalDocumentAttribute":4294967295`, `"Receipt":{"Items":[]}`, `"Ofd":"Первый ОФД"`}, more...)...)
}

// receiptMembersWith has this JSON for the receipt's own object.
func receiptMembersWith(receipt string) []string {
	members := receiptMembers(`"Type":"Income"`)
	for i, m := range members {
		if strings.HasPrefix(m, `"Receipt":`) {
			members[i] = `"Receipt":` + receipt
		}
	}
	return members
}

// TestClosingReceipt: a receipt closes a prepayment when no line of it is one.
func TestClosingReceipt(t *testing.T) {
	t.Parallel()
	line := func(mode string) string { return `{"Name":"Шкаф","PaymentMethod":"` + mode + `"}` }
	many := strings.TrimSuffix(strings.Repeat(line("full_payment")+",", 100), ",")
	for receipt, closing := range map[string]bool{
		`{"Items":[` + line("full_payment") + `]}`:                                   true,
		`{"Items":[` + line("full_payment") + `,` + line("credit") + `]}`:            true,
		`{"Items":[` + line("partial_payment") + `,` + line("credit_payment") + `]}`: true,
		`{"Items":[{"Name":"Шкаф"}]}`:                                                true, // the bank's own reading of a line that says nothing
		`{"Items":[{"PaymentMethod":null}]}`:                                         true,
		`{"Items":[` + many + `]}`:                                                   true,
		`{"Items":[` + many + `,` + line("full_payment") + `]}`:                      false,
		`{"Items":[` + line("full_prepayment") + `]}`:                                false,
		`{"Items":[` + line("prepayment") + `]}`:                                     false,
		`{"Items":[` + line("advance") + `]}`:                                        false,
		`{"Items":[` + line("full_payment") + `,` + line("full_prepayment") + `]}`:   false,
		`{"Items":[` + line("later") + `]}`:                                          false,
		`{"Items":[{"PaymentMethod":["full_payment"]}]}`:                             false,
		`{"Items":[{"PaymentMethod":""}]}`:                                           false,
		`{"Items":[{"PaymentMethod":"full_payment","PaymentMethod":"advance"}]}`:     false,
		`{"Items":[]}`: false, `{"Items":null}`: false, `{"Items":[1]}`: false, `{}`: false, `[]`: false, `null`: false,
		`"{\"Items\":[{}]}"`: false,
		`{"Items":"[{"}`:     false, `{"Items":"[{}]"}`: false,
	} {
		got, err := verify(signed(account.Password, receiptMembersWith(receipt)...))
		require.NoError(t, err, receipt)
		require.Equal(t, closing, got.Closing, receipt)
		require.NotNil(t, got.Receipt)
	}
	var without []string
	for _, m := range receiptMembers(`"Type":"Income"`) {
		if !strings.HasPrefix(m, `"Receipt":`) {
			without = append(without, m)
		}
	}
	got, err := verify(signed(account.Password, without...))
	require.NoError(t, err)
	require.False(t, got.Closing)
}

// TestReturnReceipt: the amount of a return's receipt is that of the returned lines.
func TestReturnReceipt(t *testing.T) {
	t.Parallel()
	members := receiptMembersWith(`{"Items":[{"Amount":50000,"PaymentMethod":"full_prepayment"}]}`)
	for i, m := range members {
		members[i] = strings.NewReplacer(`"Amount":149900`, `"Amount":50000`, `"Type":"Income"`, `"Type":"IncomeReturn"`).Replace(m)
	}
	got, err := verify(signed(account.Password, members...))
	require.NoError(t, err)
	require.Equal(t, receipts.IncomeReturn, got.Receipt.Kind)
	require.Equal(t, money.Of(50_000, money.RUB), got.Receipt.Total)
	require.False(t, got.Closing)
}

func TestReceiptNotice(t *testing.T) {
	t.Parallel()
	t.Run("EveryFiscalField", func(t *testing.T) {
		t.Parallel()
		got, err := verify(signed(account.Password, receiptMembers(`"Type":"Income"`, `"ReceiptDatetime":"2026-03-01T12:00:05"`,
			`"Url":"https://consumer.1-ofd.ru/v1?fn=1"`, `"QrCodeUrl":"t=20260301T1200&s=1499.00"`)...))
		require.NoError(t, err)
		require.Equal(t, banks.News{Reference: reference, BankID: "4100001234", Status: banks.Pending, Word: "RECEIPT"}, got.News)
		require.Equal(t, &receipts.Fiscal{
			Kind: receipts.Income, Total: money.Of(149_900, money.RUB), URL: "https://consumer.1-ofd.ru/v1?fn=1",
			QR: "t=20260301T1200&s=1499.00", FN: "9999078900000001", FD: 133, FP: 4_294_967_295,
			RegistrationNumber: "0000111118041361", Shift: 23, Number: 6, OFD: "Первый ОФД",
			IssuedAt: time.Date(2026, 3, 1, 9, 0, 5, 0, time.UTC),
		}, got.Receipt)
	})
	t.Run("EveryFormOfTheTime", func(t *testing.T) {
		t.Parallel()
		want := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
		for _, text := range []string{"2026-03-01T12:30:00", "2026-03-01T12:30", "2026-03-01 12:30:00", "01.03.2026 12:30:00",
			"01.03.2026 12:30", "2026-03-01T12:30:00+03:00", "2026-03-01T09:30:00Z", "2026-03-01T12:30:00.000+03:00", "20260301T1230", "2026-03-01T12:30:00.000"} {
			got, err := verify(signed(account.Password, receiptMembers(`"Type":"IncomeReturn"`, `"ReceiptDatetime":"`+text+`"`)...))
			require.NoError(t, err)
			require.Equal(t, want, got.Receipt.IssuedAt, text)
			require.Equal(t, receipts.IncomeReturn, got.Receipt.Kind)
		}
	})
	t.Run("TheSquareSaysWhatTheNoticeDoesNot", func(t *testing.T) {
		t.Parallel()
		got, err := verify(signed(account.Password, receiptMembers(`"Type":"Приход"`, `"ReceiptDatetime":"вчера"`,
			`"QrCodeUrl":"https://x.example/?n=2&t=20260301T1200&s=1499.00&fn=9999078900000001&i=133&fp=4294967295"`)...))
		require.NoError(t, err)
		require.Equal(t, receipts.IncomeReturn, got.Receipt.Kind)
		require.Equal(t, time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), got.Receipt.IssuedAt)
	})
	t.Run("AnAddressThatIsNoneIsDropped", func(t *testing.T) {
		t.Parallel()
		for _, address := range []string{"javascript:alert(1)", "//x.example", "data:text/html,x", "https://user@x.example/", "ftp://x.example"} {
			got, err := verify(signed(account.Password, receiptMembers(text("Url", address))...))
			require.NoError(t, err)
			require.Empty(t, got.Receipt.URL)
		}
	})
	t.Run("AFailedTillNamesThePayment", func(t *testing.T) {
		t.Parallel()
		got, err := verify(signed(account.Password, paymentMembers(`"Status":"RECEIPT"`, `"Success":false`, `"ErrorCode":"315"`,
			`"ErrorMessage":"Касса недоступна"`, `"Amount":149900`)...))
		require.NoError(t, err)
		require.Nil(t, got.Receipt)
		require.Equal(t, reference, got.News.Reference)
		require.Equal(t, "Касса недоступна", got.News.Decline.Message)
	})
	t.Run("ErrFiscalAttributeBeyond32Bits", func(t *testing.T) {
		t.Parallel()
		members := receiptMembers()
		for i, m := range members {
			members[i] = strings.Replace(m, "4294967295", "4294967296", 1)
		}
		_, err := verify(signed(account.Password, members...))
		require.ErrorIs(t, err, banks.ErrMalformed)
	})
}

// TestBindingNotices: a saved card or account names no payment, and nothing follows from it but the answer.
func TestBindingNotices(t *testing.T) {
	t.Parallel()
	for name, members := range map[string][]string{
		"LINKCARD Status": {`"NotificationType":"LINKCARD"`, `"CustomerKey":"u-42"`, `"RequestKey":"r"`, `"Success":true`, `"Status":"Status"`,
			`"PaymentId":4100001234`, `"ErrorCode":"0"`, `"CardId":"3"`, `"Pan":"430000******0777"`},
		"LINKACCOUNT ACTIVE": {`"NotificationType":"LINKACCOUNT"`, `"RequestKey":"r"`, `"Success":"true"`, `"Status":"ACTIVE"`, `"ErrorCode":"0"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := verify(signed(account.Password, append(members, text("TerminalKey", account.Terminal))...))
			require.NoError(t, err)
			require.Equal(t, banks.News{Status: banks.Pending, Word: name}, got.News)
			require.Nil(t, got.Receipt)
		})
	}
}
