package ledger_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
)

func ExamplePaid() {
	e, _ := ledger.Paid(ledger.Payment{
		ID: ids.FromParts("order").Child(ids.Payment, 1), Mode: ids.Live, Partner: ids.FromParts("partner"), Amount: money.Of(150_000, money.RUB),
		Terms: ledger.Terms{Account: ids.FromParts("account"), Ours: ledger.Fee{BP: 250}, Theirs: ledger.Fee{BP: 190}},
	}, start)
	for _, p := range e.Postings {
		from, _ := p.From.Split()
		to, _ := p.To.Split()
		fmt.Println(from, "→", to, money.Of(p.Amount, e.Currency))
	}
	// Output:
	// clearing → payable 1500.00 RUB
	// payable → platform_fees 37.50 RUB
	// provider_fees → clearing 28.50 RUB
}

// TestTheContract plays the example of payments.md §5 to the unit.
func TestTheContract(t *testing.T) {
	t.Parallel()
	settlement, ok := ids.FromParts("settlement"), must(t)
	paid := ok(ledger.Paid(example(), start))
	require.Equal(t, ledger.Facts{Paid: 150_000, OurFee: 3_750, ProviderFee: 2_850}, paid.Facts)
	b := posted(t, paid)
	require.Equal(t, ledger.Balances{
		ledger.Clearing(account): -147_150, ledger.Payable: 146_250, ledger.PlatformFees: 3_750, ledger.ProviderFees(account): -2_850,
	}, b)
	sum, err := b.Posted()
	require.NoError(t, err)
	require.Equal(t, int64(146_250), sum)
	b = posted(t, paid,
		ok(ledger.BankTransfer(book, ledger.Transfer{ID: "t1", Account: account, Amount: 147_150}, start)),
		ok(ledger.Reserve(book, settlement, 146_250, start)), ok(ledger.PaidOut(book, settlement, 146_250, start)))
	require.Equal(t, ledger.Balances{
		ledger.PlatformFees: 3_750, ledger.ProviderFees(account): -2_850, ledger.BankSettlement: -900,
	}, b)
}

func TestPaid(t *testing.T) {
	t.Parallel()
	t.Run("OnTheOwnAccountOnlyOurFeeIsOwed", func(t *testing.T) {
		t.Parallel()
		p := example()
		p.Terms.Own = true
		e := must(t)(ledger.Paid(p, start))
		require.Equal(t, ledger.Facts{Paid: 150_000, OurFee: 3_750}, e.Facts)
		require.Equal(t, ledger.Balances{ledger.Receivable: -3_750, ledger.PlatformFees: 3_750}, posted(t, e))
	})
	t.Run("WithoutAnyFeeItIsAFactAllTheSame", func(t *testing.T) {
		t.Parallel()
		p := example()
		p.Terms = ledger.Terms{Account: account, Own: true}
		e := must(t)(ledger.Paid(p, start))
		require.Empty(t, e.Postings)
		require.Equal(t, int64(150_000), e.Facts.Paid)
	})
	t.Run("AFixedFeeMayBeMoreThanThePayment", func(t *testing.T) {
		t.Parallel()
		p := example()
		p.Amount.Amount, p.Terms.Ours.Fixed = 100, 500
		require.Equal(t, int64(100-3-500), posted(t, must(t)(ledger.Paid(p, start)))[ledger.Payable])
	})
	for name, spoil := range map[string]func(*ledger.Payment){
		"ErrNothingPaid":     func(p *ledger.Payment) { p.Amount.Amount = 0 },
		"ErrTooMuch":         func(p *ledger.Payment) { p.Amount.Amount = ledger.MaxAmount + 1 },
		"ErrStrangeCurrency": func(p *ledger.Payment) { p.Amount.Currency = "JPY" },
		"ErrNoPartner":       func(p *ledger.Payment) { p.Partner = ids.ID{} },
		"ErrNoMode":          func(p *ledger.Payment) { p.Mode = "" },
		"ErrNoAccount":       func(p *ledger.Payment) { p.Terms.Account = ids.ID{} },
		"ErrNegativeFee":     func(p *ledger.Payment) { p.Terms.Ours.BP = -1 },
		"ErrMoreThanTheFee":  func(p *ledger.Payment) { p.Terms.Theirs.BP = 10_001 },
		"ErrNegativeFixed":   func(p *ledger.Payment) { p.Terms.Theirs.Fixed = -1 },
		"ErrHugeFixed":       func(p *ledger.Payment) { p.Terms.Ours.Fixed = math.MaxInt64 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := example()
			spoil(&p)
			_, err := ledger.Paid(p, start)
			require.Error(t, err)
			_, err = ledger.Refunded(p, ledger.Refund{ID: order.Child(ids.Refund, 1), Amount: 1}, start)
			require.Error(t, err)
		})
	}
}

