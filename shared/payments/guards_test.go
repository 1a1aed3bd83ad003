package payments_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/receipts"
)

func TestABankThatIsStillAtOurCallHasNotMissedIt(t *testing.T) {
	t.Parallel()
	out, err := payments.BeginCapture(held(t), 1, 0, nil, "key", "hash", start)
	require.NoError(t, err)
	now := start.Add(time.Minute)
	w := payments.CallLost(out.After, 1, now).After
	busy := news(1, banks.Held)
	busy.Underway = true
	for range 4 {
		now = now.Add(payments.MissApart + time.Second)
		w = payments.Apply(w, 1, busy, payments.Asked, now).After
		require.Equal(t, payments.Unknown, status(w, 1), "believed to be held again, it could be captured twice")
		require.Equal(t, payments.CallCapture, w.Payments[0].Call.Op)
	}
}

func TestAnAttemptGivesFreeOnlyItsOwnRoad(t *testing.T) {
	t.Parallel()
	w := opened(opened(fresh(t), banks.Card, start), banks.SBP, start)
	require.Equal(t, payments.Superseded, status(w, 1))
	w = payments.Apply(w, 1, news(1, banks.Declined), payments.Told, start).After
	require.Equal(t, payments.Declined, status(w, 1))
	require.Equal(t, 2, w.State.Open, "the payer is on the page of the second attempt")
}

func TestTheFirstOutcomeStays(t *testing.T) {
	t.Parallel()
	w := opened(fresh(t), banks.Card, start)
	first := w.Payments[0].First
	require.Equal(t, payments.First{Status: payments.Pending, At: start}, first)
	for _, s := range []banks.Status{banks.Declined, banks.Paid} {
		w = payments.Apply(w, 1, news(1, s), payments.Told, start.Add(time.Minute)).After
		require.Equal(t, first, w.Payments[0].First, "every replay of the creating call repeats it")
	}
}

func TestALateEndOfACallFindsNothingToTurnBack(t *testing.T) {
	t.Parallel()
	for _, s := range []payments.Status{payments.Held, payments.Paid, payments.Cancelled} {
		w := at(t, s, "")
		require.True(t, payments.CallLost(w, 1, start).Empty(), s)
		require.True(t, payments.CallRefused(w, 1, start).Empty(), s)
	}
}

func TestARefundIsCalledForByOneAtATime(t *testing.T) {
	t.Parallel()
	w, r := begin(t, bought(t), payments.RefundWish{Amount: 1, Keyed: true})
	_, send := payments.SendRefund(w, r.N, start.Add(time.Second))
	require.False(t, send, "somebody is just calling the bank for it")
	_, send = payments.SendRefund(w, r.N, r.Until)
	require.True(t, send, "its key makes the repetition harmless")
}

func TestApprovalDoesNotPassByTheOneAtATime(t *testing.T) {
	t.Parallel()
	w, large := begin(t, bought(t), payments.RefundWish{Amount: 100_000, ApproveAbove: 50_000, Author: "anna"})
	require.Equal(t, payments.RefundAwaitsApproval, large.Status)
	w, small := begin(t, w, payments.RefundWish{Amount: 10_000})
	require.Equal(t, payments.RefundPending, small.Status)
	_, err := payments.ApproveRefund(w, large.N, "boris", start)
	require.ErrorIs(t, err, payments.ErrRefundInProgress, "the bank knows no keys, so nobody could tell which of two went through")
	_, err = payments.ApproveRefund(succeeded(t, w, small.N), large.N, "boris", start)
	require.NoError(t, err)
}

func TestNoKeyIsNobodysKey(t *testing.T) {
	t.Parallel()
	w, _ := begin(t, bought(t), payments.RefundWish{Amount: 1, Keyed: true})
	_, found := w.RefundByKey("")
	require.False(t, found)
}

