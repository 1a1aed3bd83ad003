package teller_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/receipts"
)

// paid is an order that was paid through the first bank.
func paid(t *testing.T, edit ...func(*world)) (*world, payments.Whole, payments.Payment) {
	t.Helper()
	w := setup(t)
	for _, e := range edit {
		e(w)
	}
	o, p := w.open(w.order(), banks.Card)
	w.bank.set(p.Reference(), banks.Paid)
	require.NoError(t, w.tell(p, banks.Paid))
	return w, w.load(o.Order.ID), p
}

// unkeyed makes the bank begin returns and not know their keys, as SBP does.
func unkeyed(w *world) { w.bank.keyed = false }

func (w *world) refund(o payments.Whole, amount int64, key string) (payments.Refund, bool, error) {
	w.t.Helper()
	_, r, replayed, err := w.Refund(w.t.Context(), w.load(o.Order.ID), 1, payments.RefundWish{Amount: amount, Source: payments.ByPartner,
		Author: "token", Key: key, Hash: "hash"})
	if err == nil {
		stored, _ := w.load(o.Order.ID).Refund(r.N)
		require.Equal(w.t, stored, r, "what is answered is what stands there")
	}
	return r, replayed, err
}

func (w *world) refundNow(o payments.Whole, k int) payments.Refund {
	w.t.Helper()
	r, ok := w.load(o.Order.ID).Refund(k)
	require.True(w.t, ok)
	return r
}

