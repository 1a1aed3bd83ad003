package teller_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/payments"
)

func TestChangeOfMind(t *testing.T) {
	t.Parallel()
	// opened is an order whose payer has the card's page and comes back for SBP.
	opened := func(t *testing.T, edit ...func(*payments.Draft)) (*world, payments.Whole, payments.Payment) {
		t.Helper()
		w := setup(t)
		o, p := w.open(w.order(edit...), banks.Card)
		return w, o, p
	}
	t.Run("CancelIsProven", func(t *testing.T) {
		t.Parallel()
		w, o, _ := opened(t)
		o, p := w.open(o, banks.SBP)
		require.Equal(t, states{payments.Cancelled, payments.Pending}, statuses(o))
		require.Equal(t, 2, p.N)
		require.Equal(t, []string{"open", "ask", "cancel", "open"}, w.bank.calls, "the state is asked before")
	})
	t.Run("CancelIsLost", func(t *testing.T) {
		t.Parallel()
		for _, f := range []trouble{{before: errLost}, {after: errLost}} {
			w, o, _ := opened(t)
			w.bank.next("cancel", f)
			_, _, err := w.Open(t.Context(), o, wish(banks.SBP))
			require.ErrorIs(t, err, payments.ErrPaymentUnknown)
			require.Equal(t, states{payments.Unknown}, statuses(w.load(o.Order.ID)))
			_, _, err = w.Open(t.Context(), w.load(o.Order.ID), wish(banks.SBP))
			require.ErrorIs(t, err, payments.ErrPaymentUnknown, "it blocks until the bank has been asked")
			w.pass(2 * time.Minute)
			_, p := w.open(o, banks.SBP)
			require.Equal(t, 2, p.N)
		}
	})
	t.Run("FoundPaid", func(t *testing.T) {
		t.Parallel()
		w, o, p := opened(t)
		w.bank.set(p.Reference(), banks.Paid)
		_, _, err := w.Open(t.Context(), o, wish(banks.SBP))
		require.ErrorIs(t, err, payments.ErrOrderPaid)
		require.Zero(t, w.bank.called("cancel"), "cancelling it would give the money back")
	})
	t.Run("PaidBetweenTheQuestionAndTheCancel", func(t *testing.T) {
		t.Parallel()
		w, o, p := opened(t)
		w.bank.next("cancel", trouble{earlier: func() { w.bank.set(p.Reference(), banks.Paid) }})
		_, _, err := w.Open(t.Context(), o, wish(banks.SBP))
		require.ErrorIs(t, err, payments.ErrOrderPaid)
		require.Equal(t, banks.Refunded, w.bank.at(p.Reference()).status)
		require.Equal(t, []payments.AlarmKind{payments.CancelWasRefund}, w.alarms())
	})
	t.Run("FoundHeld", func(t *testing.T) {
		t.Parallel()
		w, o, p := opened(t, hold)
		w.bank.set(p.Reference(), banks.Held)
		_, _, err := w.Open(t.Context(), o, wish(banks.SBP))
		require.ErrorIs(t, err, payments.ErrPaymentInProgress)
		require.Equal(t, states{payments.Held}, statuses(w.load(o.Order.ID)))
		require.Zero(t, w.bank.called("cancel"))
	})
	t.Run("HeldBetweenTheQuestionAndTheCancel", func(t *testing.T) {
		t.Parallel()
		w, o, p := opened(t, hold)
		w.bank.next("cancel", trouble{earlier: func() { w.bank.set(p.Reference(), banks.Held) }})
		o, _ = w.open(o, banks.SBP)
		require.Equal(t, states{payments.Cancelled, payments.Pending}, statuses(o))
		require.Equal(t, []payments.AlarmKind{payments.CancelWasVoid}, w.alarms())
	})
	t.Run("ABankWithoutCancel", func(t *testing.T) {
		t.Parallel()
		w, o, first := opened(t)
		w.bank.cancels = false
		o, _ = w.open(o, banks.SBP)
		require.Equal(t, states{payments.Superseded, payments.Pending}, statuses(o))
		require.NoError(t, w.tell(first, banks.Paid))
		require.Equal(t, 1, w.load(o.Order.ID).State.Winner, "the old page was still good")
	})
	t.Run("ABankThatCannotNow", func(t *testing.T) {
		t.Parallel()
		w, o, _ := opened(t)
		w.bank.next("cancel", trouble{before: refused(banks.Unavailable)})
		o, _ = w.open(o, banks.SBP)
		require.Equal(t, states{payments.Superseded, payments.Pending}, statuses(o))
	})
	t.Run("ErrThePayerIsPayingJustNow", func(t *testing.T) {
		t.Parallel()
		w, o, _ := opened(t)
		w.bank.next("cancel", trouble{before: refused(banks.Conflict)})
		_, _, err := w.Open(t.Context(), o, wish(banks.SBP))
		require.ErrorIs(t, err, payments.ErrPaymentInProgress)
		require.Equal(t, states{payments.Pending}, statuses(w.load(o.Order.ID)))
		require.Equal(t, 1, w.bank.called("cancel"))
	})
	t.Run("ErrTheBankIsSilent", func(t *testing.T) {
		t.Parallel()
		w, o, _ := opened(t)
		w.bank.next("ask", trouble{before: errLost})
		_, _, err := w.Open(t.Context(), o, wish(banks.SBP))
		require.Error(t, err)
		require.Equal(t, states{payments.Pending}, statuses(w.load(o.Order.ID)), "what is open stays open")
	})
	t.Run("PaidWhileTheCancelWasLost", func(t *testing.T) {
		t.Parallel()
		w, o, p := opened(t)
		w.bank.next("cancel", trouble{before: errLost, earlier: nil})
		w.bank.next("ask", trouble{})
		_, _, err := w.Open(t.Context(), o, wish(banks.SBP))
		require.ErrorIs(t, err, payments.ErrPaymentUnknown)
		w.bank.set(p.Reference(), banks.Paid)
		require.NoError(t, w.tell(p, banks.Paid))
		require.Equal(t, payments.OrderPaid, w.load(o.Order.ID).Status())
		require.Empty(t, w.alarms())
	})
	t.Run("AnotherRoadIsNeverOpenedBesideASuccess", func(t *testing.T) {
		t.Parallel()
		w, o, p := opened(t)
		w.bank.next("cancel", trouble{after: errLost, during: func() {
			w.bank.set(p.Reference(), banks.Paid)
			require.NoError(t, w.tell(p, banks.Paid))
		}})
		_, _, err := w.Open(t.Context(), o, wish(banks.SBP))
		require.ErrorIs(t, err, payments.ErrOrderPaid)
		require.Equal(t, 1, w.bank.called("open"))
	})
}

