package payments_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/payments"
)

// contract takes 2.5 % and 3.00 for us, 1.9 % for the provider; both give their fee back.
var contract = ledger.Terms{Account: account, Ours: ledger.Fee{BP: 250, Fixed: 300, Returned: true}, Theirs: ledger.Fee{BP: 190, Returned: true}}

// priced is a paid order with frozen terms.
func priced(t require.TestingT, w payments.Whole, terms ledger.Terms) payments.Whole {
	out := payments.Repriced(w, 1)
	require.Len(t, out.Unpriced(), 1)
	out.Freeze(1, terms)
	require.Empty(t, out.Unpriced())
	return out.After
}

// entry is what the ledger has to hold of a child.
func entry(t require.TestingT, w payments.Whole, child ids.ID) ledger.Entry {
	e, ok, err := w.EntryOf(child)
	require.NoError(t, err)
	require.True(t, ok)
	require.NoError(t, e.Validate())
	require.Equal(t, w.EntryID(child), e.ID)
	require.Equal(t, ledger.Book{Mode: w.Order.Mode, Partner: w.Order.Partner, Currency: w.Order.Total.Currency}, e.Book)
	require.Equal(t, child, e.Object)
	return e
}

func post(from, to ledger.Account, amount int64) ledger.Posting {
	return ledger.Posting{From: from, To: to, Amount: amount}
}

func TestEntryOfAPayment(t *testing.T) {
	t.Parallel()
	clearing, fees := ledger.Clearing(account), ledger.ProviderFees(account)
	t.Run("ThroughThePlatform", func(t *testing.T) {
		t.Parallel()
		w := priced(t, ours(t), contract)
		e := entry(t, w, w.Payments[0].ID)
		require.Equal(t, []ledger.Posting{post(clearing, ledger.Payable, 150_000), post(ledger.Payable, ledger.PlatformFees, 4_050),
			post(fees, clearing, 2_850)}, e.Postings)
		require.Equal(t, start, e.At)
		require.Equal(t, account, e.Through)
	})
	t.Run("ThroughHisOwn", func(t *testing.T) {
		t.Parallel()
		terms := contract
		terms.Own = true
		w := priced(t, ours(t), terms)
		require.Equal(t, []ledger.Posting{post(ledger.Receivable, ledger.PlatformFees, 4_050)}, entry(t, w, w.Payments[0].ID).Postings)
	})
	t.Run("OfAPartialCapture", func(t *testing.T) {
		t.Parallel()
		w := priced(t, ours(t), contract)
		w.Payments[0].Captured = 100
		require.Equal(t, []ledger.Posting{post(clearing, ledger.Payable, 100), post(ledger.Payable, ledger.PlatformFees, 303),
			post(fees, clearing, 2)}, entry(t, w, w.Payments[0].ID).Postings)
	})
	t.Run("NotBeforeItHasTerms", func(t *testing.T) {
		t.Parallel()
		w := ours(t)
		_, ok, err := w.EntryOf(w.Payments[0].ID)
		require.NoError(t, err)
		require.False(t, ok)
		require.NotEmpty(t, w.EntryID(w.Payments[0].ID), "the ledger is owed it all the same")
	})
	t.Run("NotOfWhatIsNotPaid", func(t *testing.T) {
		t.Parallel()
		w := opened(fresh(t), banks.Card, start)
		for _, child := range []ids.ID{w.Payments[0].ID, w.Order.ID, w.Order.ID.Child(ids.Payment, 9), w.Order.ID.Child(ids.Refund, 1),
			payments.ReceiptID(w.Payments[0].ID)} {
			_, ok, err := w.EntryOf(child)
			require.NoError(t, err)
			require.False(t, ok)
			require.Empty(t, w.EntryID(child))
		}
	})
}