func TestRefunded(t *testing.T) {
	t.Parallel()
	refund := func(p ledger.Payment, n int, before, amount int64) (ledger.Entry, error) {
		return ledger.Refunded(p, ledger.Refund{ID: p.ID.Root().Child(ids.Refund, n), Amount: amount, Before: before}, start)
	}
	t.Run("FeesStayUnlessTheTermsReturnThem", func(t *testing.T) {
		t.Parallel()
		e := must(t)(refund(example(), 1, 0, 150_000))
		require.Equal(t, ledger.Facts{Refunded: 150_000}, e.Facts)
		require.Equal(t, ledger.Balances{ledger.Payable: -3_750, ledger.PlatformFees: 3_750, ledger.ProviderFees(account): -2_850, ledger.Clearing(account): 2_850},
			posted(t, must(t)(ledger.Paid(example(), start)), e))
	})
	t.Run("ThirdsAddUpToTheWhole", func(t *testing.T) {
		t.Parallel()
		p := example()
		p.Amount.Amount, p.Terms.Ours = 100, ledger.Fee{Fixed: 10, Returned: true}
		var back []int64
		for i, before := range []int64{0, 33, 66} {
			amount := int64(33 + i/2)
			back = append(back, -must(t)(refund(p, i+1, before, amount)).Facts.OurFee)
		}
		require.Equal(t, []int64{3, 4, 3}, back)
	})
	t.Run("TheOwnAccountOwesLess", func(t *testing.T) {
		t.Parallel()
		p := example()
		p.Terms.Own, p.Terms.Ours.Returned, p.Terms.Theirs.Returned = true, true, true
		e := must(t)(refund(p, 1, 0, 75_000))
		require.Equal(t, ledger.Balances{ledger.Receivable: 1_875, ledger.PlatformFees: -1_875}, posted(t, e))
		require.Equal(t, ledger.Facts{Refunded: 75_000, OurFee: -1_875}, e.Facts)
	})
	for name, r := range map[string]ledger.Refund{
		"ErrNothing": {}, "ErrNegative": {Amount: -1}, "ErrMoreThanPaid": {Amount: 150_001}, "ErrMoreThanLeft": {Amount: 100_000, Before: 50_001},
		"ErrBeforeIsNegative": {Amount: 1, Before: -1}, "ErrOverflow": {Amount: math.MaxInt64, Before: math.MaxInt64},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ledger.Refunded(example(), r, start)
			require.ErrorIs(t, err, ledger.ErrRefund)
		})
	}
}

