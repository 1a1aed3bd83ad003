package tbank_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/banks/tbank"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/receipts"
)

const key = "tkey0201"

func back(minor int64, m banks.Method) banks.Return {
	return banks.Return{Key: key, Amount: money.Of(minor, money.RUB), Method: m}
}

// cancelled is an answer of Cancel; more are members with their commas.
func cancelled(status, more string) string {
	return fmt.Sprintf(`{"TerminalKey":"GibernoTestDEMO","OrderId":%q,"PaymentId":%s,"Success":true,"ErrorCode":"0","Status":%q%s}`,
		reference, bankID, status, more)
}

func refundAnswered(t *testing.T, m banks.Method, minor int64, reply string) (banks.News, error) {
	t.Helper()
	f := newFake()
	f.reply = on("/v2/Cancel", reply)
	return tbank.New(f).Refund(t.Context(), account, ref(), back(minor, m))
}

func TestRefund(t *testing.T) {
	t.Parallel()
	for name, fact := range map[string]struct {
		reply  string
		status banks.Status
		left   int64 // -1: not stated
	}{
		"Part":                            {cancelled("PARTIAL_REFUNDED", `,"OriginalAmount":149900,"NewAmount":99900`), banks.PartlyRefunded, 99_900},
		"PartAfterAPart":                  {cancelled("PARTIAL_REFUNDED", `,"OriginalAmount":"60000","NewAmount":"10000"`), banks.PartlyRefunded, 10_000},
		"TheRest":                         {cancelled("REFUNDED", `,"OriginalAmount":50000,"NewAmount":0`), banks.Refunded, 0},
		"ItsKeyEchoed":                    {cancelled("REFUNDED", `,"OriginalAmount":50000,"NewAmount":0,"ExternalRequestId":"`+key+`"`), banks.Refunded, 0},
		"ARepetitionShowsNothingGoneNow":  {cancelled("PARTIAL_REFUNDED", `,"OriginalAmount":99900,"NewAmount":99900,"ExternalRequestId":"`+key+`"`), banks.PartlyRefunded, 99_900},
		"ARepetitionOfTheWhole":           {cancelled("REFUNDED", `,"OriginalAmount":0,"NewAmount":0,"ExternalRequestId":"`+key+`"`), banks.Refunded, 0},
		"NobodyHadPaid":                   {cancelled("CANCELED", ""), banks.Cancelled, -1},
		"ItWasOnlyHeld":                   {cancelled("REVERSED", `,"OriginalAmount":149900,"NewAmount":0`), banks.Reversed, -1},
		"APartOfTheHoldIsReleased":        {cancelled("PARTIAL_REVERSED", `,"OriginalAmount":149900,"NewAmount":99900`), banks.Held, -1},
		"BegunIsPaidAndNothingIsKnownYet": {cancelled("ASYNC_REFUNDING", `,"OriginalAmount":149900,"NewAmount":149900`), banks.Paid, -1},
		"RefundingToo":                    {cancelled("REFUNDING", `,"OriginalAmount":149900,"NewAmount":99900`), banks.Paid, -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			news, err := refundAnswered(t, banks.Card, 50_000, fact.reply)
			require.NoError(t, err)
			require.Equal(t, fact.status, news.Status)
			require.Equal(t, fact.status == banks.Paid, news.Underway)
			require.Nil(t, news.Amount, "what was left before is not what was paid")
			if fact.left < 0 {
				require.Nil(t, news.Left)
				return
			}
			require.Equal(t, money.Of(fact.left, money.RUB), *news.Left)
		})
	}
	t.Run("ErrWithoutTheBanksNumberOrRoubles", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		d, tenge := tbank.New(f), back(1, banks.Card)
		tenge.Amount.Currency = money.KZT
		_, err := d.Refund(t.Context(), account, banks.Ref{Reference: reference}, back(1, banks.Card))
		requireClass(t, banks.BadRequest, err)
		_, err = d.Refund(t.Context(), account, ref(), tenge)
		requireClass(t, banks.BadRequest, err)
		_, err = d.AskRefund(t.Context(), account, banks.Ref{Reference: reference}, banks.SBP)
		requireClass(t, banks.BadRequest, err)
		requireClass(t, banks.BadRequest, d.CloseReceipt(t.Context(), account, banks.Ref{Reference: reference}, charge().Receipt))
		require.Empty(t, f.calls)
	})
	t.Run("ErrLinesOfAnotherAmount", func(t *testing.T) {
		t.Parallel()
		f, give := newFake(), back(1, banks.Card)
		give.Receipt = charge().Receipt
		_, err := tbank.New(f).Refund(t.Context(), account, ref(), give)
		requireClass(t, banks.BadRequest, err)
		require.Empty(t, f.calls)
	})
}

