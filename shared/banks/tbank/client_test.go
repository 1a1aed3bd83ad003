package tbank_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/banks/tbank"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/receipts"
)

func on(path, reply string) func(string) (string, error) {
	return func(called string) (string, error) {
		if called == path {
			return reply, nil
		}
		return "", nil
	}
}

func requireClass(t *testing.T, class banks.Class, err error) *banks.Error {
	t.Helper()
	var e *banks.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, class.String(), e.Class.String(), "%v", err)
	return e
}

func TestOpen(t *testing.T) {
	t.Parallel()
	t.Run("SBPGivesTheQR", func(t *testing.T) {
		t.Parallel()
		c := charge()
		c.Method = banks.SBP
		opened, err := tbank.New(newFake()).Open(t.Context(), account, c)
		require.NoError(t, err)
		require.Equal(t, banks.Opened{BankID: bankID, PageURL: "https://securepay.tinkoff.ru/abc",
			QR: "https://qr.nspk.ru/AD10006PTORDPC5D98HPT12HV37MMQ6G?type=02"}, opened)
	})
	t.Run("AProvenRefusalOfTheQR", func(t *testing.T) {
		t.Parallel()
		f, c := newFake(), charge()
		c.Method = banks.SBP
		f.reply = on("/v2/GetQr", `{"Success":false,"ErrorCode":"3001","Message":"СБП не подключена"}`)
		_, err := tbank.New(f).Open(t.Context(), account, c)
		require.Equal(t, "3001", requireClass(t, banks.Config, err).Code)
	})
	t.Run("AQRThatWasNotEvenSentIsUnknownForThePaymentExists", func(t *testing.T) {
		t.Parallel()
		f, c := newFake(), charge()
		c.Method = banks.SBP
		f.reply = func(path string) (string, error) {
			if path == "/v2/GetQr" {
				return "", &outbound.NotSentError{Cause: errors.New("refused")}
			}
			return "", nil
		}
		_, err := tbank.New(f).Open(t.Context(), account, c)
		requireClass(t, banks.Unknown, err)
	})
	t.Run("ErrAnotherPayment", func(t *testing.T) {
		t.Parallel()
		for _, reply := range []string{
			`{"Success":true,"ErrorCode":"0","OrderId":"other","PaymentId":"1","Amount":149900,"PaymentURL":"https://x/y"}`,
			`{"Success":true,"ErrorCode":"0","OrderId":"` + reference + `","PaymentId":"1","Amount":1499,"PaymentURL":"https://x/y"}`,
			`{"Success":true,"ErrorCode":"0","OrderId":"` + reference + `","PaymentId":"x","Amount":149900,"PaymentURL":"https://x/y"}`,
			`{"Success":true,"ErrorCode":"0","TerminalKey":"Other","OrderId":"` + reference + `","PaymentId":"1","Amount":149900}`,
		} {
			f := newFake()
			f.reply = on("/v2/Init", reply)
			_, err := tbank.New(f).Open(t.Context(), account, charge())
			requireClass(t, banks.Unknown, err)
		}
	})
	t.Run("ErrNoPageOfTheBanks", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		f.reply = on("/v2/Init", `{"Success":true,"ErrorCode":"0","OrderId":"`+reference+`","PaymentId":1,"Amount":149900}`)
		_, err := tbank.New(f).Open(t.Context(), account, charge())
		requireClass(t, banks.Config, err)
	})
}

func TestTextsOfInit(t *testing.T) {
	t.Parallel()
	t.Run("TheDeadlineIsMoscowTimeWithItsOffset", func(t *testing.T) {
		t.Parallel()
		f, c := newFake(), charge()
		c.Deadline = time.Date(2026, 12, 31, 22, 5, 6, 789, time.UTC)
		_, err := tbank.New(f).Open(t.Context(), account, c)
		require.NoError(t, err)
		require.Contains(t, f.calls[0], `"RedirectDueDate":"2027-01-01T01:05:06+03:00"`)
	})
	t.Run("ALongDescriptionIsCutBetweenWords", func(t *testing.T) {
		t.Parallel()
		f, c := newFake(), charge()
		c.Description = strings.Repeat("слово ", 40) + "\x00\n"
		_, err := tbank.New(f).Open(t.Context(), account, c)
		require.NoError(t, err)
		_, rest, _ := strings.Cut(f.calls[0], `"Description":"`)
		text, _, _ := strings.Cut(rest, `"`)
		require.LessOrEqual(t, utf8.RuneCountInString(text), 140)
		require.True(t, strings.HasSuffix(text, "слово…"), text)
	})
}

