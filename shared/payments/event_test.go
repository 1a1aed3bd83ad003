package payments_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
)

// tellsOf is the contract once more (payments.md §3): what a partner hears of a status.
var tellsOf = map[payments.Status]payments.EventType{
	payments.Held: "payment.held", payments.Paid: "payment.paid", payments.Declined: "payment.declined",
	payments.Unknown: "payment.unknown", payments.Expired: "payment.expired",
}

// lawfulMarks holds that every change which the partner is told of has its mark, and a due key that finds it.
func lawfulMarks(t require.TestingT, out payments.Outcome) {
	grown := func(was, is []payments.Mark, tells payments.EventType, version int64, due time.Time, what string) {
		if tells == "" {
			require.Equal(t, was, is, "%s tells nothing new", what)
			return
		}
		require.Len(t, is, len(was)+1, "%s tells %s", what, tells)
		for i, m := range was {
			require.Equal(t, m, is[i], "a mark stays")
		}
		last := is[len(is)-1]
		require.Equal(t, tells, last.Type)
		require.Equal(t, version, last.Version)
		require.False(t, last.At.IsZero())
		require.False(t, due.IsZero(), "nobody would find that %s has to be told", what)
	}
	for _, p := range out.Changed() {
		was, _ := out.Before.Payment(p.N)
		tells := tellsOf[p.Status]
		if was.Status == p.Status {
			tells = ""
		}
		grown(was.Marks, p.Marks, tells, p.Version, p.Due, "attempt "+string(p.Status))
	}
	for _, r := range out.ChangedRefunds() {
		was, _ := out.Before.Refund(r.N)
		tells := map[payments.RefundStatus]payments.EventType{payments.RefundSucceeded: "refund.succeeded", payments.RefundFailed: "refund.failed"}[r.Status]
		if was.Status == r.Status {
			tells = ""
		}
		grown(was.Marks, r.Marks, tells, r.Version, r.Due, "refund "+string(r.Status))
	}
	for _, r := range out.ChangedReceipts() {
		was, _ := out.Before.ReceiptOf(r.ID)
		tells := map[payments.ReceiptStatus]payments.EventType{payments.ReceiptReady: "receipt.ready", payments.ReceiptFailed: "receipt.failed"}[r.Status]
		if was.Status == r.Status && was.Verified == r.Verified || tells == "receipt.ready" && !r.Verified {
			tells = ""
		}
		grown(was.Marks, r.Marks, tells, r.Version, r.Due, "receipt "+string(r.Status))
	}
	was, is := out.Before.State, out.After.State
	var tells payments.EventType
	due := out.After.Order.Due
	switch {
	case was.Winner == 0 && is.Winner != 0:
		tells, due = "order.paid", out.After.Payments[is.Winner-1].Due
	case was.Status != is.Status && is.Status == payments.OrderExpired:
		tells = "order.expired"
	case was.Status != is.Status && is.Status == payments.OrderCancelled:
		tells = "order.cancelled"
		require.False(t, due.After(is.UpdatedAt.Add(payments.FeedFirst)), "an order may live for months")
	}
	grown(was.Marks, is.Marks, tells, is.Version, due, "order "+string(is.Status))
}

func TestEventsOf(t *testing.T) {
	t.Parallel()
	t.Run("ThePayingAttemptAnswersForItsOrder", func(t *testing.T) {
		t.Parallel()
		w := opened(fresh(t), banks.Card, start)
		w = payments.Apply(w, 1, news(1, banks.Paid), payments.Told, start).After
		require.Equal(t, []payments.Event{
			{Object: w.Payments[0].ID, Mark: payments.Mark{Type: payments.EventPaymentPaid, Version: w.Payments[0].Version, At: start}},
			{Object: w.Order.ID, Mark: payments.Mark{Type: payments.EventOrderPaid, Version: w.State.Version, At: start}},
		}, w.EventsOf(w.Payments[0].ID, start))
		require.Empty(t, w.EventsOf(w.Order.ID, start))
	})
	t.Run("TheOrderAnswersForItsEnd", func(t *testing.T) {
		t.Parallel()
		w := fresh(t)
		w = payments.Expire(w, w.Order.ExpiresAt).After
		require.Equal(t, []payments.Event{{Object: w.Order.ID, Mark: payments.Mark{Type: payments.EventOrderExpired, Version: 1, At: w.Order.ExpiresAt}}},
			w.EventsOf(w.Order.ID, start))
	})
	t.Run("ALateSuccessIsToldBesideTheDecline", func(t *testing.T) {
		t.Parallel()
		w := opened(fresh(t), banks.Card, start)
		w = payments.Apply(w, 1, news(1, banks.Declined), payments.Told, start).After
		w = payments.Apply(w, 1, news(1, banks.Paid), payments.Told, start.Add(time.Minute)).After
		var types []payments.EventType
		for _, e := range w.EventsOf(w.Payments[0].ID, start) {
			types = append(types, e.Type)
		}
		require.Equal(t, []payments.EventType{payments.EventPaymentDeclined, payments.EventPaymentPaid, payments.EventOrderPaid}, types)
	})
	t.Run("WhatThePartnerAttachedHeIsNotTold", func(t *testing.T) {
		t.Parallel()
		out, r, err := payments.AttachReceipt(at(t, payments.Paid, ""), fiscal(1), start)
		require.NoError(t, err)
		lawful(t, out)
		require.Empty(t, out.After.EventsOf(r.ID, start))
	})
	t.Run("ErrNoSuchChild", func(t *testing.T) {
		t.Parallel()
		w := fresh(t)
		for _, f := range []ids.Family{ids.Payment, ids.Refund, ids.PaymentReceipt} {
			require.Empty(t, w.EventsOf(w.Order.ID.Child(f, 1), start))
		}
	})
}

// TestEventsOfANewerVersion: it runs beside this one, which must not let go of what only the other can tell.
func TestEventsOfANewerVersion(t *testing.T) {
	t.Parallel()
	w := opened(fresh(t), banks.Card, start)
	w = payments.Apply(w, 1, news(1, banks.Declined), payments.Told, start).After
	p := w.Payments[0].ID
	w.Payments[0].Marks = append(w.Payments[0].Marks, payments.Mark{Type: "99", Version: 9, At: start})
	require.Len(t, w.EventsOf(p, start), 1, "this version cannot tell the other")
	duties, again := payments.OwedAll(w, p, payments.Kept{Posted: true, Told: true}, start)
	require.Empty(t, duties)
	require.Equal(t, start.Add(5*time.Minute), again, "it looks whether the other has let go of it")
	_, again = payments.OwedAll(w, p, payments.Kept{Posted: true, Told: true}, start.Add(payments.EventLife))
	require.True(t, again.IsZero(), "not for ever: that version may have gone")
}

func TestOwedAll(t *testing.T) {
	t.Parallel()
	w := opened(fresh(t), banks.Card, start)
	w = payments.Apply(w, 1, news(1, banks.Declined), payments.Told, start).After
	p := w.Payments[0].ID
	duties, again := payments.OwedAll(w, p, payments.Kept{Posted: true, Told: true}, start)
	require.Empty(t, duties)
	require.True(t, again.IsZero(), "nothing is owed any more")
	duties, again = payments.OwedAll(w, p, payments.Kept{Posted: true}, start)
	require.Equal(t, []payments.Duty{payments.DutyTell}, duties)
	require.Equal(t, start.Add(5*time.Minute), again)
}