// TestRefundAnsweredFalsely: an answer that does not add up proves nothing, and the money may have gone.
func TestRefundAnsweredFalsely(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]string{
		"ErrNoAmounts":           cancelled("PARTIAL_REFUNDED", ""),
		"ErrNoAmountAfter":       cancelled("PARTIAL_REFUNDED", `,"OriginalAmount":149900`),
		"ErrNoAmountBefore":      cancelled("PARTIAL_REFUNDED", `,"NewAmount":99900`),
		"ErrNullAmount":          cancelled("PARTIAL_REFUNDED", `,"OriginalAmount":149900,"NewAmount":null`),
		"ErrHalfKopeck":          cancelled("PARTIAL_REFUNDED", `,"OriginalAmount":149900.5,"NewAmount":99900`),
		"ErrNegative":            cancelled("PARTIAL_REFUNDED", `,"OriginalAmount":40000,"NewAmount":-10000`),
		"ErrBegunWithoutAmounts": cancelled("ASYNC_REFUNDING", ""),
		"ErrOneKopeckMore":       cancelled("PARTIAL_REFUNDED", `,"OriginalAmount":149900,"NewAmount":99899`),
		"ErrOneKopeckLess":       cancelled("PARTIAL_REFUNDED", `,"OriginalAmount":149900,"NewAmount":99901`),
		"ErrGrown":               cancelled("PARTIAL_REFUNDED", `,"OriginalAmount":99900,"NewAmount":149900`),
		"ErrNothingGone":         cancelled("PARTIAL_REFUNDED", `,"OriginalAmount":149900,"NewAmount":149900`),
		"ErrAnotherKey":          cancelled("PARTIAL_REFUNDED", `,"OriginalAmount":149900,"NewAmount":99900,"ExternalRequestId":"other"`),
		"ErrAllGoneButARest":     cancelled("REFUNDED", `,"OriginalAmount":149900,"NewAmount":99900`),
		"ErrPartGoneButNoRest":   cancelled("PARTIAL_REFUNDED", `,"OriginalAmount":50000,"NewAmount":0`),
		"ErrAnotherPayment":      strings.Replace(cancelled("PARTIAL_REFUNDED", `,"OriginalAmount":149900,"NewAmount":99900`), bankID, "7", 1),
		"ErrAnotherOrder":        strings.Replace(cancelled("PARTIAL_REFUNDED", `,"OriginalAmount":149900,"NewAmount":99900`), reference, "other", 1),
		"ErrNoStatus":            cancelled("", `,"OriginalAmount":149900,"NewAmount":99900`),
		"ErrAmountTwice":         cancelled("PARTIAL_REFUNDED", `,"OriginalAmount":149900,"NewAmount":99900,"NewAmount":1`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := refundAnswered(t, banks.Card, 50_000, reply)
			requireClass(t, banks.Unknown, err)
		})
	}
	for code, class := range map[string]banks.Class{
		"330": banks.Conflict, "324": banks.Conflict, "4": banks.Conflict, "8": banks.Conflict, "3002": banks.Unavailable,
		"9999": banks.Unknown, "77777": banks.Unknown, "334": banks.BadRequest, "255": banks.NotFound, "204": banks.Config,
	} {
		t.Run("Refused"+code, func(t *testing.T) {
			t.Parallel()
			refusal := `{"Success":false,"ErrorCode":"` + code + `","Message":"m"}`
			for _, m := range []banks.Method{banks.Card, banks.SBP} {
				_, err := refundAnswered(t, m, 50_000, refusal)
				require.Equal(t, code, requireClass(t, class, err).Code)
			}
			f := newFake()
			f.reply = on("/cashbox/SendClosingReceipt", refusal)
			requireClass(t, class, tbank.New(f).CloseReceipt(t.Context(), account, ref(), charge().Receipt))
		})
	}
}

