package payments_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
)

func line(minor int64) payments.Item {
	m := money.Of(minor, money.RUB)
	return payments.Item{Name: "a", Price: m, Quantity: 1000, Amount: m}
}

func TestBeginCapture(t *testing.T) {
	t.Parallel()
	capture := func(w payments.Whole, amount int64, items ...payments.Item) (payments.Outcome, error) {
		return payments.BeginCapture(w, 1, amount, items, "k", "h", start)
	}
	t.Run("All", func(t *testing.T) {
		t.Parallel()
		w := held(t)
		out, err := capture(w, 0)
		require.NoError(t, err)
		lawful(t, out)
		require.True(t, out.StateChanged(), "moving money is under the order's lock")
		p := out.After.Payments[0]
		require.Equal(t, payments.Held, p.Status)
		require.Equal(t, payments.Call{Op: payments.CallCapture, Amount: total.Amount, Items: w.Order.Items, Key: "k", Hash: "h",
			Until: start.Add(payments.CallTimeout + 5*time.Second)}, p.Call)
	})
	t.Run("Part", func(t *testing.T) {
		t.Parallel()
		out, err := capture(held(t), 300, line(100), line(200))
		require.NoError(t, err)
		require.Equal(t, int64(300), out.After.Payments[0].Call.Amount)
		w := held(t)
		w.Payments[0].Fiscal = false
		_, err = capture(w, 300)
		require.NoError(t, err, "no receipt, no items")
	})
	for name, c := range map[string]struct {
		amount int64
		items  []payments.Item
		want   string
	}{
		"ErrExceedsHeld":      {total.Amount + 1, []payments.Item{line(total.Amount + 1)}, "amount_exceeds_held"},
		"ErrNegative":         {-1, nil, "validation_failed"},
		"ErrItemsDoNotAddUp":  {300, []payments.Item{line(100)}, "validation_failed"},
		"ErrPartWithoutItems": {300, nil, "validation_failed"},
		"ErrNothing":          {0, []payments.Item{line(0)}, "validation_failed"},
		"ErrItemsRunOver":     {0, []payments.Item{line(1 << 62), line(1 << 62), line(1 << 62), line(1 << 62), line(1)}, "amount_exceeds_held"},
		"ErrItemsExceedHeld":  {0, []payments.Item{line(total.Amount), line(1)}, "amount_exceeds_held"},
		"ErrNegativeItem":     {0, []payments.Item{line(-1), line(2)}, "amount_exceeds_held"},
		"ErrMixed":            {0, []payments.Item{{Amount: money.Of(1, money.KZT)}}, "currency_mixed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := capture(held(t), c.amount, c.items...)
			require.Equal(t, c.want, fault.Code(err))
		})
	}
}

// twice is an order whose two attempts are both authorised: the first was superseded, and its payer finished all the same.
func twice(t *testing.T) payments.Whole {
	t.Helper()
	w := opened(opened(fresh(t, hold), banks.Card, start), banks.CardForeign, start)
	w = payments.Apply(w, 1, news(1, banks.Held), payments.Asked, start).After
	return payments.Apply(w, 2, news(2, banks.Held), payments.Told, start).After
}

func TestCaptureTakesTheMoneyOnce(t *testing.T) {
	t.Parallel()
	capture := func(w payments.Whole, n int, now time.Time) (payments.Whole, error) {
		out, err := payments.BeginCapture(w, n, 0, nil, "k", "h", now)
		return out.After, err
	}
	t.Run("ErrOrderPaid", func(t *testing.T) {
		t.Parallel()
		w := payments.Apply(twice(t), 2, news(2, banks.Paid), payments.Told, start).After
		require.Equal(t, payments.Held, status(w, 1))
		_, err := capture(w, 1, start)
		require.ErrorIs(t, err, payments.ErrOrderPaid)
		_, err = payments.BeginVoid(w, 1, "", "", start)
		require.NoError(t, err, "it can only be released")
	})
	t.Run("ErrOrderCancelled", func(t *testing.T) {
		t.Parallel()
		w := payments.Cancel(twice(t), "", "", start).After
		_, err := capture(w, 1, start)
		require.ErrorIs(t, err, payments.ErrOrderCancelled)
	})
	t.Run("ErrTheOtherIsBeingTaken", func(t *testing.T) {
		t.Parallel()
		w, err := capture(twice(t), 2, start)
		require.NoError(t, err)
		_, err = capture(w, 1, start)
		require.ErrorIs(t, err, payments.ErrPaymentInProgress)
		later := start.Add(time.Hour)
		w = payments.CallLost(w, 2, later).After
		_, err = capture(w, 1, later)
		require.ErrorIs(t, err, payments.ErrPaymentUnknown, "nobody knows whether it was taken")
		w = payments.CallRefused(w, 2, later).After
		_, err = capture(w, 1, later)
		require.NoError(t, err)
	})
	t.Run("AnExpiredOrderTakesItsHold", func(t *testing.T) {
		t.Parallel()
		w := held(t)
		w.State.Status = payments.OrderExpired
		_, err := capture(w, 1, start)
		require.NoError(t, err, "a late success pays it")
	})
}

