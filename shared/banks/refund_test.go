package banks_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/receipts"
)

// giver gives back, and closes, whatever the test says.
type giver struct {
	able
	closed func() error
}

func (d giver) Refund(ctx context.Context, _ banks.Account, _ banks.Ref, _ banks.Return) (banks.News, error) {
	return d.news(ctx)
}
func (d giver) AskRefund(ctx context.Context, _ banks.Account, _ banks.Ref, _ banks.Method) (banks.News, error) {
	return d.news(ctx)
}
func (giver) RefundsByKey(m banks.Method) bool { return m == banks.Card }
func (d giver) CloseReceipt(context.Context, banks.Account, banks.Ref, *receipts.Document) error {
	return d.closed()
}

var paidRef = banks.Ref{Reference: "tabc01", BankID: "1", Amount: money.Of(100, money.RUB)}

func give(minor int64) banks.Return {
	return banks.Return{Key: "k1", Amount: money.Of(minor, money.RUB), Method: banks.Card}
}

func rubles(minor int64) *money.Money {
	m := money.Of(minor, money.RUB)
	return &m
}

func answering(news banks.News) giver {
	return giver{able: able{toy{news: func(context.Context) (banks.News, error) { return news, nil }}}}
}

func document(minor ...int64) *receipts.Document {
	d := &receipts.Document{Email: "buyer@example.com"}
	for _, m := range minor {
		d.Lines = append(d.Lines, receipts.Line{Name: "x", Amount: money.Of(m, money.RUB)})
	}
	return d
}

func TestPowersOfReturning(t *testing.T) {
	t.Parallel()
	poor, _ := wrap(able{}, banks.Limits{})
	require.False(t, poor.CanRefund())
	require.False(t, poor.CanClose())
	require.False(t, poor.RefundsByKey(banks.Card))
	_, err := poor.Refund(t.Context(), account, paidRef, give(1))
	require.Equal(t, "operation_not_supported", fault.Code(err))
	_, err = poor.AskRefund(t.Context(), account, paidRef, banks.Card)
	require.Equal(t, "operation_not_supported", fault.Code(err))
	require.Equal(t, "operation_not_supported", fault.Code(poor.CloseReceipt(t.Context(), account, paidRef, document(1))))
	rich, _ := wrap(giver{}, banks.Limits{})
	require.True(t, rich.CanRefund())
	require.True(t, rich.CanClose())
	require.True(t, rich.RefundsByKey(banks.Card))
	require.False(t, rich.RefundsByKey(banks.SBP))
}

// TestWhatARefundMayAnswer: of a return of 60 on 100.
func TestWhatARefundMayAnswer(t *testing.T) {
	t.Parallel()
	for name, news := range map[string]banks.News{
		"PartWithItsRest":         {Status: banks.PartlyRefunded, Left: rubles(40)},
		"PartAfterOthers":         {Status: banks.PartlyRefunded, Left: rubles(0)},
		"WholeOfWhatWasLeft":      {Status: banks.Refunded, Left: rubles(0)},
		"ABankThatStatesNoRest":   {Status: banks.Refunded},
		"OnlyBegun":               {Status: banks.Paid, Underway: true},
		"ItWasHeld":               {Status: banks.Held},
		"ItWasHeldAndIsReleased":  {Status: banks.Reversed},
		"NobodyHadPaidItAtAll":    {Status: banks.Cancelled},
		"TheRestOfAnUntakenIsNil": {Status: banks.Cancelled, Left: rubles(0)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bank, logs := wrap(answering(news), banks.Limits{})
			got, err := bank.Refund(t.Context(), account, paidRef, give(60))
			require.NoError(t, err)
			require.Equal(t, news, got)
			require.Contains(t, logs.String(), `"provider":"toy","call":"refund"`)
		})
	}
	for name, news := range map[string]banks.News{
		"ErrMoreLeftThanCanBe":     {Status: banks.PartlyRefunded, Left: rubles(41)},
		"ErrMoreLeftThanWasPaid":   {Status: banks.PartlyRefunded, Left: rubles(101)},
		"ErrLessThanNothing":       {Status: banks.PartlyRefunded, Left: rubles(-1)},
		"ErrAllBackAndSomeLeft":    {Status: banks.Refunded, Left: rubles(1)},
		"ErrOtherMoney":            {Status: banks.PartlyRefunded, Left: &money.Money{Amount: 40, Currency: money.KZT}},
		"ErrStillPaid":             {Status: banks.Paid, Left: rubles(100)},
		"ErrPending":               {Status: banks.Pending},
		"ErrDeclined":              {Status: banks.Declined},
		"ErrExpired":               {Status: banks.Expired},
		"ErrAWordThatWeDoNotKnow":  {Status: "given"},
		"ErrRefundedAndUnderway":   {Status: banks.Refunded, Underway: true},
		"ErrAnotherReference":      {Status: banks.Refunded, Reference: "tother"},
		"ErrAnotherNumberOfTheirs": {Status: banks.Refunded, BankID: "2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bank, _ := wrap(answering(news), banks.Limits{})
			got, err := bank.Refund(t.Context(), account, paidRef, give(60))
			requireClass(t, banks.Unknown, err)
			require.Zero(t, got)
		})
	}
	t.Run("WithoutTheAmountOfThePaymentTheBankIsBelieved", func(t *testing.T) {
		t.Parallel()
		bank, _ := wrap(answering(banks.News{Status: banks.PartlyRefunded, Left: rubles(1_000)}), banks.Limits{})
		_, err := bank.Refund(t.Context(), account, banks.Ref{BankID: "1"}, give(60))
		require.NoError(t, err)
	})
}

