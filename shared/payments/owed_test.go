package payments_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/payments"
)

func TestLooked(t *testing.T) {
	t.Parallel()
	t.Run("FromAMinuteToADayAndNotPastTheDeadline", func(t *testing.T) {
		t.Parallel()
		w := opened(fresh(t), banks.Card, start)
		deadline := w.Payments[0].Deadline
		now, waits := w.Payments[0].Due, []time.Duration{}
		for range 20 {
			out := payments.Looked(w, 1, now)
			lawful(t, out)
			w = out.After
			due := w.Payments[0].Due
			require.True(t, due.After(now))
			require.LessOrEqual(t, due.Sub(now), 24*time.Hour)
			if now.Before(deadline) {
				require.False(t, due.After(deadline.Add(15*time.Second)), "it sleeps over the deadline")
			}
			waits = append(waits, due.Sub(now))
			now = due
		}
		require.Equal(t, 2*time.Minute, waits[0])
		require.Equal(t, 24*time.Hour, waits[19])
	})
	t.Run("LongOverdueCallsAnOperatorOnce", func(t *testing.T) {
		t.Parallel()
		w := opened(fresh(t), banks.Card, start)
		limit := w.Payments[0].Deadline.Add(payments.StuckAfter)
		require.Empty(t, raised(payments.Looked(w, 1, limit)))
		out := payments.Looked(w, 1, limit.Add(time.Second))
		require.Equal(t, []payments.AlarmKind{payments.StuckPayment}, raised(out))
		require.Empty(t, raised(payments.Looked(out.After, 1, limit.Add(time.Hour))))
	})
	t.Run("AHoldMayLiveAWeek", func(t *testing.T) {
		t.Parallel()
		w := held(t)
		require.Empty(t, raised(payments.Looked(w, 1, start.Add(payments.HoldLife))))
		require.NotEmpty(t, raised(payments.Looked(w, 1, start.Add(payments.HoldLife+25*time.Hour))))
	})
	t.Run("WhatHasEndedIsNotLookedAt", func(t *testing.T) {
		t.Parallel()
		require.True(t, payments.Looked(at(t, payments.Paid, ""), 1, start).Empty())
	})
}

func TestOwedByPayment(t *testing.T) {
	t.Parallel()
	t.Run("EveryAttemptThatTheBankMayChangeIsAskedAbout", func(t *testing.T) {
		t.Parallel()
		for _, s := range payments.Statuses {
			w := at(t, s, "")
			w.Payments[0].Fiscal = false
			duties, again := payments.OwedByPayment(w, 1, start)
			if w.Payments[0].Watched() {
				require.Equal(t, []payments.Duty{payments.DutyAsk}, duties, s)
				require.Equal(t, start.Add(time.Minute), again)
				continue
			}
			require.Empty(t, duties, s)
			require.True(t, again.IsZero(), s)
		}
	})
	t.Run("AReceiptIsWaitedForAnHourThenAnOperatorIsCalledOnce", func(t *testing.T) {
		t.Parallel()
		w := at(t, payments.Paid, "")
		due := start.Add(payments.ReceiptWithin)
		duties, again := payments.OwedByPayment(w, 1, start.Add(time.Minute))
		require.Empty(t, duties)
		require.Equal(t, due, again)
		duties, again = payments.OwedByPayment(w, 1, due)
		require.Equal(t, []payments.Duty{payments.DutyAlarm}, duties)
		require.True(t, again.After(due))
		require.True(t, payments.MissReceipt(w, w.Payments[0].ID, due.Add(-time.Second)).Empty())
		out := payments.MissReceipt(w, w.Payments[0].ID, due)
		require.Equal(t, []payments.AlarmKind{payments.ReceiptMissing}, raised(out))
		require.True(t, payments.MissReceipt(out.After, w.Payments[0].ID, due).Empty())
		duties, again = payments.OwedByPayment(out.After, 1, due)
		require.Empty(t, duties)
		require.True(t, again.IsZero(), "the operator knows")
	})
	t.Run("WithItsReceiptNothingIsOwed", func(t *testing.T) {
		t.Parallel()
		w := at(t, payments.Paid, "")
		w = payments.AddReceipt(w, w.Payments[0], fiscal(1), false, payments.Told, start).After
		duties, again := payments.OwedByPayment(w, 1, start.Add(72*time.Hour))
		require.Empty(t, duties)
		require.True(t, again.IsZero())
	})
	t.Run("OtherAttemptsOfAPaidOrderAreClosed", func(t *testing.T) {
		t.Parallel()
		w := opened(opened(fresh(t), banks.Card, start), banks.SBP, start)
		w = payments.Apply(w, 2, news(2, banks.Paid), payments.Told, start).After
		duties, again := payments.OwedByPayment(w, 2, start)
		require.Equal(t, []payments.Duty{payments.DutyTidy}, duties)
		require.Equal(t, start.Add(time.Minute), again)
		w = payments.Retried(w, 2, start).After
		require.Equal(t, start.Add(2*time.Minute), w.Payments[1].Due)
		w = payments.Apply(w, 1, news(1, banks.Cancelled), payments.Told, start).After
		duties, again = payments.OwedByPayment(w, 2, start)
		require.Empty(t, duties)
		require.Equal(t, start.Add(payments.ReceiptWithin), again)
	})
	t.Run("APageOfACancelledOrderIsClosed", func(t *testing.T) {
		t.Parallel()
		w := payments.Cancel(opened(fresh(t), banks.Card, start), "", "", start).After
		duties, _ := payments.OwedByPayment(w, 1, start)
		require.Equal(t, []payments.Duty{payments.DutyAsk, payments.DutyTidy}, duties)
		w.Payments[0].BankID = ""
		duties, _ = payments.OwedByPayment(w, 1, start)
		require.Equal(t, []payments.Duty{payments.DutyAsk}, duties, "it cannot be named to the bank")
	})
	t.Run("AHoldOnAClosedOrderIsReleased", func(t *testing.T) {
		t.Parallel()
		w := payments.Cancel(opened(fresh(t, hold), banks.Card, start), "", "", start).After
		w = payments.Apply(w, 1, news(1, banks.Held), payments.Asked, start).After
		duties, _ := payments.OwedByPayment(w, 1, start)
		require.Equal(t, []payments.Duty{payments.DutyAsk, payments.DutyTidy}, duties)
	})
}