func TestRefund(t *testing.T) {
	t.Parallel()
	t.Run("GivesBackOnce", func(t *testing.T) {
		t.Parallel()
		w, o, p := paid(t)
		r, replayed, err := w.refund(o, 60_000, "k")
		require.NoError(t, err)
		require.False(t, replayed)
		require.Equal(t, payments.RefundSucceeded, r.Status)
		again, replayed, err := w.refund(o, 60_000, "k")
		require.NoError(t, err)
		require.True(t, replayed)
		require.Equal(t, r, again)
		require.Equal(t, map[string]int64{r.BankKey(): 60_000}, w.bank.at(p.Reference()).keys)
		require.Equal(t, payments.OrderPartiallyRefunded, w.load(o.Order.ID).Status())
		w.pass(25 * time.Hour)
		w.quiet()
	})
	t.Run("ErrAnotherRequestUnderTheKey", func(t *testing.T) {
		t.Parallel()
		w, o, _ := paid(t)
		_, _, err := w.refund(o, 60_000, "k")
		require.NoError(t, err)
		_, _, _, err = w.Refund(t.Context(), w.load(o.Order.ID), 1, payments.RefundWish{Key: "k", Hash: "other"})
		require.ErrorIs(t, err, payments.ErrKeyMismatch)
	})
	t.Run("SixtyTwiceInParallelOfAHundred", func(t *testing.T) {
		t.Parallel()
		w, o, p := paid(t)
		var all sync.WaitGroup
		errs := make([]error, 2)
		for i := range errs {
			all.Go(func() {
				_, _, _, errs[i] = w.Refund(t.Context(), o, 1, payments.RefundWish{Amount: 90_000, Source: payments.ByPartner})
			})
		}
		all.Wait()
		if errs[0] != nil {
			errs[0], errs[1] = errs[1], errs[0]
		}
		require.NoError(t, errs[0])
		require.ErrorIs(t, errs[1], payments.ErrExceedsRefundable)
		require.Equal(t, int64(90_000), w.bank.at(p.Reference()).back)
	})
	t.Run("LostUnderAKeyIsRepeatedUnderIt", func(t *testing.T) {
		t.Parallel()
		for name, lost := range map[string]trouble{"Done": {after: errLost}, "NotDone": {before: errLost}} {
			w, o, p := paid(t)
			w.bank.next("refund", lost)
			r, _, err := w.refund(o, 60_000, "k")
			require.NoError(t, err)
			require.Equal(t, payments.RefundUnknown, r.Status, name)
			require.True(t, r.First.At.IsZero())
			_, replayed, err := w.refund(o, 60_000, "k")
			require.NoError(t, err)
			require.False(t, replayed, "202 until the bank has told")
			w.pass(5 * time.Minute)
			require.Equal(t, payments.RefundSucceeded, w.refundNow(o, 1).Status, name)
			require.Equal(t, int64(60_000), w.bank.at(p.Reference()).back, name)
			_, replayed, err = w.refund(o, 60_000, "k")
			require.NoError(t, err)
			require.True(t, replayed)
			w.pass(25 * time.Hour)
			w.quiet()
		}
	})
	t.Run("LostWithoutAKeyIsAsked", func(t *testing.T) {
		t.Parallel()
		w, o, p := paid(t, unkeyed)
		w.bank.next("refund", trouble{after: errLost})
		r, _, err := w.refund(o, 60_000, "k")
		require.NoError(t, err)
		require.Equal(t, payments.RefundUnknown, r.Status)
		w.pass(5 * time.Minute)
		require.Equal(t, payments.RefundPending, w.refundNow(o, 1).Status, "the bank is at it")
		_, _, err = w.refund(o, 10_000, "other")
		require.ErrorIs(t, err, payments.ErrRefundInProgress)
		w.bank.end(p.Reference(), true)
		w.pass(time.Hour)
		require.Equal(t, payments.RefundSucceeded, w.refundNow(o, 1).Status)
		require.Equal(t, 1, w.bank.called("refund"))
		w.pass(25 * time.Hour)
		w.quiet()
	})
	t.Run("LostWithoutAKeyAndNeverDone", func(t *testing.T) {
		t.Parallel()
		w, o, p := paid(t, unkeyed)
		w.bank.next("refund", trouble{before: errLost})
		_, _, err := w.refund(o, 60_000, "k")
		require.NoError(t, err)
		w.pass(10 * time.Minute)
		require.Equal(t, payments.RefundFailed, w.refundNow(o, 1).Status)
		require.Equal(t, 1, w.bank.called("refund"), "never repeated blindly")
		require.Zero(t, w.bank.at(p.Reference()).back)
		require.Equal(t, total.Amount, w.load(o.Order.ID).Refundable(1))
	})
	t.Run("TheBankOfThePayerRefusesIt", func(t *testing.T) {
		t.Parallel()
		w, o, p := paid(t, unkeyed)
		_, _, err := w.refund(o, 60_000, "k")
		require.NoError(t, err)
		w.bank.end(p.Reference(), false)
		w.pass(5 * time.Minute)
		r := w.refundNow(o, 1)
		require.Equal(t, payments.RefundFailed, r.Status)
		require.Equal(t, banks.SBPRefused, r.Decline.Code)
	})
	t.Run("ANoticeEndsItSooner", func(t *testing.T) {
		t.Parallel()
		w, o, p := paid(t, unkeyed)
		_, _, err := w.refund(o, 0, "k")
		require.NoError(t, err)
		w.bank.end(p.Reference(), true)
		require.NoError(t, w.tell(p, banks.Refunded))
		require.Equal(t, payments.RefundSucceeded, w.refundNow(o, 1).Status)
		require.Empty(t, w.alarms())
		asked := w.bank.called("ask") + w.bank.called("ask-refund")
		require.NoError(t, w.tell(p, banks.Refunded), "told again")
		require.Equal(t, asked, w.bank.called("ask")+w.bank.called("ask-refund"))
	})
	t.Run("ErrRefusedByTheBank", func(t *testing.T) {
		t.Parallel()
		w, o, _ := paid(t)
		w.bank.next("refund", trouble{before: refused(banks.DeclinedNow)})
		r, _, err := w.refund(o, 0, "k")
		require.NoError(t, err)
		require.Equal(t, payments.RefundFailed, r.Status)
		again, replayed, err := w.refund(o, 0, "k")
		require.NoError(t, err)
		require.True(t, replayed, "a refusal is an answer")
		require.Equal(t, r, again)
	})
	t.Run("ADeadBankDelaysIt", func(t *testing.T) {
		t.Parallel()
		w, o, p := paid(t, unkeyed)
		for range 3 {
			w.bank.next("refund", trouble{before: refused(banks.Unavailable)})
		}
		r, _, err := w.refund(o, 0, "k")
		require.NoError(t, err)
		require.Equal(t, payments.RefundPending, r.Status, "accepted, and carried out once the bank is back")
		w.pass(2 * time.Hour)
		w.bank.end(p.Reference(), true)
		w.pass(2 * time.Hour)
		require.Equal(t, payments.RefundSucceeded, w.refundNow(o, 1).Status)
		require.Equal(t, total.Amount, w.bank.at(p.Reference()).back)
	})
	t.Run("ErrABankThatCannot", func(t *testing.T) {
		t.Parallel()
		w, o, _ := paid(t)
		w.bank.refunds = false
		_, _, err := w.refund(o, 0, "k")
		require.ErrorIs(t, err, payments.ErrNotSupported)
		require.Empty(t, w.load(o.Order.ID).Refunds)
	})
	t.Run("TheKeyIsForgottenByTheBank", func(t *testing.T) {
		t.Parallel()
		w, o, p := paid(t)
		w.bank.next("refund", trouble{after: errLost})
		_, _, err := w.refund(o, 0, "k")
		require.NoError(t, err)
		w.bank.next("refund", trouble{before: refused(banks.Conflict)}) // «status REFUNDED»
		w.pass(5 * time.Minute)
		require.Equal(t, payments.RefundSucceeded, w.refundNow(o, 1).Status)
		require.Equal(t, total.Amount, w.bank.at(p.Reference()).back)
		require.Empty(t, w.alarms())
	})
}