func TestRestsThatAPaymentCannotHave(t *testing.T) {
	t.Parallel()
	for name, news := range map[string]banks.News{
		"ErrMoreThanWasPaid": {Status: banks.Paid, Left: rubles(101)},
		"ErrLessThanNothing": {Status: banks.Paid, Left: rubles(-1)},
		"ErrRefundedWhole":   {Status: banks.Refunded, Left: rubles(100)},
		"ErrOtherMoney":      {Status: banks.Paid, Left: &money.Money{Amount: 1, Currency: money.KZT}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bank, _ := wrap(answering(news), banks.Limits{})
			_, err := bank.Ask(t.Context(), account, paidRef)
			requireClass(t, banks.Unknown, err)
			_, err = bank.AskRefund(t.Context(), account, paidRef, banks.SBP)
			requireClass(t, banks.Unknown, err)
		})
	}
	t.Run("ANoticeOfLessThanNothingPaysNothing", func(t *testing.T) {
		t.Parallel()
		bank, _ := wrap(toy{notice: banks.Notice{Terminal: "T1", News: banks.News{Status: banks.Paid, Left: rubles(-1)}}}, banks.Limits{})
		notice, err := bank.Verify(account, []byte("{}"), nil)
		require.NoError(t, err)
		require.Equal(t, banks.Unrecognised, notice.News.Status)
		require.Nil(t, notice.News.Left)
	})
}

func TestReturnsAreChecked(t *testing.T) {
	t.Parallel()
	silent := answering(banks.News{Status: banks.Refunded})
	bank, _ := wrap(silent, banks.Limits{})
	for name, spoil := range map[string]func(*banks.Return){
		"NoKey":        func(g *banks.Return) { g.Key = "" },
		"KeyOf41":      func(g *banks.Return) { g.Key = strings.Repeat("k", 41) },
		"KeyWithDash":  func(g *banks.Return) { g.Key = "a-b" },
		"Nothing":      func(g *banks.Return) { g.Amount.Amount = 0 },
		"MoreThanPaid": func(g *banks.Return) { g.Amount.Amount = 101 },
		"OtherMoney":   func(g *banks.Return) { g.Amount.Currency = money.KZT },
		"NoCurrency":   func(g *banks.Return) { g.Amount.Currency = "" },
		"NoMethod":     func(g *banks.Return) { g.Method = "" },
		"NoLines":      func(g *banks.Return) { g.Receipt = document() },
		"OtherLines":   func(g *banks.Return) { g.Receipt = document(40, 19) },
	} {
		g := give(60)
		spoil(&g)
		_, err := bank.Refund(t.Context(), account, paidRef, g)
		require.Equal(t, banks.BadRequest, banks.ClassOf(err), name)
	}
	good := give(100)
	good.Key, good.Receipt = strings.Repeat("k", 40), document(60, 40)
	_, err := bank.Refund(t.Context(), account, paidRef, good)
	require.NoError(t, err)
	_, err = bank.Refund(t.Context(), account, banks.Ref{}, give(60))
	requireClass(t, banks.BadRequest, err)
	_, err = bank.AskRefund(t.Context(), account, paidRef, "cash")
	requireClass(t, banks.BadRequest, err)
}

func TestClosing(t *testing.T) {
	t.Parallel()
	calls := 0
	d := giver{closed: func() error { calls++; return nil }}
	bank, logs := wrap(d, banks.Limits{})
	for _, bad := range []*receipts.Document{nil, document(), document(101), document(0), document(-1, 1), {Lines: []receipts.Line{{}}},
		{Lines: []receipts.Line{{Amount: money.Of(1, money.RUB)}, {Amount: money.Of(1, money.KZT)}}}} {
		requireClass(t, banks.BadRequest, bank.CloseReceipt(t.Context(), account, paidRef, bad))
	}
	requireClass(t, banks.BadRequest, bank.CloseReceipt(t.Context(), account, banks.Ref{}, document(1)))
	require.Zero(t, calls)
	require.NoError(t, bank.CloseReceipt(t.Context(), account, paidRef, document(60, 40)))
	require.Equal(t, 1, calls)
	require.Contains(t, logs.String(), `"call":"close_receipt"`)
	require.NotContains(t, logs.String(), "buyer@example.com")
	lost, _ := wrap(giver{closed: func() error { return fmt.Errorf("reset") }}, banks.Limits{})
	requireClass(t, banks.Unknown, lost.CloseReceipt(t.Context(), account, paidRef, document(1)))
}