func TestAskTellsWhatIsLeft(t *testing.T) {
	t.Parallel()
	for name, fact := range map[string]struct {
		word string
		said int64
		left int64 // -1: not known
	}{
		"PaidAndWhole":              {"CONFIRMED", 149_900, 149_900},
		"PartlyCaptured":            {"CONFIRMED", 99_900, 99_900},
		"PartlyRefunded":            {"PARTIAL_REFUNDED", 40_000, 40_000},
		"RefundedStatesTheOriginal": {"REFUNDED", 149_900, 0},
		"RefundedStatesNothing":     {"REFUNDED", 0, 0},
		"WhileItRunsNobodyKnows":    {"ASYNC_REFUNDING", 149_900, -1},
		"LargerThanOursAlarms":      {"CONFIRMED", 149_901, -1},
		"Held":                      {"AUTHORIZED", 149_900, -1},
		"Released":                  {"REVERSED", 149_900, -1},
		"Unpaid":                    {"FORM_SHOWED", 149_900, -1},
		"AWordThatWeDoNotKnow":      {"MYSTERY", 149_900, -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			f.reply = func(path string) (string, error) {
				said := fmt.Sprintf(`"PaymentId":%q,"Status":%q,"Amount":%d`, bankID, fact.word, fact.said)
				if path == "/v2/CheckOrder" {
					return list("{" + said + "}"), nil
				}
				return fmt.Sprintf(`{"OrderId":%q,"Success":true,"ErrorCode":"0",%s}`, reference, said), nil
			}
			byNumber, byName := ref(), ref()
			byName.BankID = ""
			for _, r := range []banks.Ref{byNumber, byName} {
				news, err := tbank.New(f).Ask(t.Context(), account, r)
				require.NoError(t, err)
				require.Equal(t, fact.said, news.Amount.Amount, "what the bank says of the payment stays as it is")
				if fact.left < 0 {
					require.Nil(t, news.Left)
					continue
				}
				require.Equal(t, money.Of(fact.left, money.RUB), *news.Left)
			}
		})
	}
}

// qrState is an answer of GetQrState; members have their commas behind them.
func qrState(members string) string {
	return fmt.Sprintf(`{%s"Success":true,"ErrorCode":"0","OrderId":%q,"Amount":50000}`, members, reference)
}