// One query, {refund, STATE} before the bank is called, the same after (DESIGN §4).
func TestRefundBudget(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]*trouble{"Answered": nil, "Lost": {after: errLost}} {
		w, o, _ := paid(t, func(w *world) { w.fiscal() })
		if answer != nil {
			w.bank.next("refund", *answer)
		}
		w.count.Reset()
		_, _, _, err := w.Refund(t.Context(), w.load(o.Order.ID), 1, payments.RefundWish{Amount: 1, Source: payments.ByPartner, Key: "k", Hash: "h"})
		require.NoError(t, err)
		spent := w.count.Snapshot().Total
		require.Equal(t, 3, spent.Trips, name)
		require.LessOrEqual(t, spent.WriteUnits, 8, name)
		require.LessOrEqual(t, spent.IndexUnits, 4, name)
	}
}

func TestRefundReceipts(t *testing.T) {
	t.Parallel()
	w, o, p := paid(t, func(w *world) { w.fiscal() })
	_, r, _, err := w.Refund(t.Context(), o, 1, payments.RefundWish{Source: payments.ByPartner, Parts: []payments.Part{{Line: 1, Quantity: 400}}})
	require.NoError(t, err)
	require.Equal(t, int64(60_000), r.Amount.Amount)
	at := w.bank.at(p.Reference())
	require.Len(t, at.printed, 1)
	require.Equal(t, []receipts.Line{{Name: "Консультация", Price: total, Quantity: 400, Amount: money.Of(60_000, money.RUB), VAT: "none",
		Subject: "service", Mode: "full_prepayment", Measure: "piece"}}, at.printed[0].Lines, "only what comes back")
	_, _, err = w.refund(o, 0, "rest")
	require.NoError(t, err)
	require.Len(t, at.printed[1].Lines, 1, "the rest of a payment has lines of its own")

	whole, o2, p2 := paid(t, func(w *world) { w.fiscal() })
	_, _, err = whole.refund(o2, 0, "all")
	require.NoError(t, err)
	require.Equal(t, []*receipts.Document{nil}, whole.bank.at(p2.Reference()).printed, "the bank repeats its own receipt")
}