func TestHoldable(t *testing.T) {
	t.Parallel()
	for _, s := range payments.Statuses {
		for _, op := range []payments.CallOp{"", payments.CallCapture} {
			w := at(t, s, op)
			_, captureErr := payments.BeginCapture(w, 1, 0, nil, "", "", start)
			_, voidErr := payments.BeginVoid(w, 1, "", "", start)
			want := payments.ErrNotCapturable
			switch {
			case s == payments.Unknown || op != "":
				want = payments.ErrPaymentUnknown
			case s == payments.Held:
				require.NoError(t, captureErr)
				require.NoError(t, voidErr)
				continue
			}
			require.ErrorIs(t, captureErr, want, s)
			require.ErrorIs(t, voidErr, want, s)
		}
	}
	_, err := payments.BeginVoid(mustCapture(t, held(t), 1), 1, "", "", start)
	require.ErrorIs(t, err, payments.ErrPaymentInProgress)
	_, err = payments.BeginVoid(fresh(t), 1, "", "", start)
	require.ErrorIs(t, err, payments.ErrPaymentNotFound)
}

func TestLostAndRefusedCalls(t *testing.T) {
	t.Parallel()
	t.Run("LostIsUnknown", func(t *testing.T) {
		t.Parallel()
		out := payments.CallLost(mustCapture(t, held(t), 1), 1, start)
		lawful(t, out)
		p := out.After.Payments[0]
		require.Equal(t, payments.Unknown, p.Status)
		require.Equal(t, payments.CallCapture, p.Call.Op)
		require.False(t, p.Waiting(start))
	})
	t.Run("LostCancelOfASupersededOneBlocksNobody", func(t *testing.T) {
		t.Parallel()
		w := opened(opened(fresh(t), banks.Card, start), banks.SBP, start)
		w = payments.CallLost(payments.BeginCancel(w, 1, start).After, 1, start).After
		require.Equal(t, payments.Superseded, status(w, 1))
		p, err := plan(w, banks.SBP, start)
		require.NoError(t, err)
		require.NotNil(t, p.Keep)
	})
	t.Run("RefusedIsWhereItWas", func(t *testing.T) {
		t.Parallel()
		out := payments.CallRefused(mustCapture(t, held(t), 1), 1, start)
		lawful(t, out)
		require.Equal(t, payments.Held, status(out.After, 1))
		require.Empty(t, out.After.Payments[0].Call)
	})
	t.Run("WhatNewsHasEndedStays", func(t *testing.T) {
		t.Parallel()
		w := payments.Apply(mustCapture(t, held(t), 1), 1, news(1, banks.Paid), payments.Told, start).After
		require.True(t, payments.CallLost(w, 1, start).Empty())
		require.True(t, payments.CallRefused(w, 1, start).Empty())
	})
	t.Run("NothingIsCancelledTwice", func(t *testing.T) {
		t.Parallel()
		w := payments.BeginCancel(opened(fresh(t), banks.Card, start), 1, start).After
		require.True(t, payments.BeginCancel(w, 1, start).Empty())
		require.True(t, payments.BeginCancel(at(t, payments.Declined, ""), 1, start).Empty())
	})
}

func TestCancelOrder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		w    payments.Whole
		want error
	}{
		"ErrPaid":       {at(t, payments.Paid, ""), payments.ErrOrderPaid},
		"ErrHeld":       {held(t), payments.ErrPaymentInProgress},
		"ErrUnknown":    {at(t, payments.Unknown, payments.CallCapture), payments.ErrPaymentUnknown},
		"ErrWaiting":    {begun(fresh(t), banks.Card, start), payments.ErrPaymentInProgress},
		"ErrLostCancel": {at(t, payments.Pending, payments.CallCancel), payments.ErrPaymentUnknown},
		"ErrExpired":    {payments.Expire(fresh(t), start.Add(25*time.Hour)).After, payments.ErrOrderExpired},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := payments.CancelOrder(c.w, start)
			require.ErrorIs(t, err, c.want)
		})
	}
	t.Run("WhatIsOpenAtTheBankIsClosedFirst", func(t *testing.T) {
		t.Parallel()
		w := opened(opened(fresh(t), banks.Card, start), banks.SBP, start)
		first, err := payments.CancelOrder(w, start)
		require.NoError(t, err)
		require.Equal(t, w.Payments, first)
		out := payments.Cancel(w, "k", "h", start)
		lawful(t, out)
		require.Equal(t, payments.OrderCancelled, out.After.Status())
		require.Equal(t, payments.Superseded, status(out.After, 2), "still watched")
		require.Equal(t, payments.Answered{Key: "k", Hash: "h", At: start}, out.After.State.Cancel)
	})
	t.Run("AgainIsNothing", func(t *testing.T) {
		t.Parallel()
		first, err := payments.CancelOrder(payments.Cancel(fresh(t), "", "", start).After, start)
		require.NoError(t, err)
		require.Empty(t, first)
	})
}