// TestChargesThatTheBankCannotTake are refused before any call.
func TestChargesThatTheBankCannotTake(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*banks.Charge){
		"ErrOtherCurrency": func(c *banks.Charge) { c.Amount.Currency = money.KZT },
		"ErrSBPTooSmall":   func(c *banks.Charge) { c.Method, c.Amount, c.Receipt = banks.SBP, money.Of(999, money.RUB), nil },
		"ErrSBPTooLarge": func(c *banks.Charge) {
			c.Method, c.Amount, c.Receipt = banks.SBP, money.Of(100_000_001, money.RUB), nil
		},
		"ErrSBPHold":      func(c *banks.Charge) { c.Method, c.Hold = banks.SBP, true },
		"ErrReceiptTotal": func(c *banks.Charge) { c.Amount.Amount++ },
		"ErrNoContact":    func(c *banks.Charge) { c.Receipt.Email, c.Receipt.Phone = "", "" },
		"ErrTaxation":     func(c *banks.Charge) { c.Receipt.Taxation = "envd" },
		"ErrVAT":          func(c *banks.Charge) { c.Receipt.Lines[0].VAT = "vat18" },
		"ErrSubject":      func(c *banks.Charge) { c.Receipt.Lines[0].Subject = "thing" },
		"ErrMode":         func(c *banks.Charge) { c.Receipt.Lines[0].Mode = "later" },
		"ErrName":         func(c *banks.Charge) { c.Receipt.Lines[0].Name = strings.Repeat("я", 129) },
		"ErrNoLines":      func(c *banks.Charge) { c.Receipt.Lines = nil },
		"Err101Lines":     func(c *banks.Charge) { c.Receipt.Lines = make([]receipts.Line, 101) },
		"ErrQuantity":     func(c *banks.Charge) { c.Receipt.Lines[0].Quantity = 0 },
		"ErrLineCurrency": func(c *banks.Charge) { c.Receipt.Lines[0].Amount.Currency = money.USD },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, c := newFake(), charge()
			spoil(&c)
			_, err := tbank.New(f).Open(t.Context(), account, c)
			requireClass(t, banks.BadRequest, err)
			require.Empty(t, f.calls)
		})
	}
}

var byReference = banks.Ref{Reference: reference}

// list is an answer of CheckOrder.
func list(payments string) string {
	return `{"TerminalKey":"GibernoTestDEMO","OrderId":"` + reference + `","Success":true,"ErrorCode":"0","Message":"OK","Payments":[` + payments + `]}`
}

func TestAsk(t *testing.T) {
	t.Parallel()
	for name, fact := range map[string]struct {
		payments string
		status   banks.Status
		id       string
	}{
		"PaidOutweighsDeclined":   {`{"PaymentId":"1","Status":"REJECTED","Amount":149900,"ErrorCode":"1051","Success":"false"},{"PaymentId":"2","Status":"CONFIRMED","Amount":149900}`, banks.Paid, "2"},
		"PaidOutweighsRefunded":   {`{"PaymentId":1,"Status":"CONFIRMED","Amount":149900},{"PaymentId":2,"Status":"REFUNDED","Amount":149900}`, banks.Paid, "1"},
		"OpenOutweighsExpired":    {`{"PaymentId":"1","Status":"DEADLINE_EXPIRED","Amount":149900},{"PaymentId":"2","Status":"FORM SHOWED","Amount":149900}`, banks.Pending, "2"},
		"AnUnknownWordBlocks":     {`{"PaymentId":"1","Status":"NEW","Amount":149900},{"PaymentId":"2","Status":"MYSTERY","Amount":149900}`, banks.Unrecognised, "2"},
		"TheOnlyOneIsTheTruthful": {`{"PaymentId":"1","Status":"CANCELED","Amount":149900}`, banks.Cancelled, "1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			f.reply = on("/v2/CheckOrder", list(fact.payments))
			news, err := tbank.New(f).Ask(t.Context(), account, byReference)
			require.NoError(t, err)
			require.Equal(t, fact.status, news.Status)
			require.Equal(t, fact.id, news.BankID)
			require.Equal(t, reference, news.Reference)
		})
	}
	t.Run("ARefusedPaymentIsAnAnswerNotAnError", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		f.reply = on("/v2/GetState", `{"TerminalKey":"GibernoTestDEMO","OrderId":"`+reference+`","PaymentId":"`+bankID+
			`","Success":false,"Status":"REJECTED","ErrorCode":"1051","Message":"Недостаточно средств","Amount":149900}`)
		news, err := tbank.New(f).Ask(t.Context(), account, ref())
		require.NoError(t, err)
		require.Equal(t, banks.Declined, news.Status)
		require.Equal(t, banks.Decline{Code: banks.InsufficientFunds, Message: "Недостаточно средств"}, news.Decline)
	})
	t.Run("ARefundInProgressIsStillPaid", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		f.truth.Word = "ASYNC_REFUNDING"
		news, err := tbank.New(f).Ask(t.Context(), account, ref())
		require.NoError(t, err)
		require.Equal(t, banks.Paid, news.Status)
	})
}