func TestApprove(t *testing.T) {
	t.Parallel()
	limited := func(w *world) { w.accounts.limit = 50_000 }
	t.Run("TheSecondOperatorSendsIt", func(t *testing.T) {
		t.Parallel()
		w, o, p := paid(t, limited)
		r, _, err := w.refund(o, 60_000, "k")
		require.NoError(t, err)
		require.Equal(t, payments.RefundAwaitsApproval, r.Status)
		require.Zero(t, w.bank.called("refund"))
		_, err = w.Approve(t.Context(), w.load(o.Order.ID), 1, "token")
		require.ErrorIs(t, err, payments.ErrApproverIsAuthor)
		_, err = w.Approve(t.Context(), w.load(o.Order.ID), 1, "boris")
		require.NoError(t, err)
		require.Equal(t, payments.RefundSucceeded, w.refundNow(o, 1).Status)
		require.Equal(t, int64(60_000), w.bank.at(p.Reference()).back)
		_, replayed, err := w.refund(o, 60_000, "k")
		require.NoError(t, err)
		require.True(t, replayed)
	})
	t.Run("TwoAtOnceSendItOnce", func(t *testing.T) {
		t.Parallel()
		w, o, p := paid(t, limited)
		_, _, err := w.refund(o, 60_000, "k")
		require.NoError(t, err)
		o = w.load(o.Order.ID)
		var all sync.WaitGroup
		errs := make([]error, 2)
		for i, who := range []string{"boris", "vera"} {
			all.Go(func() { _, errs[i] = w.Approve(t.Context(), o, 1, who) })
		}
		all.Wait()
		require.True(t, (errs[0] == nil) != (errs[1] == nil))
		require.Equal(t, int64(60_000), w.bank.at(p.Reference()).back)
	})
	t.Run("NobodyAgrees", func(t *testing.T) {
		t.Parallel()
		w, o, _ := paid(t, limited)
		_, _, err := w.refund(o, 60_000, "k")
		require.NoError(t, err)
		w.pass(25 * time.Hour)
		require.Equal(t, payments.ApprovalExpired, w.refundNow(o, 1).Decline.Code)
		require.Zero(t, w.bank.called("refund"))
		w.quiet()
	})
	t.Run("Rejected", func(t *testing.T) {
		t.Parallel()
		w, o, _ := paid(t, limited)
		_, _, err := w.refund(o, 60_000, "k")
		require.NoError(t, err)
		_, err = w.Reject(t.Context(), w.load(o.Order.ID), 1, "boris", "not ours")
		require.NoError(t, err)
		require.Equal(t, payments.Rejected, w.refundNow(o, 1).Decline.Code)
		_, err = w.Reject(t.Context(), w.load(o.Order.ID), 1, "boris", "again")
		require.ErrorIs(t, err, payments.ErrNoApproval)
	})
}

func TestUnwantedSuccess(t *testing.T) {
	t.Parallel()
	t.Run("TheSecondOneGoesBackByItself", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.bank.cancels = false
		o, first := w.open(w.order(), banks.Card)
		_, second := w.open(o, banks.SBP)
		for _, p := range []payments.Payment{second, first} {
			w.bank.set(p.Reference(), banks.Paid)
			require.NoError(t, w.tell(p, banks.Paid))
		}
		w.pass(10 * time.Minute)
		require.Equal(t, total.Amount, w.bank.at(first.Reference()).back)
		require.Zero(t, w.bank.at(second.Reference()).back)
		require.Equal(t, []payments.AlarmKind{payments.SecondSuccess}, w.alarms())
		require.Equal(t, payments.BySystem, w.refundNow(o, 1).Source)
		require.Equal(t, payments.OrderPaid, w.load(o.Order.ID).Status())
		w.pass(25 * time.Hour)
		w.quiet()
	})
	t.Run("ALateOneOfACancelledOrderGoesBackByItself", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.bank.cancels = false
		o, p := w.open(w.order(), banks.Card)
		_, _, err := w.CancelOrder(t.Context(), o, "", "")
		require.NoError(t, err)
		w.bank.set(p.Reference(), banks.Paid)
		require.NoError(t, w.tell(p, banks.Paid))
		w.bank.next("refund", trouble{before: refused(banks.DeclinedNow)})
		w.pass(20 * time.Minute)
		require.Equal(t, total.Amount, w.bank.at(p.Reference()).back, "tried again after a refusal")
		require.Equal(t, []payments.AlarmKind{payments.PaidAfterCancel}, w.alarms())
		require.Equal(t, payments.OrderCancelled, w.load(o.Order.ID).Status())
	})
}