func TestExpire(t *testing.T) {
	t.Parallel()
	t.Run("NotBeforeItsTime", func(t *testing.T) {
		t.Parallel()
		w := fresh(t)
		duties, again := payments.OwedByOrder(w, start)
		require.Empty(t, duties)
		require.Equal(t, w.Order.ExpiresAt, again)
		require.True(t, payments.Expire(w, w.Order.ExpiresAt.Add(-time.Millisecond)).Empty())
	})
	t.Run("AnOrderNeverOpened", func(t *testing.T) {
		t.Parallel()
		w := fresh(t)
		duties, again := payments.OwedByOrder(w, w.Order.ExpiresAt)
		require.Equal(t, []payments.Duty{payments.DutyExpire}, duties)
		require.True(t, again.After(w.Order.ExpiresAt))
		out := payments.Expire(w, w.Order.ExpiresAt)
		lawful(t, out)
		require.Equal(t, payments.OrderExpired, out.After.Status())
		duties, again = payments.OwedByOrder(out.After, again)
		require.Empty(t, duties)
		require.True(t, again.IsZero())
	})
	t.Run("AnOpenAttemptIsWaitedFor", func(t *testing.T) {
		t.Parallel()
		for _, s := range []payments.Status{payments.Created, payments.Pending, payments.Held, payments.Unknown} {
			w := at(t, s, "")
			require.True(t, payments.Expire(w, w.Order.ExpiresAt).Empty(), s)
			w.State.Open = 0
			require.True(t, payments.Expire(w, w.Order.ExpiresAt).Empty(), "%s, though it lost its road", s)
		}
		w := at(t, payments.Superseded, "")
		require.False(t, payments.Expire(w, w.Order.ExpiresAt).Empty(), "nobody holds the address of that one")
	})
	t.Run("ClosedOrdersStay", func(t *testing.T) {
		t.Parallel()
		for _, w := range []payments.Whole{at(t, payments.Paid, ""), payments.Cancel(fresh(t), "", "", start).After} {
			require.True(t, payments.Expire(w, w.Order.ExpiresAt).Empty())
			duties, again := payments.OwedByOrder(w, w.Order.ExpiresAt)
			require.Empty(t, duties)
			require.True(t, again.IsZero())
		}
	})
}
