package teller_test

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/teller"
)

type states = []payments.Status

func TestOpen(t *testing.T) {
	t.Parallel()
	t.Run("GivesTheBanksPage", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, p := w.open(w.order(), banks.Card)
		require.Equal(t, payments.Pending, p.Status)
		require.Equal(t, "https://bank.example/700", p.PageURL)
		require.Equal(t, payments.OrderPending, o.Status())
	})
	t.Run("AgainGivesTheSamePage", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, first := w.open(w.order(), banks.Card)
		_, again := w.open(o, banks.Card)
		require.Equal(t, first, again)
		require.Equal(t, 1, w.bank.called("open"))
	})
	t.Run("ErrDoubleClick", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order()
		w.bank.next("open", trouble{during: func() {
			_, _, err := w.Open(t.Context(), o, wish(banks.Card)) // as read before
			require.ErrorIs(t, err, payments.ErrPaymentInProgress)
			_, _, err = w.Open(t.Context(), w.load(o.Order.ID), wish(banks.SBP))
			require.ErrorIs(t, err, payments.ErrPaymentInProgress)
		}})
		o, _ = w.open(o, banks.Card)
		require.Equal(t, states{payments.Pending}, statuses(o))
		require.Equal(t, 1, w.bank.called("open"))
	})
	t.Run("NewsFasterThanTheAnswer", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order()
		w.bank.next("open", trouble{during: func() { require.NoError(t, w.tell(w.load(o.Order.ID).Payments[0], banks.Paid)) }})
		o, p := w.open(o, banks.Card)
		require.Equal(t, payments.Paid, p.Status)
		require.NotEmpty(t, p.PageURL)
		require.Equal(t, payments.OrderPaid, o.Status())
	})
	t.Run("DeclinedIsAnAnswer", func(t *testing.T) {
		t.Parallel()
		w := setup(t).withSecond()
		w.bank.next("open", trouble{before: refused(banks.DeclinedNow)})
		o, p := w.open(w.order(), banks.Card)
		require.Equal(t, payments.Declined, p.Status)
		require.Zero(t, w.second.called("open"), "a decline of this payer is not tried elsewhere")
		_, p = w.open(o, banks.Card)
		require.Equal(t, 2, p.N, "but the payer may try again")
	})
	t.Run("ARefusalBeforeEffectGoesToTheNextBank", func(t *testing.T) {
		t.Parallel()
		w := setup(t).withSecond()
		w.bank.next("open", trouble{before: refused(banks.Unavailable)})
		o, p := w.open(w.order(), banks.Card)
		require.Equal(t, "second", p.Provider)
		require.Equal(t, states{payments.Failed, payments.Pending}, statuses(o))
		_, p = w.open(w.order(), banks.Card)
		require.Equal(t, "second", p.Provider, "the sick one stands behind for a while")
	})
	t.Run("NobodyElseIsLeft", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.bank.next("open", trouble{before: refused(banks.Config)})
		_, p := w.open(w.order(), banks.Card)
		require.Equal(t, payments.Failed, p.Status)
		require.Equal(t, []payments.AlarmKind{payments.BankConfig}, w.alarms())
	})
	t.Run("AFailoverGivesWayToAnotherPayer", func(t *testing.T) {
		t.Parallel()
		w := setup(t).withSecond()
		o := w.order()
		w.bank.next("open", trouble{earlier: func() {
			// While the bank is slow the payer's other browser gives the first attempt up and opens the next one.
			w.clock.Advance(time.Minute)
			_, _, err := w.Open(t.Context(), w.load(o.Order.ID), teller.Wish{Method: banks.Card, Provider: "second"})
			require.NoError(t, err)
		}, after: refused(banks.Unavailable)})
		_, _, _ = w.Open(t.Context(), o, wish(banks.Card))
		o = w.load(o.Order.ID)
		require.Equal(t, payments.Pending, o.Payments[1].Status, "the other browser's page stands")
		require.Len(t, o.Payments, 2)
	})
	t.Run("ErrNoProvider", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, _, err := w.Open(t.Context(), w.order(), wish(banks.Instalments))
		require.ErrorIs(t, err, payments.ErrNoProvider)
		_, _, err = w.Open(t.Context(), w.order(), teller.Wish{Method: banks.Card, Provider: "nobody"})
		require.ErrorIs(t, err, payments.ErrProvider)
		w.accounts.off[w.accounts.list[0].ID] = true
		_, _, err = w.Open(t.Context(), w.order(), wish(banks.Card))
		require.ErrorIs(t, err, payments.ErrNoProvider, "switched off")
	})
	t.Run("ASwitchedOffAccountStillServesItsOpenAttempts", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, first := w.open(w.order(), banks.Card)
		w.accounts.off[w.accounts.list[0].ID] = true
		_, again := w.open(o, banks.Card)
		require.Equal(t, first, again)
		_, _, err := w.Open(t.Context(), w.load(o.Order.ID), wish(banks.SBP))
		require.ErrorIs(t, err, payments.ErrNoProvider)
		require.Equal(t, payments.Pending, w.load(o.Order.ID).Payments[0].Status, "nobody takes the new way: the old one stays")
		require.NoError(t, w.tell(first, banks.Paid))
		require.Equal(t, payments.OrderPaid, w.load(o.Order.ID).Status())
	})
	t.Run("AKeyOfTheKeptAttempt", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, _ := w.open(w.order(), banks.Card)
		key := payments.Answered{Key: "k", Hash: "h"}
		for range 2 {
			_, p, err := w.Open(t.Context(), w.load(o.Order.ID), teller.Wish{Method: banks.Card, Key: key})
			require.NoError(t, err)
			require.Equal(t, []payments.Answered{key}, p.Keys)
		}
	})
}