func TestFulfil(t *testing.T) {
	t.Parallel()
	fulfil := func(w *world, o payments.Whole, key string) (payments.Receipt, bool, error) {
		_, r, replayed, err := w.Fulfil(w.t.Context(), w.load(o.Order.ID), nil, key, "hash")
		return r, replayed, err
	}
	fiscal := func(w *world) { w.fiscal() }
	closing := receipts.Fiscal{Kind: receipts.Income, Total: total, FN: "9999078900001234", FD: 2, FP: 7, IssuedAt: start}
	t.Run("TheTillTellsOfTheClosingReceipt", func(t *testing.T) {
		t.Parallel()
		w, o, p := paid(t, fiscal)
		r, _, err := fulfil(w, o, "k")
		require.NoError(t, err)
		require.Equal(t, payments.ReceiptPending, r.Status)
		require.Equal(t, "full_payment", w.bank.at(p.Reference()).closed[0].Lines[0].Mode)
		_, replayed, err := fulfil(w, o, "k")
		require.NoError(t, err)
		require.True(t, replayed)
		_, _, err = fulfil(w, o, "other")
		require.ErrorIs(t, err, payments.ErrNotFulfillable)
		require.Len(t, w.bank.at(p.Reference()).closed, 1)
		first := closing
		first.FD = 1
		require.NoError(t, w.send(message{Terminal: "T1", Password: "p1", Reference: p.Reference(), Receipt: &closing, Closing: true}), "it may come first")
		require.NoError(t, w.send(message{Terminal: "T1", Password: "p1", Reference: p.Reference(), Receipt: &first}))
		whole := w.load(o.Order.ID)
		for id, fd := range map[ids.ID]int64{o.Order.ID.Child(ids.FulfilmentReceipt, 1): 2, o.Order.ID.Child(ids.PaymentReceipt, 1): 1} {
			got, ok := whole.ReceiptOf(id)
			require.True(t, ok)
			require.Equal(t, payments.ReceiptReady, got.Status)
			require.Equal(t, fd, got.Fiscal.FD)
		}
		require.Empty(t, w.alarms())
		w.pass(25 * time.Hour)
		w.quiet()
	})
	t.Run("ALostCallIsWaitedForAndNeverRepeated", func(t *testing.T) {
		t.Parallel()
		w, o, _ := paid(t, fiscal)
		w.bank.next("close", trouble{before: errLost})
		_, _, err := fulfil(w, o, "k")
		require.NoError(t, err)
		w.pass(25 * time.Hour)
		require.Equal(t, 1, w.bank.called("close"))
		require.Contains(t, w.alarms(), payments.ReceiptMissing)
		w.quiet()
	})
	t.Run("ErrRefused", func(t *testing.T) {
		t.Parallel()
		w, o, _ := paid(t, fiscal)
		w.bank.next("close", trouble{before: refused(banks.Conflict)})
		_, _, err := fulfil(w, o, "k")
		require.ErrorIs(t, err, payments.ErrNotFulfillable)
		w.bank.next("close", trouble{before: refused(banks.Unavailable)})
		_, _, err = fulfil(w, o, "again")
		require.ErrorIs(t, err, teller.ErrBankSilent)
		r, _, err := fulfil(w, o, "third")
		require.NoError(t, err)
		require.Equal(t, 3, r.ID.N())
	})
	t.Run("ErrRefundedMeanwhile", func(t *testing.T) {
		t.Parallel()
		w, o, _ := paid(t, fiscal)
		_, _, err := w.refund(o, 1, "k")
		require.NoError(t, err)
		_, _, err = fulfil(w, o, "k")
		require.ErrorIs(t, err, payments.ErrNotFulfillable)
	})
	t.Run("ARefundAfterItReturnsTheClosingReceipt", func(t *testing.T) {
		t.Parallel()
		w, o, p := paid(t, fiscal)
		_, _, err := fulfil(w, o, "k")
		require.NoError(t, err)
		_, _, err = w.refund(o, 0, "r")
		require.ErrorIs(t, err, payments.ErrClosing, "which of the two receipts it returns is not known yet")
		first := closing
		first.FD = 1
		require.NoError(t, w.send(message{Terminal: "T1", Password: "p1", Reference: p.Reference(), Receipt: &first}))
		require.NoError(t, w.send(message{Terminal: "T1", Password: "p1", Reference: p.Reference(), Receipt: &closing, Closing: true}))
		_, _, err = w.refund(o, 0, "r")
		require.NoError(t, err)
		require.Equal(t, "full_payment", w.bank.at(p.Reference()).printed[0].Lines[0].Mode)
	})
}