func TestTermsAreFrozen(t *testing.T) {
	t.Parallel()
	other := contract
	other.Ours.BP = 9_000
	t.Run("AsItIsPaid", func(t *testing.T) {
		t.Parallel()
		w := opened(fresh(t), banks.Card, start)
		out := payments.Apply(w, 1, news(1, banks.Paid), payments.Told, start)
		require.Len(t, out.Unpriced(), 1)
		out.Freeze(1, contract)
		require.Equal(t, contract, out.After.Payments[0].Terms)
	})
	t.Run("AndNotAgain", func(t *testing.T) {
		t.Parallel()
		w := priced(t, ours(t), contract)
		require.True(t, payments.Repriced(w, 1).Empty())
		out := payments.Retried(w, 1, start)
		require.Empty(t, out.Unpriced())
	})
	t.Run("NotOnWhatThisDecisionDoesNotWrite", func(t *testing.T) {
		t.Parallel()
		w := priced(t, ours(t), contract)
		out := payments.BeginReceipt(w, w.Payments[0].ID, start)
		out.Freeze(1, other)
		require.Equal(t, contract, out.After.Payments[0].Terms)
	})
	t.Run("NotOnWhatIsNotPaid", func(t *testing.T) {
		t.Parallel()
		w := opened(fresh(t), banks.Card, start)
		out := payments.Looked(w, 1, start)
		require.Empty(t, out.Unpriced())
		out.Freeze(1, contract)
		require.Zero(t, out.After.Payments[0].Terms)
		require.True(t, payments.Repriced(w, 1).Empty())
		require.True(t, payments.Repriced(w, 2).Empty())
	})
}

func TestEntryOfARefund(t *testing.T) {
	t.Parallel()
	clearing, fees := ledger.Clearing(account), ledger.ProviderFees(account)
	back := func(t *testing.T, terms ledger.Terms, amounts ...int64) (payments.Whole, []ledger.Entry) {
		w := priced(t, ours(t), terms)
		var entries []ledger.Entry
		for n, amount := range amounts {
			w = succeeded(t, refunding(t, w, amount), n+1)
			entries = append(entries, entry(t, w, w.Refunds[n].ID))
		}
		return w, entries
	}
	t.Run("Whole", func(t *testing.T) {
		t.Parallel()
		_, entries := back(t, contract, 0)
		require.Equal(t, []ledger.Posting{post(ledger.Payable, clearing, 150_000), post(ledger.PlatformFees, ledger.Payable, 4_050),
			post(clearing, fees, 2_850)}, entries[0].Postings)
	})
	t.Run("InThirds", func(t *testing.T) {
		t.Parallel()
		terms := contract
		terms.Ours, terms.Theirs = ledger.Fee{Fixed: 100, Returned: true}, ledger.Fee{Fixed: 200, Returned: true}
		_, entries := back(t, terms, 50_000, 50_000, 50_000)
		for n, shares := range [][2]int64{{33, 67}, {34, 66}, {33, 67}} { // the rounded share of all so far, less what was given before
			require.Equal(t, []ledger.Posting{post(ledger.Payable, clearing, 50_000), post(ledger.PlatformFees, ledger.Payable, shares[0]),
				post(clearing, fees, shares[1])}, entries[n].Postings)
		}
	})
	t.Run("FeesAreKept", func(t *testing.T) {
		t.Parallel()
		terms := contract
		terms.Ours.Returned, terms.Theirs.Returned = false, false
		_, entries := back(t, terms, 60_000)
		require.Equal(t, []ledger.Posting{post(ledger.Payable, clearing, 60_000)}, entries[0].Postings)
	})
	t.Run("ThroughHisOwn", func(t *testing.T) {
		t.Parallel()
		terms := contract
		terms.Own = true
		_, entries := back(t, terms, 75_000)
		require.Equal(t, []ledger.Posting{post(ledger.PlatformFees, ledger.Receivable, 2_025)}, entries[0].Postings)
	})
	t.Run("TheSameWheneverItIsMade", func(t *testing.T) {
		t.Parallel()
		w, entries := back(t, contract, 50_000, 30_000, 20_000)
		for n, e := range entries {
			require.Equal(t, e, entry(t, w, w.Refunds[n].ID), "what came later does not change it")
		}
	})
	t.Run("NotBeforeItSucceeded", func(t *testing.T) {
		t.Parallel()
		w := refunding(t, priced(t, ours(t), contract), 100)
		_, ok, err := w.EntryOf(w.Refunds[0].ID)
		require.NoError(t, err)
		require.False(t, ok)
		require.Empty(t, w.EntryID(w.Refunds[0].ID))
		require.NotContains(t, dutiesOf(w, w.Refunds[0].ID), payments.DutyPost)
	})
	t.Run("ByTheBankInItsCabinet", func(t *testing.T) {
		t.Parallel()
		w := priced(t, ours(t), contract)
		left := money.Of(90_000, money.RUB)
		w = payments.Apply(w, 1, banks.News{BankID: bankID(1), Status: banks.PartlyRefunded, Left: &left}, payments.Asked, start).After
		require.Len(t, w.Refunds, 1)
		require.Equal(t, payments.ByBank, w.Refunds[0].Source)
		require.Equal(t, till, w.Refunds[0].Till, "its receipt is ours all the same")
		require.Contains(t, dutiesOf(w, w.Refunds[0].ID), payments.DutyPost)
		require.EqualValues(t, 60_000, entry(t, w, w.Refunds[0].ID).Facts.Refunded)
	})
}

