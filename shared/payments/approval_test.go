package payments_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/payments"
)

func TestApproval(t *testing.T) {
	t.Parallel()
	wish := payments.RefundWish{Amount: 50_000, Keyed: true, ApproveAbove: 40_000, Author: "anna", Source: payments.ByOperator}
	t.Run("TheAmountIsPromisedMeanwhile", func(t *testing.T) {
		t.Parallel()
		w, r := begin(t, bought(t), wish)
		require.Equal(t, payments.RefundAwaitsApproval, r.Status)
		require.False(t, r.Sent)
		require.Equal(t, int64(100_000), w.Refundable(1))
		require.Equal(t, start.Add(payments.ApprovalLife), r.Due)
		_, send := payments.SendRefund(w, 1, start)
		require.False(t, send, "the bank must not hear of it")
	})
	t.Run("SlicesBelowTheLimitCountTogether", func(t *testing.T) {
		t.Parallel()
		small := wish
		small.Amount = 30_000
		w, r := begin(t, bought(t), small)
		require.Equal(t, payments.RefundPending, r.Status)
		_, r = begin(t, w, small)
		require.Equal(t, payments.RefundAwaitsApproval, r.Status)
	})
	t.Run("SomebodyElseAgrees", func(t *testing.T) {
		t.Parallel()
		w, _ := begin(t, bought(t), wish)
		for _, nobody := range []string{"anna", ""} {
			_, err := payments.ApproveRefund(w, 1, nobody, start)
			require.ErrorIs(t, err, payments.ErrApproverIsAuthor)
		}
		out, err := payments.ApproveRefund(w, 1, "boris", start)
		require.NoError(t, err)
		lawful(t, out)
		require.Equal(t, payments.RefundPending, refundStatus(out.After, 1))
		_, err = payments.ApproveRefund(out.After, 1, "boris", start)
		require.ErrorIs(t, err, payments.ErrNoApproval)
	})
	t.Run("NobodyAgreesForADay", func(t *testing.T) {
		t.Parallel()
		w, _ := begin(t, bought(t), wish)
		end := start.Add(payments.ApprovalLife)
		require.True(t, payments.ExpireApproval(w, 1, end.Add(-time.Second)).Empty())
		_, err := payments.ApproveRefund(w, 1, "boris", end)
		require.ErrorIs(t, err, payments.ErrNoApproval)
		out := payments.ExpireApproval(w, 1, end)
		lawful(t, out)
		r, _ := out.After.Refund(1)
		require.Equal(t, payments.ApprovalExpired, r.Decline.Code)
		require.Equal(t, total.Amount, out.After.Refundable(1))
	})
	t.Run("Rejected", func(t *testing.T) {
		t.Parallel()
		w, _ := begin(t, bought(t), wish)
		out, err := payments.RejectRefund(w, 1, "anna", "a mistake", start)
		require.NoError(t, err)
		lawful(t, out)
		require.Equal(t, payments.RefundFailed, refundStatus(out.After, 1))
		_, err = payments.RejectRefund(out.After, 1, "anna", "", start)
		require.ErrorIs(t, err, payments.ErrNoApproval)
		_, err = payments.RejectRefund(w, 2, "anna", "", start)
		require.ErrorIs(t, err, payments.ErrRefundNotFound)
	})
}

func TestUnwanted(t *testing.T) {
	t.Parallel()
	twice := func(t testing.TB) payments.Whole {
		t.Helper()
		w := opened(opened(fresh(t), banks.Card, start), banks.SBP, start)
		w = payments.Apply(w, 2, news(2, banks.Paid), payments.Told, start).After
		return payments.Apply(w, 1, news(1, banks.Paid), payments.Told, start).After
	}
	t.Run("TheSecondSuccessGoesBack", func(t *testing.T) {
		t.Parallel()
		w := twice(t)
		require.False(t, w.Unwanted(2))
		require.True(t, w.Unwanted(1))
		duties, _ := payments.OwedByPayment(w, 1, start)
		require.Contains(t, duties, payments.DutyReturn)
		out, r, err := payments.BeginRefund(w, 1, payments.RefundWish{Source: payments.BySystem, Keyed: true}, start)
		require.NoError(t, err)
		lawful(t, out)
		require.Equal(t, total, r.Amount)
		require.False(t, out.After.Unwanted(1), "it is on its way")
		w = succeeded(t, out.After, 1)
		require.Equal(t, payments.OrderPaid, w.Status(), "the order keeps the first one")
		require.Zero(t, w.State.Refunded)
	})
	t.Run("ALateSuccessOfACancelledOrderGoesBack", func(t *testing.T) {
		t.Parallel()
		w := payments.Cancel(opened(fresh(t), banks.Card, start), "", "", start).After
		out := payments.Apply(w, 1, news(1, banks.Paid), payments.Told, start)
		require.Equal(t, []payments.AlarmKind{payments.PaidAfterCancel}, raised(out))
		require.True(t, out.After.Unwanted(1))
	})
	t.Run("NotForEver", func(t *testing.T) {
		t.Parallel()
		w := twice(t)
		for range payments.MaxReturnTries {
			require.True(t, w.Unwanted(1))
			out, r, err := payments.BeginRefund(w, 1, payments.RefundWish{Source: payments.BySystem, Keyed: true}, start)
			require.NoError(t, err)
			w = payments.RefundRefused(out.After, r.N, banks.DeclinedNow, banks.Decline{}, start).After
		}
		require.False(t, w.Unwanted(1), "the operator has been called")
	})
	t.Run("ACancelThatMetAPaidPaymentIsARefund", func(t *testing.T) {
		t.Parallel()
		w := payments.BeginCancel(opened(fresh(t), banks.Card, start), 1, start).After
		out := payments.Apply(w, 1, leftAt(banks.Refunded, 0), payments.Asked, start)
		lawful(t, out)
		r, ok := out.After.Refund(1)
		require.True(t, ok)
		require.Equal(t, payments.BySystem, r.Source)
		require.Equal(t, payments.RefundSucceeded, r.Status)
		require.Equal(t, payments.OrderRefunded, out.After.Status())
		require.Equal(t, []payments.AlarmKind{payments.CancelWasRefund}, raised(out))
	})
}

func TestOwedByRefund(t *testing.T) {
	t.Parallel()
	w, _ := begin(t, bought(t), payments.RefundWish{Keyed: true})
	duties, again := payments.OwedByRefund(w, 1, start)
	require.Equal(t, []payments.Duty{payments.DutyRefund}, duties)
	require.True(t, again.After(start))
	w = succeeded(t, w, 1)
	duties, again = payments.OwedByRefund(w, 1, start)
	require.Empty(t, duties)
	require.Equal(t, start.Add(payments.ReceiptWithin), again, "the till owes the receipt of the return")
	duties, _ = payments.OwedByRefund(w, 1, again)
	require.Equal(t, []payments.Duty{payments.DutyAlarm}, duties)
	out := payments.MissReceipt(w, w.Refunds[0].ID, again)
	require.Equal(t, []payments.AlarmKind{payments.ReceiptMissing}, raised(out))
	duties, again = payments.OwedByRefund(out.After, 1, again)
	require.Empty(t, duties)
	require.True(t, again.IsZero())
}