func TestAskRefundOfSBP(t *testing.T) {
	t.Parallel()
	ask := func(t *testing.T, word, qr string) (banks.News, *fake, error) {
		t.Helper()
		f := newFake()
		f.truth.Word = word
		f.truth.Left = money.Of(99_900, money.RUB)
		f.reply = on("/v2/GetQrState", qr)
		news, err := tbank.New(f).AskRefund(t.Context(), account, ref(), banks.SBP)
		return news, f, err
	}
	t.Run("RefusedIsPaidWithTheReason", func(t *testing.T) {
		t.Parallel()
		news, _, err := ask(t, "CONFIRMED", qrState(`"Status":"CONFIRMED","QrCancelCode":"I05043","QrCancelMessage":"Счёт получателя не найден",`))
		require.NoError(t, err)
		require.Equal(t, banks.Paid, news.Status)
		require.Equal(t, banks.Decline{Code: banks.SBPRefused, Message: "I05043 Счёт получателя не найден"}, news.Decline)
		require.Equal(t, int64(149_900), news.Left.Amount)
	})
	t.Run("RefusedAfterAPartIsPartlyRefundedWithTheReason", func(t *testing.T) {
		t.Parallel()
		news, _, err := ask(t, "PARTIAL_REFUNDED", qrState(`"Status":"CONFIRMED","QrCancelCode":"I05043",`))
		require.NoError(t, err)
		require.Equal(t, banks.PartlyRefunded, news.Status)
		require.Equal(t, "I05043", news.Decline.Message)
		require.Equal(t, int64(99_900), news.Left.Amount)
	})
	t.Run("ItBeganBetweenTheTwoQuestions", func(t *testing.T) {
		t.Parallel()
		news, _, err := ask(t, "PARTIAL_REFUNDED", qrState(`"Status":"ASYNC_REFUNDING",`))
		require.NoError(t, err)
		require.Equal(t, banks.Paid, news.Status)
		require.True(t, news.Underway)
		require.Nil(t, news.Left)
	})
	t.Run("NothingWasEverReturned", func(t *testing.T) {
		t.Parallel()
		for _, qr := range []string{qrState(""), qrState(`"Status":"CONFIRMED","PaymentId":4100001234,`), qrState(`"Status":null,"QrCancelCode":null,`)} {
			news, _, err := ask(t, "CONFIRMED", qr)
			require.NoError(t, err)
			require.Equal(t, banks.Paid, news.Status)
			require.Zero(t, news.Decline)
			require.Equal(t, int64(149_900), news.Left.Amount)
		}
	})
	t.Run("OneQuestionIsEnoughOnceTheStateTells", func(t *testing.T) {
		t.Parallel()
		for _, word := range []string{"ASYNC_REFUNDING", "REFUNDED", "AUTHORIZED"} {
			_, f, err := ask(t, word, qrState(""))
			require.NoError(t, err)
			require.Len(t, f.calls, 1, word)
		}
		f := newFake()
		_, err := tbank.New(f).AskRefund(t.Context(), account, ref(), banks.Card)
		require.NoError(t, err)
		require.Len(t, f.calls, 1, "a card's refund ends at once")
	})
	for name, qr := range map[string]string{
		"ErrOverButNotShownYet": qrState(`"Status":"PARTIAL_REFUNDED",`),
		"ErrAnotherPayment":     qrState(`"PaymentId":"7","QrCancelCode":"I05043",`),
		"ErrAnotherOrder":       strings.Replace(qrState(`"QrCancelCode":"I05043",`), reference, "other", 1),
		"ErrNameless":           `{"Success":true,"ErrorCode":"0","QrCancelCode":"I05043"}`,
		"ErrCodeTwice":          qrState(`"QrCancelCode":"","QrCancelCode":"I05043",`),
		"ErrNotFoundThere":      `{"Success":false,"ErrorCode":"255"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := ask(t, "CONFIRMED", qr)
			requireClass(t, banks.Unknown, err)
		})
	}
}

func TestCloseReceipt(t *testing.T) {
	t.Parallel()
	closing := func(t *testing.T, reply string, doc *receipts.Document) error {
		t.Helper()
		f := newFake()
		f.reply = on("/cashbox/SendClosingReceipt", reply)
		return tbank.New(f).CloseReceipt(t.Context(), account, ref(), doc)
	}
	require.NoError(t, closing(t, `{"Success":true,"ErrorCode":"0","Message":"OK"}`, charge().Receipt))
	require.NoError(t, closing(t, `{"Success":true,"ErrorCode":"0","PaymentId":4100001234}`, charge().Receipt))
	requireClass(t, banks.Unknown, closing(t, `{"Success":true,"ErrorCode":"0","PaymentId":"7"}`, charge().Receipt))
	requireClass(t, banks.Unknown, closing(t, `{"ErrorCode":"0"}`, charge().Receipt))
	requireClass(t, banks.BadRequest, closing(t, "", nil))
	requireClass(t, banks.BadRequest, closing(t, "", &receipts.Document{Email: "buyer@example.com", Taxation: "osn"}))
	wrong := charge().Receipt
	wrong.Lines[0].VAT = "vat18"
	requireClass(t, banks.BadRequest, closing(t, "", wrong))
}