func TestWhatIsLeftBoundsEveryWayToAskForIt(t *testing.T) {
	t.Parallel()
	all := []payments.Part{{Line: 1, Quantity: 3000}, {Line: 2, Quantity: 1000}, {Line: 3, Quantity: 500}}
	t.Run("LinesAfterMoneyWentBackAtTheBank", func(t *testing.T) {
		t.Parallel()
		w := bought(t, basket)
		w = payments.Apply(w, 1, leftAt(banks.PartlyRefunded, w.Order.Total.Amount-1), payments.Asked, start).After
		require.Equal(t, w.Order.Total.Amount-1, w.Refundable(1))
		require.ErrorIs(t, refusal(w, payments.RefundWish{Parts: all, Keyed: true}), payments.ErrExceedsRefundable)
	})
	t.Run("AllThatIsLeftOfNothing", func(t *testing.T) {
		t.Parallel()
		w, r := begin(t, bought(t), payments.RefundWish{Keyed: true})
		require.ErrorIs(t, refusal(succeeded(t, w, r.N), payments.RefundWish{Keyed: true}), payments.ErrExceedsRefundable)
	})
	t.Run("NoneOrLessOfALine", func(t *testing.T) {
		t.Parallel()
		for _, q := range []money.Quantity{0, -1, -3000} {
			err := refusal(bought(t, basket), payments.RefundWish{Parts: []payments.Part{{Line: 1, Quantity: q}}, Keyed: true})
			require.Equal(t, "validation_failed", fault.Code(err), q)
			require.Equal(t, "body.items[0].quantity", fault.As(err).Fields[0].Location)
		}
	})
	t.Run("NoMoreOfALineThanAmountsHaveLeftOfIt", func(t *testing.T) {
		t.Parallel()
		cheap := func(d *payments.Draft) {
			basket(d)
			d.Items = d.Items[:2]
			d.Items[0].Price.Amount, d.Items[0].Quantity, d.Items[1].Price.Amount = 3, 1000, 1_000
		}
		w, r := begin(t, bought(t, cheap), payments.RefundWish{Amount: 502, Keyed: true})
		require.Equal(t, payments.Returned{Line: 1, Amount: 2}, r.Items[0], "no thousandths of it are worth 2")
		_, r = begin(t, w, payments.RefundWish{Parts: []payments.Part{{Line: 1, Quantity: 999}}, Keyed: true})
		require.Equal(t, int64(1), r.Amount.Amount)
	})
	t.Run("AnotherPaymentsRefundsAreItsOwn", func(t *testing.T) {
		t.Parallel()
		w := opened(opened(fresh(t, basket), banks.Card, start), banks.SBP, start)
		for n := 1; n <= 2; n++ {
			taken := news(n, banks.Paid)
			taken.Amount = &w.Order.Total
			w = payments.Apply(w, n, taken, payments.Told, start).After
		}
		require.True(t, w.Unwanted(2))
		out, _, err := payments.BeginRefund(w, 2, payments.RefundWish{Source: payments.BySystem, Keyed: true}, start)
		require.NoError(t, err)
		_, r := begin(t, out.After, payments.RefundWish{Parts: all, Keyed: true})
		require.Equal(t, w.Order.Total, r.Amount)
	})
}

func TestOnlyAProofEndsARefund(t *testing.T) {
	t.Parallel()
	t.Run("NotTheRefusalOfTheRepetitionOfOneThatBegan", func(t *testing.T) {
		t.Parallel()
		w, r := begin(t, bought(t), payments.RefundWish{Amount: 1, Keyed: true})
		w = payments.RefundAnswered(w, r.N, banks.News{Status: banks.Paid, Underway: true}, start).After
		require.True(t, payments.RefundRefused(w, r.N, banks.DeclinedNow, banks.Decline{Code: banks.Generic}, start).Empty())
	})
	t.Run("NotAPartOfItThatIsGone", func(t *testing.T) {
		t.Parallel()
		w, r := begin(t, bought(t), payments.RefundWish{Amount: 60_000})
		out := payments.RefundTold(w, r.N, leftAt(banks.PartlyRefunded, total.Amount-30_000), r.Until)
		require.Equal(t, payments.RefundUnknown, refundStatus(out.After, r.N))
		require.True(t, out.After.Payments[0].Suspect, "somebody else gave that part back")
	})
	t.Run("NothingIsLeftForWhatNobodyApproved", func(t *testing.T) {
		t.Parallel()
		w, r := begin(t, bought(t), payments.RefundWish{ApproveAbove: 1, Author: "anna"})
		out := payments.Apply(w, 1, leftAt(banks.Refunded, 0), payments.Asked, start)
		lawful(t, out)
		require.Equal(t, payments.RefundFailed, refundStatus(out.After, r.N))
		require.Equal(t, payments.NothingLeft, out.After.Refunds[r.N-1].Decline.Code)
		require.Equal(t, payments.OrderRefunded, out.After.Status())
	})
}