func TestLostOpening(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		open trouble
		want states
	}{
		"FoundUnpaid": {trouble{after: errLost}, states{payments.Superseded, payments.Pending}},
		"NotFound":    {trouble{before: errLost}, states{payments.Superseded, payments.Pending}},
	} {
		t.Run(name+"OpensTheNextAtOnce", func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.bank.next("open", c.open)
			o, p := w.open(w.order(), banks.Card)
			require.Equal(t, c.want, statuses(o))
			require.Equal(t, 2, p.N)
			require.Equal(t, 2, o.State.Open)
			w.bank.set(p.Reference(), banks.Paid)
			w.pass(50 * time.Hour)
			o = w.load(o.Order.ID)
			require.Equal(t, payments.OrderPaid, o.Status())
			require.NotEqual(t, payments.Superseded, o.Payments[0].Status, "it is closed or has failed")
			require.Empty(t, w.alarms())
			w.quiet()
		})
	}
	t.Run("FoundPaid", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order()
		w.bank.next("open", trouble{after: errLost, during: func() { w.bank.set(w.load(o.Order.ID).Payments[0].Reference(), banks.Paid) }})
		o, p := w.open(o, banks.Card)
		require.Equal(t, payments.Paid, p.Status)
		require.Equal(t, payments.OrderPaid, o.Status())
	})
	t.Run("TheBankIsSilent", func(t *testing.T) {
		t.Parallel()
		w := setup(t).withSecond()
		w.bank.next("open", trouble{after: errLost})
		w.bank.next("ask", trouble{before: errLost})
		o, p := w.open(w.order(), banks.Card)
		require.Equal(t, payments.Unknown, p.Status)
		require.Zero(t, w.second.called("open"), "never another bank after a time-out")
		w.bank.next("ask", trouble{before: errLost})
		_, _, err := w.Open(t.Context(), o, wish(banks.SBP))
		require.ErrorIs(t, err, payments.ErrPaymentUnknown)
		o, p = w.open(o, banks.SBP)
		require.Equal(t, states{payments.Superseded, payments.Pending}, statuses(o), "asked again, it answers")
		require.Equal(t, 2, p.N)
	})
	t.Run("TwiceInOneRequest", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.bank.next("open", trouble{after: errLost})
		w.bank.next("open", trouble{after: errLost})
		_, _, err := w.Open(t.Context(), w.order(), wish(banks.Card))
		require.ErrorIs(t, err, teller.ErrBankSilent)
		require.Equal(t, 2, w.bank.called("open"))
	})
	t.Run("TheAnswerComesTooLate", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order()
		w.bank.next("open", trouble{during: func() {
			w.clock.Advance(time.Minute)
			_, p := w.open(o, banks.Card)
			require.Equal(t, 2, p.N)
		}})
		_, _, err := w.Open(t.Context(), o, wish(banks.Card))
		require.ErrorIs(t, err, payments.ErrPaymentInProgress, "nobody gets the first page")
		require.Equal(t, states{payments.Superseded, payments.Pending}, statuses(w.load(o.Order.ID)))
	})
}