func TestLateSuccess(t *testing.T) {
	t.Parallel()
	t.Run("OnAnExpiredOrder", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, p := w.open(w.order(), banks.Card)
		w.bank.set(p.Reference(), banks.Expired)
		w.pass(25 * time.Hour)
		require.Equal(t, payments.OrderExpired, w.load(o.Order.ID).Status())
		w.quiet()
		w.bank.set(p.Reference(), banks.Paid)
		require.NoError(t, w.tell(p, banks.Paid))
		require.Equal(t, payments.OrderPaid, w.load(o.Order.ID).Status())
		require.Empty(t, w.alarms())
	})
	t.Run("OnACancelledOrder", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, p := w.open(w.order(), banks.Card)
		w.bank.cancels = false
		_, _, err := w.CancelOrder(t.Context(), o, "", "")
		require.NoError(t, err)
		require.NoError(t, w.tell(p, banks.Paid))
		require.Equal(t, payments.OrderCancelled, w.load(o.Order.ID).Status())
		require.Equal(t, []payments.AlarmKind{payments.PaidAfterCancel}, w.alarms())
	})
	t.Run("OnAPaidOrder", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, first := w.open(w.order(), banks.Card)
		w.bank.cancels = false
		o, second := w.open(o, banks.SBP)
		require.NoError(t, w.tell(second, banks.Paid))
		require.NoError(t, w.tell(first, banks.Paid))
		o = w.load(o.Order.ID)
		require.Equal(t, 2, o.State.Winner)
		require.Equal(t, states{payments.Paid, payments.Paid}, statuses(o))
		require.Equal(t, []payments.AlarmKind{payments.SecondSuccess}, w.alarms())
	})
	t.Run("TheFirstSuccessClosesTheOthers", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, first := w.open(w.order(), banks.Card)
		w.bank.next("cancel", trouble{before: refused(banks.Unavailable)})
		o, second := w.open(o, banks.SBP)
		w.bank.set(second.Reference(), banks.Paid)
		require.NoError(t, w.tell(second, banks.Paid))
		w.bank.next("cancel", trouble{before: errLost})
		w.pass(20 * time.Minute)
		require.Equal(t, states{payments.Cancelled, payments.Paid}, statuses(w.load(o.Order.ID)), "lost once, and tried again")
		require.Equal(t, banks.Cancelled, w.bank.at(first.Reference()).status)
		w.pass(30 * time.Hour)
		w.quiet()
		require.Empty(t, w.alarms())
	})
	t.Run("ALateHoldOfAPaidOrderIsReleased", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, first := w.open(w.order(hold), banks.Card)
		w.bank.next("cancel", trouble{before: refused(banks.Unavailable)})
		o, second := w.open(o, banks.SBP)
		w.bank.set(second.Reference(), banks.Paid)
		require.NoError(t, w.tell(second, banks.Paid))
		w.bank.set(first.Reference(), banks.Held)
		w.pass(10 * time.Minute)
		require.Equal(t, states{payments.Cancelled, payments.Paid}, statuses(w.load(o.Order.ID)))
		require.Equal(t, banks.Reversed, w.bank.at(first.Reference()).status)
	})
}