func TestAskFindsNothing(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]string{
		"NotFoundByAnEmptyList": list(""),
		"NotFound255":           `{"Success":false,"ErrorCode":"255","Message":"Неверный статус"}`,
		"NotFound335":           `{"Success":false,"ErrorCode":335}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			f.reply = on("/v2/CheckOrder", reply)
			_, err := tbank.New(f).Ask(t.Context(), account, byReference)
			requireClass(t, banks.NotFound, err)
		})
	}
	for name, reply := range map[string]string{
		"ErrNoList":        `{"OrderId":"` + reference + `","Success":true,"ErrorCode":"0"}`,
		"ErrListOfNumbers": list("1,2"),
		"ErrListInAString": `{"OrderId":"` + reference + `","Success":true,"ErrorCode":"0","Payments":"[{"}`, // it once was read on past its end
		"ErrNamelessEntry": list(`{"Status":"CONFIRMED","Amount":149900}`),
		"ErrNoAmount":      list(`{"PaymentId":"1","Status":"CONFIRMED"}`),
		"ErrHalfKopeck":    list(`{"PaymentId":"1","Status":"CONFIRMED","Amount":149900.5}`),
		"ErrTwiceInside":   list(`{"PaymentId":"1","Status":"NEW","Status":"CONFIRMED"}`),
		"ErrOtherOrder":    strings.Replace(list(""), reference, "other", 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			f.reply = on("/v2/CheckOrder", reply)
			_, err := tbank.New(f).Ask(t.Context(), account, byReference)
			requireClass(t, banks.Unknown, err)
		})
	}
}

func TestAskAboutACallThatIsNotOver(t *testing.T) {
	t.Parallel()
	for word, status := range tbank.Statuses() {
		f := newFake()
		f.truth.Word = word
		news, err := tbank.New(f).Ask(t.Context(), account, ref())
		require.NoError(t, err)
		held := word == "CONFIRMING" || word == "CONFIRM_CHECKING" || word == "REVERSING"
		paid := word == "REFUNDING" || word == "ASYNC_REFUNDING"
		require.Equal(t, held || paid, news.Underway, word)
		require.True(t, !held || status == banks.Held, "%s: only its end is a fact", word)
		require.True(t, !paid || status == banks.Paid, "%s: only its end is a fact", word)
	}
}

// TestMovingCalls: what a failure of the bank's own proves of a call that moves money, and of one that does not.
func TestMovingCalls(t *testing.T) {
	t.Parallel()
	for code, want := range map[string][2]banks.Class{ // Init, Cancel
		"9999":  {banks.Unavailable, banks.Unknown},
		"402":   {banks.Unavailable, banks.Unknown},
		"77777": {banks.BadRequest, banks.Unknown},
		"what?": {banks.BadRequest, banks.Unknown},
		"4":     {banks.Conflict, banks.Conflict},
		"20":    {banks.Conflict, banks.Conflict},
		"204":   {banks.Config, banks.Config},
		"334":   {banks.BadRequest, banks.BadRequest},
		"255":   {banks.NotFound, banks.NotFound},
		"3002":  {banks.Unavailable, banks.Unavailable},
		"1099":  {banks.DeclinedNow, banks.DeclinedNow},
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			f.reply = func(string) (string, error) { return `{"Success":false,"ErrorCode":"` + code + `","Message":"m"}`, nil }
			_, err := tbank.New(f).Open(t.Context(), account, charge())
			require.Equal(t, code, requireClass(t, want[0], err).Code)
			_, err = tbank.New(f).Cancel(t.Context(), account, ref())
			require.Equal(t, code, requireClass(t, want[1], err).Code)
		})
	}
	t.Run("ErrWithoutTheBanksNumber", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		_, err := tbank.New(f).Cancel(t.Context(), account, banks.Ref{Reference: reference})
		requireClass(t, banks.BadRequest, err)
		_, err = tbank.New(f).Capture(t.Context(), account, banks.Ref{Reference: reference}, money.Of(1, money.RUB), nil)
		requireClass(t, banks.BadRequest, err)
		require.Empty(t, f.calls)
	})
	t.Run("SuccessAndCodeMustAgree", func(t *testing.T) {
		t.Parallel()
		for _, reply := range []string{
			`{"Success":true,"ErrorCode":"99","Status":"CANCELED","PaymentId":"` + bankID + `"}`,
			`{"Success":false,"ErrorCode":"0"}`, `{"Success":"yes","ErrorCode":"0"}`, `{"ErrorCode":"0"}`, `{"Success":true}`,
		} {
			f := newFake()
			f.reply = on("/v2/Cancel", reply)
			_, err := tbank.New(f).Cancel(t.Context(), account, ref())
			requireClass(t, banks.Unknown, err)
		}
	})
}