// TestLaws holds what must be true of all payments and all sequences of refunds.
func TestLaws(t *testing.T) {
	t.Parallel()
	t.Run("NoSequenceOfRefundsReturnsMoreFeeThanWasTaken", rapid.MakeCheck(func(t *rapid.T) {
		p := payments().Draw(t, "payment")
		paid, err := ledger.Paid(p, start)
		require.NoError(t, err)
		entries, sum, before := []ledger.Entry{paid}, paid.Facts, int64(0)
		for n := 1; before < p.Amount.Amount && n < ids.MaxChild; n++ {
			amount := rapid.Int64Range(1, p.Amount.Amount-before).Draw(t, "refund")
			e, err := ledger.Refunded(p, ledger.Refund{ID: order.Child(ids.Refund, n), Amount: amount, Before: before}, start)
			require.NoError(t, err)
			require.NoError(t, e.Validate())
			require.LessOrEqual(t, e.Facts.OurFee, int64(0))
			require.LessOrEqual(t, e.Facts.ProviderFee, int64(0))
			sum, err = sum.Plus(e.Facts)
			require.NoError(t, err)
			require.GreaterOrEqual(t, sum.OurFee, int64(0))
			require.GreaterOrEqual(t, sum.ProviderFee, int64(0))
			before, entries = before+amount, append(entries, e)
		}
		b := posted(t, entries...)
		require.Equal(t, sum.OurFee, b[ledger.PlatformFees])
		require.Equal(t, -sum.ProviderFee, b[ledger.ProviderFees(account)])
		if before == p.Amount.Amount { // split then sum is the whole: what is returned is all of it, what is not is untouched
			require.Equal(t, p.Amount.Amount, sum.Refunded)
			require.Equal(t, p.Terms.Ours.Returned && sum.OurFee != 0, false)
			require.Equal(t, p.Terms.Theirs.Returned && sum.ProviderFee != 0, false)
		}
		if !p.Terms.Own {
			require.Equal(t, p.Amount.Amount-before-sum.OurFee, b[ledger.Payable])
		}
	}))
	t.Run("ReversedTwiceIsNothing", rapid.MakeCheck(func(t *rapid.T) {
		e, err := ledger.Paid(payments().Draw(t, "payment"), start)
		require.NoError(t, err)
		back := ledger.Reverse(e, start)
		again := ledger.Reverse(back, start)
		require.NoError(t, back.Validate())
		require.NoError(t, again.Validate())
		require.Empty(t, posted(t, e, back))
		require.Equal(t, posted(t, e), posted(t, again))
		require.Equal(t, e.Facts, again.Facts)
		require.Equal(t, e.Postings, again.Postings)
		nothing, err := e.Facts.Plus(back.Facts)
		require.NoError(t, err)
		require.Zero(t, nothing)
	}))
	t.Run("AnEntrySurvivesJSON", rapid.MakeCheck(func(t *rapid.T) {
		e, err := ledger.Paid(payments().Draw(t, "payment"), start)
		require.NoError(t, err)
		text, err := json.Marshal(e)
		require.NoError(t, err)
		var got ledger.Entry
		require.NoError(t, json.Unmarshal(text, &got))
		require.Equal(t, e, got)
	}))
}

func TestPayout(t *testing.T) {
	t.Parallel()
	t.Run("ABankMayTakeBack", func(t *testing.T) {
		t.Parallel()
		e := must(t)(ledger.BankTransfer(book, ledger.Transfer{ID: "t", Account: account, Amount: -5}, start))
		require.Equal(t, ledger.Balances{ledger.Clearing(account): -5, ledger.BankSettlement: 5}, posted(t, e))
	})
	t.Run("AFailedPayoutIsUndone", func(t *testing.T) {
		t.Parallel()
		e := must(t)(ledger.Reserve(book, order, 100, start))
		require.Empty(t, posted(t, e, ledger.Reverse(e, start)))
	})
	t.Run("ErrNothingToPay", func(t *testing.T) {
		t.Parallel()
		for _, amount := range []int64{0, -1} {
			_, err := ledger.Reserve(book, order, amount, start)
			require.ErrorIs(t, err, ledger.ErrEntry)
			_, err = ledger.PaidOut(book, order, amount, start)
			require.ErrorIs(t, err, ledger.ErrEntry)
		}
		_, err := ledger.BankTransfer(book, ledger.Transfer{ID: "t", Account: account}, start)
		require.ErrorIs(t, err, ledger.ErrEntry)
	})
	t.Run("ACorrectionHasAnAuthorAndAReason", func(t *testing.T) {
		t.Parallel()
		c := ledger.Correction{ID: "break-1", Postings: []ledger.Posting{ledger.Suspend(account, 700), ledger.Forgive(account, 5)}, By: "op", Note: "найдено"}
		e := must(t)(ledger.Correct(book, c, start))
		require.Equal(t, ledger.Balances{ledger.Suspense: 700, ledger.WriteOff: -5, ledger.Clearing(account): -695}, posted(t, e))
		c.Postings = []ledger.Posting{ledger.Suspend(account, -700), ledger.Forgive(account, -5)}
		require.Equal(t, ledger.Balances{ledger.Suspense: -700, ledger.WriteOff: 5, ledger.Clearing(account): 695}, posted(t, must(t)(ledger.Correct(book, c, start))))
		c.By = ""
		_, err := ledger.Correct(book, c, start)
		require.ErrorIs(t, err, ledger.ErrEntry)
		c.By, c.Note = "op", strings.Repeat("я", ledger.MaxNote+1)
		_, err = ledger.Correct(book, c, start)
		require.ErrorIs(t, err, ledger.ErrEntry)
	})
}