func TestCancelOrder(t *testing.T) {
	t.Parallel()
	t.Run("ClosesItsAttemptAtTheBank", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, p := w.open(w.order(), banks.Card)
		o, replayed, err := w.CancelOrder(t.Context(), o, "k", "h")
		require.NoError(t, err)
		require.False(t, replayed)
		require.Equal(t, o, w.load(o.Order.ID))
		require.Equal(t, banks.Cancelled, w.bank.at(p.Reference()).status)
		_, replayed, err = w.CancelOrder(t.Context(), o, "k", "h")
		require.NoError(t, err)
		require.True(t, replayed)
		_, _, err = w.CancelOrder(t.Context(), o, "k", "other")
		require.ErrorIs(t, err, payments.ErrKeyMismatch)
		w.pass(26 * time.Hour)
		w.quiet()
	})
	t.Run("NeverOpened", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, _, err := w.CancelOrder(t.Context(), w.order(), "", "")
		require.NoError(t, err)
		require.Equal(t, payments.OrderCancelled, o.Status())
		require.Empty(t, w.bank.calls)
	})
	for name, c := range map[string]struct {
		fault trouble
		truth banks.Status
		want  error
		is    payments.Status
	}{
		"ErrFoundPaid":   {truth: banks.Paid, want: payments.ErrOrderPaid, is: payments.Paid},
		"ErrFoundHeld":   {truth: banks.Held, want: payments.ErrPaymentInProgress, is: payments.Held},
		"ErrCancelLost":  {fault: trouble{after: errLost}, truth: banks.Pending, want: payments.ErrPaymentUnknown, is: payments.Unknown},
		"ErrPayingNow":   {fault: trouble{before: refused(banks.Conflict)}, truth: banks.Pending, want: payments.ErrPaymentInProgress, is: payments.Pending},
		"FoundDeclined":  {truth: banks.Declined, is: payments.Declined},
		"BankCannotNow":  {fault: trouble{before: refused(banks.Unavailable)}, truth: banks.Pending, is: payments.Superseded},
		"BankDoesNotNow": {fault: trouble{before: refused(banks.BadRequest)}, truth: banks.Pending, is: payments.Superseded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			o, p := w.open(w.order(hold), banks.Card)
			w.bank.set(p.Reference(), c.truth)
			w.bank.next("cancel", c.fault)
			_, _, err := w.CancelOrder(t.Context(), o, "", "")
			if c.want == nil {
				require.NoError(t, err)
				require.Equal(t, payments.OrderCancelled, w.load(o.Order.ID).Status())
			} else {
				require.ErrorIs(t, err, c.want)
				require.NotEqual(t, payments.OrderCancelled, w.load(o.Order.ID).Status())
			}
			require.Equal(t, states{c.is}, statuses(w.load(o.Order.ID)))
		})
	}
	t.Run("WhatTheBankCouldNotCloseThenIsClosedLater", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, p := w.open(w.order(), banks.Card)
		w.bank.next("cancel", trouble{before: refused(banks.Unavailable)})
		_, _, err := w.CancelOrder(t.Context(), o, "", "")
		require.NoError(t, err)
		require.Equal(t, banks.Pending, w.bank.at(p.Reference()).status)
		w.pass(3 * time.Minute)
		require.Equal(t, banks.Cancelled, w.bank.at(p.Reference()).status, "nobody can pay a cancelled order")
		require.Equal(t, states{payments.Cancelled}, statuses(w.load(o.Order.ID)))
	})
	t.Run("ErrAPayerIsFaster", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, _ := w.open(w.order(), banks.Card)
		w.bank.next("cancel", trouble{during: func() {
			// A payer's click between the bank's cancel and our write: the page is closed, so that a new one opens.
			_, _, err := w.Open(t.Context(), w.load(o.Order.ID), wish(banks.Card))
			require.ErrorIs(t, err, payments.ErrPaymentInProgress)
		}})
		_, _, err := w.CancelOrder(t.Context(), o, "", "")
		require.NoError(t, err)
	})
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	t.Run("WithAnOpenAttempt", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, p := w.open(w.order(), banks.Card)
		w.pass(24*time.Hour + 10*time.Minute)
		require.Equal(t, payments.OrderPending, w.load(o.Order.ID).Status(), "the bank has not closed its page")
		w.bank.set(p.Reference(), banks.Expired)
		w.pass(48 * time.Hour)
		o = w.load(o.Order.ID)
		require.Equal(t, payments.OrderExpired, o.Status())
		require.Equal(t, states{payments.Expired}, statuses(o))
		w.quiet()
	})
	t.Run("NeverOpened", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order()
		w.pass(24*time.Hour + 10*time.Minute)
		require.Equal(t, payments.OrderExpired, w.load(o.Order.ID).Status())
		w.quiet()
	})
	t.Run("AStuckAttemptCallsAnOperator", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, _ := w.open(w.order(), banks.Card)
		w.pass(72 * time.Hour)
		require.Equal(t, []payments.AlarmKind{payments.StuckPayment}, w.alarms())
		require.Equal(t, payments.OrderPending, w.load(o.Order.ID).Status())
	})
}

func TestLook(t *testing.T) {
	t.Parallel()
	w := setup(t)
	o, p := w.open(w.order(), banks.Card)
	w.bank.set(p.Reference(), banks.Paid)
	o = w.Look(t.Context(), o, 1)
	require.Equal(t, payments.OrderPaid, o.Status(), "what it finds is known")
	w = setup(t)
	o, _ = w.open(w.order(), banks.Card)
	for range 10 {
		o = w.Look(t.Context(), o, 1)
	}
	require.Equal(t, 1, w.bank.called("ask"), "at most every five seconds")
	w.clock.Advance(5 * time.Second)
	w.bank.next("ask", trouble{before: errLost})
	require.Equal(t, o, w.Look(t.Context(), o, 1), "what is known is shown")
	require.Equal(t, 2, w.bank.called("ask"))
}