func TestCrashAfterTheIntent(t *testing.T) {
	t.Parallel()
	for name, effect := range map[string]trouble{"BeforeTheBank": {before: errors.New("crash")}, "AfterTheBank": {after: errors.New("crash")}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			o := w.order()
			effect.during = func() { panic("the process died") }
			if effect.before != nil {
				effect = trouble{earlier: func() { panic("the process died") }}
			}
			w.bank.next("open", effect)
			require.Panics(t, func() { _, _, _ = w.Open(t.Context(), o, wish(banks.Card)) })
			require.Equal(t, states{payments.Created}, statuses(w.load(o.Order.ID)))
			w.pass(5 * time.Minute)
			require.Equal(t, states{payments.Superseded}, statuses(w.load(o.Order.ID)), "the sweeper has asked")
			_, p := w.open(o, banks.Card)
			require.Equal(t, 2, p.N)
		})
	}
}

func TestBudgets(t *testing.T) {
	t.Parallel()
	w := setup(t).fiscal()
	spent := func(do func()) (trips, units, index int) {
		w.count.Reset()
		do()
		c := w.count.Snapshot().Total
		return c.Trips, c.WriteUnits, c.IndexUnits
	}
	within := func(name string, do func(), trips, units, index int) {
		t.Helper()
		gotTrips, gotUnits, gotIndex := spent(do)
		require.LessOrEqual(t, gotTrips, trips, name+": round trips")
		require.LessOrEqual(t, gotUnits, units, name+": write units")
		require.LessOrEqual(t, gotIndex, index, name+": index units")
	}
	var o payments.Whole
	create := func() {
		made, _, err := w.CreateOrder(t.Context(), "t", partner, draft(), "key", "hash")
		require.NoError(t, err)
		o.Order = made
	}
	within("create order", create, 1, 1, 2)
	within("create order, replayed", create, 1, 1, 0)
	within("get order", func() { o = w.load(o.Order.ID) }, 1, 0, 0)
	var p payments.Payment
	within("create payment", func() {
		var err error
		_, p, err = w.Open(t.Context(), w.load(o.Order.ID), wish(banks.Card))
		require.NoError(t, err)
	}, 3, 5, 3)
	within("notification", func() { require.NoError(t, w.tell(p, banks.Paid)) }, 2, 4, 3)
	within("duplicate", func() { require.NoError(t, w.tell(p, banks.Paid)) }, 1, 0, 0)
	within("receipt", func() { require.NoError(t, w.send(receiptOf(p, 1))) }, 2, 8, 2)
	within("duplicate receipt", func() { require.NoError(t, w.send(receiptOf(p, 1))) }, 1, 0, 0)
	require.NoError(t, w.worker.Cashier.Write(t.Context(), w.load(o.Order.ID), o.Order.ID.Child(ids.PaymentReceipt, 1)))
	w.clock.Advance(payments.FeedFirst)
	within("sweeper lets go of the payment and its receipt", func() { w.sweep() }, 2*2+16, 2, 2) // beside one look at each shard
	w.clock.Advance(30 * time.Hour)
	within("sweeper lets an order go", func() { w.sweep() }, 2+16, 1, 1)
	w.quiet()
}

func TestOpenPromisesOnlyWhatItCanKeep(t *testing.T) {
	t.Parallel()
	w := setup(t)
	o := w.order()
	with := func(n int) teller.Wish {
		return teller.Wish{Method: banks.Card, Key: payments.Answered{Key: "key " + strconv.Itoa(n), Hash: "h"}}
	}
	for n := range payments.MaxKeys {
		_, _, err := w.Open(t.Context(), w.load(o.Order.ID), with(n))
		require.NoError(t, err)
	}
	_, _, err := w.Open(t.Context(), w.load(o.Order.ID), with(payments.MaxKeys))
	require.ErrorIs(t, err, payments.ErrPaymentInProgress, "an answer that could not be repeated is not given")
	_, _, known := w.load(o.Order.ID).ByKey("key " + strconv.Itoa(payments.MaxKeys))
	require.False(t, known)
	_, p, err := w.Open(t.Context(), w.load(o.Order.ID), with(0))
	require.NoError(t, err)
	require.Equal(t, 1, p.N)
	_, _, err = w.Open(t.Context(), w.load(o.Order.ID), wish(banks.Card))
	require.NoError(t, err, "the payer himself has no key")
	require.Equal(t, 1, w.bank.called("open"))
}