func TestNoRefundBeginsBesideAClosingReceipt(t *testing.T) {
	t.Parallel()
	out, r, err := payments.BeginFulfil(bought(t), nil, "key", "hash", start)
	require.NoError(t, err)
	w := out.After
	require.ErrorIs(t, refusal(w, payments.RefundWish{Amount: 1, Keyed: true}), payments.ErrClosing)
	_, _, err = payments.BeginRefund(w, 1, payments.RefundWish{Amount: 1, Keyed: true}, r.CreatedAt.Add(payments.ReceiptWithin))
	require.NoError(t, err, "a receipt that never comes does not keep the payer's money")
}

// tilled is a basket that was paid, whose receipts a till of ours makes.
func tilled(t *testing.T) payments.Whole {
	t.Helper()
	w := fresh(t, basket)
	out, _ := payments.Begin(w, banks.Card, payments.Through{Account: account, Provider: "tbank", Till: ids.FromParts("till")}, "", nil, start)
	w = payments.Opened(out.After, 1, banks.Opened{BankID: bankID(1), PageURL: "https://bank.example/1"}, start).After
	taken := news(1, banks.Paid)
	taken.Amount = &w.Order.Total
	return payments.Apply(w, 1, taken, payments.Told, start).After
}

func TestAPrepaymentIsClosedOnce(t *testing.T) {
	t.Parallel()
	first := []payments.Part{{Line: 1, Quantity: 3000}}
	t.Run("ErrSomeOfItWentBack", func(t *testing.T) {
		t.Parallel()
		w, r := begin(t, bought(t, basket), payments.RefundWish{Amount: 1, Keyed: true})
		_, _, err := payments.BeginFulfil(succeeded(t, w, r.N), nil, "key", "hash", start)
		require.ErrorIs(t, err, payments.ErrNotFulfillable)
	})
	t.Run("ErrAPartAtTheBanksTill", func(t *testing.T) {
		t.Parallel()
		_, _, err := payments.BeginFulfil(bought(t, basket), first, "key", "hash", start)
		require.ErrorIs(t, err, payments.ErrFulfilPart)
	})
	t.Run("ErrALineTwiceAtOurTill", func(t *testing.T) {
		t.Parallel()
		out, _, err := payments.BeginFulfil(tilled(t), first, "key", "hash", start)
		require.NoError(t, err)
		_, _, err = payments.BeginFulfil(out.After, first, "other", "hash", start)
		require.Equal(t, "validation_failed", fault.Code(err))
		out, _, err = payments.BeginFulfil(out.After, nil, "other", "hash", start)
		require.NoError(t, err, "the rest")
		_, _, err = payments.BeginFulfil(out.After, nil, "third", "hash", start)
		require.ErrorIs(t, err, payments.ErrNotFulfillable)
	})
}

func TestOurTillMakesOneReceiptOfEach(t *testing.T) {
	t.Parallel()
	w := tilled(t)
	paid := w.Order.ID.Child(ids.Payment, 1)
	out := payments.BeginReceipt(w, paid, start)
	require.Len(t, out.ChangedReceipts(), 1)
	require.True(t, payments.BeginReceipt(out.After, paid, start).Empty(), "it was asked for")
	made := receipts.Fiscal{Total: w.Order.Total, FN: "9999078900001234", FD: 2, FP: 7, IssuedAt: start}
	w = payments.ReceiptMade(out.After, payments.ReceiptID(paid), made, start).After

	out, closing, err := payments.BeginFulfil(w, nil, "key", "hash", start)
	require.NoError(t, err)
	out = payments.ReceiptMade(out.After, closing.ID, made, start)
	closing, _ = out.After.ReceiptOf(closing.ID)
	require.Equal(t, payments.ReceiptPending, closing.Status, "one document is not two receipts")
	require.Equal(t, []payments.AlarmKind{payments.ReceiptConflict}, raised(out))
}
