package teller_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
)

func TestOneKeyMakesOneOrder(t *testing.T) {
	t.Parallel()
	create := func(w *world, d payments.Draft, hash string) (payments.Order, bool, error) {
		return w.CreateOrder(w.t.Context(), ids.Test, partner, d, "key", hash)
	}
	t.Run("ErrOtherBody", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, _, err := create(w, draft(), "one")
		require.NoError(t, err)
		_, _, err = create(w, draft(), "two")
		require.ErrorIs(t, err, payments.ErrKeyMismatch)
	})
	t.Run("OutdatedMeanwhile", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		d := draft()
		d.ExpiresAt = start.Add(6 * time.Minute)
		first, _, err := create(w, d, "one")
		require.NoError(t, err)
		w.clock.Advance(3 * time.Minute)
		again, replayed, err := create(w, d, "one")
		require.NoError(t, err)
		require.True(t, replayed)
		require.Equal(t, first, again)
		_, _, err = create(w, d, "two")
		require.Equal(t, "validation_failed", fault.Code(err), "its own body only")
	})
}

func TestTheLinkIsTheAuthorityOfThePayer(t *testing.T) {
	t.Parallel()
	w := setup(t)
	o := w.order()
	got, err := w.LoadLink(t.Context(), o.Order.Link())
	require.NoError(t, err)
	require.Equal(t, o, got)
	for i := range o.Order.LinkKey {
		other := o.Order.LinkKey
		other[i] ^= 1
		got, err := w.LoadLink(t.Context(), ids.Link(ids.Test, o.Order.ID, other))
		require.ErrorIs(t, err, payments.ErrOrderNotFound)
		require.Empty(t, got.Order.Email, "nothing of the order comes along")
	}
}

func TestTidyTouchesOnlyWhatItMay(t *testing.T) {
	t.Parallel()
	t.Run("AnOpenOrderKeepsItsAttempts", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, p := w.open(w.order(), banks.Card)
		require.NoError(t, w.Tidy(t.Context(), o, p.N))
		require.Equal(t, []string{"open"}, w.bank.calls)
		require.Equal(t, o, w.load(o.Order.ID))
	})
	t.Run("ACancelWhoseAnswerWasLostIsNotRepeatedBlindly", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, _ := w.open(w.order(), banks.Card)
		w.bank.cancels = false // the first attempt cannot make room: it is superseded
		o, second := w.open(o, banks.SBP)
		w.bank.cancels = true
		require.NoError(t, w.tell(second, banks.Paid))
		w.bank.next("cancel", trouble{before: errLost})
		require.NoError(t, w.Tidy(t.Context(), w.load(o.Order.ID), second.N))
		require.Equal(t, 1, w.bank.called("cancel"))
		w.bank.next("ask", trouble{before: refused(banks.NotFound)})
		require.NoError(t, w.Tidy(t.Context(), w.load(o.Order.ID), second.N))
		require.Equal(t, 1, w.bank.called("cancel"), "the bank has not told what became of the first one")
	})
}

func TestTheNextBankIsTriedOnlyWhileItMayBe(t *testing.T) {
	t.Parallel()
	t.Run("NotAfterADeclineThatWasLostAtFirst", func(t *testing.T) {
		t.Parallel()
		w := setup(t).withSecond()
		o := w.order()
		reference := ids.Reference(ids.Test, o.Order.ID, 1)
		w.bank.next("open", trouble{after: errLost})
		w.bank.next("ask", trouble{earlier: func() { w.bank.set(reference, banks.Declined) }})
		o, p := w.open(o, banks.Card)
		require.Equal(t, payments.Declined, p.Status)
		require.Equal(t, states{payments.Declined}, statuses(o))
		require.Empty(t, w.second.calls)
	})
	t.Run("NotInTheLastMinutesOfAnOrder", func(t *testing.T) {
		t.Parallel()
		w := setup(t).withSecond()
		o := w.order(func(d *payments.Draft) { d.ExpiresAt = start.Add(payments.MinLife) })
		w.clock.Advance(payments.MinLife - payments.LastCall - 5*time.Second)
		w.bank.next("open", trouble{during: func() { w.clock.Advance(10 * time.Second) }, after: refused(banks.Unavailable)})
		o, p := w.open(o, banks.Card)
		require.Equal(t, payments.Failed, p.Status)
		require.Equal(t, states{payments.Failed}, statuses(o))
		require.Empty(t, w.second.calls, "its success would come after the end of the order")
	})
}

func TestARefundIsAnsweredAsItStands(t *testing.T) {
	t.Parallel()
	t.Run("ErrItsKeyIsInFlight", func(t *testing.T) {
		t.Parallel()
		w, o, _ := paid(t)
		var during error
		w.bank.next("refund", trouble{during: func() { _, _, during = w.refund(o, 60_000, "k") }})
		_, _, err := w.refund(o, 60_000, "k")
		require.NoError(t, err)
		require.ErrorIs(t, during, payments.ErrKeyInFlight)
		require.Equal(t, 1, w.bank.called("refund"))
	})
	t.Run("WhatTheOrderKeepsIsNotGivenBackByItself", func(t *testing.T) {
		t.Parallel()
		w, o, _ := paid(t)
		require.NoError(t, w.ReturnUnwanted(t.Context(), o, 1))
		require.Zero(t, w.bank.called("refund"))
		require.Equal(t, o, w.load(o.Order.ID))
	})
}

func TestAFulfilmentIsAnsweredAsItStands(t *testing.T) {
	t.Parallel()
	bought := func(t *testing.T) (*world, payments.Whole) {
		w, o, _ := paid(t, func(w *world) { w.fiscal() })
		return w, o
	}
	fulfil := func(w *world, o payments.Whole, hash string) error {
		_, _, _, err := w.Fulfil(w.t.Context(), w.load(o.Order.ID), nil, "k", hash)
		return err
	}
	t.Run("ErrOtherBody", func(t *testing.T) {
		t.Parallel()
		w, o := bought(t)
		require.NoError(t, fulfil(w, o, "one"))
		require.ErrorIs(t, fulfil(w, o, "two"), payments.ErrKeyMismatch)
	})
	t.Run("ErrItsKeyIsInFlight", func(t *testing.T) {
		t.Parallel()
		w, o := bought(t)
		var during error
		w.bank.next("close", trouble{during: func() { during = fulfil(w, o, "one") }})
		require.NoError(t, fulfil(w, o, "one"))
		require.ErrorIs(t, during, payments.ErrKeyInFlight)
	})
	t.Run("ErrABankWhoseTillClosesNothing", func(t *testing.T) {
		t.Parallel()
		w, o := bought(t)
		w.bank.closes = false
		require.ErrorIs(t, fulfil(w, o, "one"), payments.ErrNotSupported)
		require.Equal(t, o, w.load(o.Order.ID), "nothing was promised")
	})
}
