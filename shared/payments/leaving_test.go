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

// TestLeaving: what open refunds will take off what we owe the partner.
func TestLeaving(t *testing.T) {
	t.Parallel()
	back := func(t *testing.T, terms ledger.Terms, amounts ...int64) payments.Whole {
		w := priced(t, ours(t), terms)
		for _, amount := range amounts {
			w = refunding(t, w, amount)
		}
		return w
	}
	t.Run("NothingWithoutARefund", func(t *testing.T) {
		t.Parallel()
		require.Zero(t, back(t, contract).Leaving(nil))
	})
	t.Run("TheAmountLessWhatGoesBackOfOurFee", func(t *testing.T) {
		t.Parallel()
		require.EqualValues(t, 150_000-4_050, back(t, contract, 0).Leaving(nil))
		terms := contract
		terms.Ours.Returned = false
		require.EqualValues(t, 150_000, back(t, terms, 0).Leaving(nil))
	})
	t.Run("NothingOfHisOwnMoney", func(t *testing.T) {
		t.Parallel()
		terms := contract
		terms.Own = true
		require.Zero(t, back(t, terms, 0).Leaving(nil))
	})
	t.Run("UntilTheLedgerHasIt", func(t *testing.T) {
		t.Parallel()
		w := back(t, contract, 60_000, 30_000)
		on := w.Leaving(nil)
		require.EqualValues(t, 90_000-2_430, on)
		w = succeeded(t, w, 1)
		require.Equal(t, on, w.Leaving(nil), "it is on its way into the ledger")
		require.EqualValues(t, 30_000-810, w.Leaving(map[string]bool{ledger.RefundedID(w.Refunds[0].ID): true}))
	})
	t.Run("NotOnceItWasLetGo", func(t *testing.T) {
		t.Parallel()
		w := succeeded(t, back(t, contract, 60_000, 30_000), 1)
		w.Refunds[0].Due = time.Time{}
		require.EqualValues(t, 30_000-810, w.Leaving(nil), "nobody asks the ledger for it any more, for it is there")
	})
	t.Run("NotOnceItFailed", func(t *testing.T) {
		t.Parallel()
		w := payments.RefundRefused(back(t, contract, 60_000), 1, banks.DeclinedNow, banks.Decline{}, start).After
		require.Zero(t, w.Leaving(nil))
	})
	t.Run("ItIsWaitedForWithASecondOperator", func(t *testing.T) {
		t.Parallel()
		out, r, err := payments.BeginRefund(priced(t, ours(t), contract), 1, payments.RefundWish{ApproveAbove: 1, Author: "ann"}, start)
		require.NoError(t, err)
		require.Equal(t, payments.RefundAwaitsApproval, r.Status)
		require.EqualValues(t, 145_950, out.After.Leaving(nil))
	})
	t.Run("AllOfItWhereNobodyFrozeTerms", func(t *testing.T) {
		t.Parallel()
		w := refunding(t, ours(t), 60_000)
		require.EqualValues(t, 60_000, w.Leaving(nil))
		w.Payments[0].Agent = false
		require.Zero(t, w.Leaving(nil))
	})
}

// TestLeavingIsWhatTheLedgerMoves: whichever refunds are open, posted or done, the ledger takes off in the end what was
// said, if they succeed in their order.
func TestLeavingIsWhatTheLedgerMoves(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := draft()
		d.Items[0].Price = money.Of(rapid.Int64Range(10, 10_000_000).Draw(t, "price"), money.RUB)
		o, err := payments.NewOrder(d, ids.FromParts("order"), ids.Test, partner, start)
		require.NoError(t, err)
		fee := ledger.Fee{BP: rapid.Int64Range(0, 10_000).Draw(t, "bp"), Fixed: rapid.Int64Range(0, 1000).Draw(t, "fixed"), Returned: rapid.Bool().Draw(t, "returned")}
		terms := ledger.Terms{Account: account, Own: rapid.Bool().Draw(t, "own"), Ours: fee}
		w := priced(t, oursOf(payments.Whole{Order: o}), terms)
		for range rapid.IntRange(1, 6).Draw(t, "refunds") {
			if left := w.Refundable(1); left > 0 {
				w = refunding(t, w, rapid.Int64Range(1, left).Draw(t, "amount"))
			}
		}
		done := rapid.IntRange(0, len(w.Refunds)).Draw(t, "done")
		posted := rapid.IntRange(0, done).Draw(t, "posted")
		held, moved := map[string]bool{}, ledger.Balances{}
		for k := range done {
			w = payments.RefundAnswered(w, k+1, banks.News{Status: banks.PartlyRefunded}, start.Add(time.Duration(k)*time.Hour)).After
			held[w.EntryID(w.Refunds[k].ID)] = k < posted
		}
		said := w.Leaving(held)
		for k := done; k < len(w.Refunds); k++ {
			w = payments.RefundAnswered(w, k+1, banks.News{Status: banks.PartlyRefunded}, start.Add(time.Duration(k)*time.Hour)).After
		}
		for _, r := range w.Refunds[posted:] {
			require.NoError(t, moved.Post(entry(t, w, r.ID).Postings...))
		}
		require.Equal(t, -said, moved[ledger.Payable])
	})
}
