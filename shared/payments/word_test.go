package payments_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/payments"
)

func TestEndRefund(t *testing.T) {
	t.Parallel()
	days := start.Add(payments.RefundPatience + time.Hour)
	// stuck is a paid order of whose refund the bank has had no word for days.
	stuck := func(t *testing.T) payments.Whole {
		t.Helper()
		w := at(t, payments.Paid, "")
		out, r, err := payments.BeginRefund(w, 1, payments.RefundWish{Amount: 60_000, Source: payments.ByOperator, Author: "anna"}, start)
		require.NoError(t, err)
		require.True(t, r.Sent)
		w = payments.RefundLost(out.After, r.N, start.Add(time.Minute)).After
		w = payments.RefundLooked(w, r.N, days).After
		require.True(t, w.Raised(payments.StuckRefund, w.Refunds[0].ID.String()))
		return w
	}
	word := func(gone bool) payments.Word {
		return payments.Word{Gone: gone, By: "boris", Note: "line 14 of the register of 4 March"}
	}
	t.Run("TheMoneyIsGone", func(t *testing.T) {
		t.Parallel()
		w := stuck(t)
		out, err := payments.EndRefund(w, 1, word(true), days)
		require.NoError(t, err)
		lawful(t, out)
		r := out.After.Refunds[0]
		require.Equal(t, payments.RefundSucceeded, r.Status)
		require.Equal(t, payments.EndedBy{By: "boris", Note: "line 14 of the register of 4 March"}, r.Ended)
		require.Equal(t, payments.OrderPartiallyRefunded, out.After.Status())
		require.Equal(t, total.Amount-60_000, out.After.Refundable(1))
		_, err = payments.EndRefund(out.After, 1, word(false), days)
		require.ErrorIs(t, err, payments.ErrNotStuck, "it has ended")
	})
	t.Run("TheMoneyIsNotGone", func(t *testing.T) {
		t.Parallel()
		out, err := payments.EndRefund(stuck(t), 1, word(false), days)
		require.NoError(t, err)
		lawful(t, out)
		require.Equal(t, payments.RefundFailed, out.After.Refunds[0].Status)
		require.Equal(t, banks.Decline{Code: payments.NotCarriedOut, Message: "line 14 of the register of 4 March"}, out.After.Refunds[0].Decline)
		require.Equal(t, total.Amount, out.After.Refundable(1), "it may be given back anew")
	})
	t.Run("ABankThatContradictsTheWordIsBelieved", func(t *testing.T) {
		t.Parallel()
		out, err := payments.EndRefund(stuck(t), 1, word(false), days)
		require.NoError(t, err)
		n := news(1, banks.PartlyRefunded)
		n.Amount.Amount = total.Amount - 60_000
		told := payments.Apply(out.After, 1, n, payments.Told, days)
		require.True(t, told.Ask || told.After.Payments[0].Suspect, "the bank is asked what went back")
	})
	for name, c := range map[string]struct {
		w    func(t *testing.T) payments.Whole
		word payments.Word
		want error
	}{
		"ErrNoSuchRefund": {func(t *testing.T) payments.Whole { return at(t, payments.Paid, "") }, word(true), payments.ErrRefundNotFound},
		"ErrNotStuck":     {func(t *testing.T) payments.Whole { w := stuck(t); w.Alarms = nil; return w }, word(true), payments.ErrNotStuck},
		"ErrNeverSent":    {func(t *testing.T) payments.Whole { w := stuck(t); w.Refunds[0].Sent = false; return w }, word(true), payments.ErrNotStuck},
		"ErrItsAuthor":    {stuck, payments.Word{Gone: true, By: "anna", Note: "x"}, payments.ErrApproverIsAuthor},
		"ErrNobody":       {stuck, payments.Word{Gone: true, Note: "x"}, payments.ErrApproverIsAuthor},
		"ErrACallIsUnderWay": {func(t *testing.T) payments.Whole {
			w := stuck(t)
			w.Refunds[0].Until = days.Add(time.Second)
			return w
		}, word(true), payments.ErrRefundInProgress},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := payments.EndRefund(c.w(t), 1, c.word, days)
			require.ErrorIs(t, err, c.want)
		})
	}
}
