package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
)

var (
	start   = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	partner = ids.FromParts("partner")
	account = ids.FromParts("account")
	order   = ids.FromParts("order")
	book    = ledger.Book{Mode: ids.Test, Partner: partner, Currency: money.RUB}
)

// example is the payment of the contract: 1500.00, our fee 2.5 %, the bank's 1.9 %.
func example() ledger.Payment {
	return ledger.Payment{
		ID: order.Child(ids.Payment, 1), Mode: ids.Test, Partner: partner, Amount: money.Of(150_000, money.RUB),
		Terms: ledger.Terms{Account: account, Ours: ledger.Fee{BP: 250}, Theirs: ledger.Fee{BP: 190}},
	}
}

// must gives the entry of a maker that cannot refuse.
func must(t testing.TB) func(ledger.Entry, error) ledger.Entry {
	return func(e ledger.Entry, err error) ledger.Entry {
		t.Helper()
		require.NoError(t, err)
		require.NoError(t, e.Validate())
		return e
	}
}

// posted sums entries.
func posted(t require.TestingT, entries ...ledger.Entry) ledger.Balances {
	b := ledger.Balances{}
	for _, e := range entries {
		require.NoError(t, b.Post(e.Postings...))
		require.True(t, b.Balanced())
	}
	return b
}

// payments draws a paid payment with any terms of which the sums stay within int64.
func payments() *rapid.Generator[ledger.Payment] {
	fee := rapid.Custom(func(t *rapid.T) ledger.Fee {
		return ledger.Fee{
			BP: rapid.Int64Range(0, 10_000).Draw(t, "bp"), Returned: rapid.Bool().Draw(t, "returned"),
			Fixed: rapid.OneOf(rapid.Just[int64](0), rapid.Int64Range(0, 10_000)).Draw(t, "fixed"),
		}
	})
	return rapid.Custom(func(t *rapid.T) ledger.Payment {
		p := example()
		p.Amount.Amount = rapid.OneOf(rapid.Int64Range(1, 300), rapid.Int64Range(1, 1_000_000_000_000)).Draw(t, "amount")
		p.Terms.Ours, p.Terms.Theirs, p.Terms.Own = fee.Draw(t, "ours"), fee.Draw(t, "theirs"), rapid.Bool().Draw(t, "own")
		return p
	})
}