func dutiesOf(w payments.Whole, child ids.ID) []payments.Duty {
	duties, _ := payments.Owed(w, child, false, start)
	return duties
}

// TestTheBooksOfARandomHistory: whatever is given back in whatever parts, nobody ever gives back more fee than was taken,
// and once everything went back, the money is where it came from.
func TestTheBooksOfARandomHistory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := draft()
		d.Items[0].Price = money.Of(rapid.Int64Range(1, 10_000_000).Draw(t, "price"), money.RUB)
		o, err := payments.NewOrder(d, ids.FromParts("order"), ids.Test, partner, start)
		require.NoError(t, err)
		fee := func(name string) ledger.Fee {
			return ledger.Fee{BP: rapid.Int64Range(0, 10_000).Draw(t, name), Fixed: rapid.Int64Range(0, 1000).Draw(t, name+" fixed"), Returned: rapid.Bool().Draw(t, name+" returned")}
		}
		terms := ledger.Terms{Account: account, Own: rapid.Bool().Draw(t, "own"), Ours: fee("ours"), Theirs: fee("theirs")}
		w := priced(t, oursOf(payments.Whole{Order: o}), terms)
		e := entry(t, w, w.Payments[0].ID)
		balances, facts := ledger.Balances{}, e.Facts
		require.NoError(t, balances.Post(e.Postings...))
		for n := 1; w.Refundable(1) > 0; n++ {
			amount := rapid.Int64Range(0, w.Refundable(1)).Draw(t, "amount")
			if n > 5 {
				amount = 0
			}
			w = payments.RefundAnswered(refunding(t, w, amount), n, banks.News{Status: banks.PartlyRefunded}, start.Add(time.Duration(n)*time.Hour)).After
			e := entry(t, w, w.Refunds[n-1].ID)
			require.NoError(t, balances.Post(e.Postings...))
			require.True(t, balances.Balanced())
			facts, err = facts.Plus(e.Facts)
			require.NoError(t, err)
			require.GreaterOrEqual(t, facts.OurFee, int64(0))
			require.GreaterOrEqual(t, facts.ProviderFee, int64(0))
		}
		ours, err := terms.Ours.Of(o.Total.Amount)
		require.NoError(t, err)
		if terms.Ours.Returned {
			ours = 0
		}
		require.Equal(t, facts.Paid, facts.Refunded)
		require.Equal(t, ours, facts.OurFee)
		require.Equal(t, ours, balances[ledger.PlatformFees])
	})
}
