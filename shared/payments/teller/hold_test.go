package teller_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/teller"
)

func held(t *testing.T) (*world, payments.Whole, payments.Payment) {
	t.Helper()
	w := setup(t)
	o, p := w.open(w.order(hold), banks.Card)
	w.bank.set(p.Reference(), banks.Held)
	require.NoError(t, w.tell(p, banks.Held))
	return w, w.load(o.Order.ID), p
}

func (w *world) capture(o payments.Whole, amount int64, key string) (payments.Payment, bool, error) {
	_, replayed, err := w.Capture(w.t.Context(), w.load(o.Order.ID), 1, amount, nil, key, "hash")
	return w.load(o.Order.ID).Payments[0], replayed, err
}

func TestCapture(t *testing.T) {
	t.Parallel()
	t.Run("Full", func(t *testing.T) {
		t.Parallel()
		w, o, _ := held(t)
		p, _, err := w.capture(o, 0, "k")
		require.NoError(t, err)
		require.Equal(t, payments.Paid, p.Status)
		require.Equal(t, total.Amount, w.load(o.Order.ID).State.Paid)
		_, replayed, err := w.capture(o, 0, "k")
		require.NoError(t, err)
		require.True(t, replayed)
		_, _, err = w.Capture(t.Context(), w.load(o.Order.ID), 1, 0, nil, "k", "another")
		require.ErrorIs(t, err, payments.ErrKeyMismatch)
		_, _, err = w.capture(o, 0, "another")
		require.ErrorIs(t, err, payments.ErrNotCapturable)
		require.Equal(t, 1, w.bank.called("capture"))
	})
	t.Run("Part", func(t *testing.T) {
		t.Parallel()
		w, o, ref := held(t)
		p, _, err := w.capture(o, 50_000, "k")
		require.NoError(t, err)
		require.Equal(t, int64(50_000), p.Captured)
		require.Equal(t, payments.OrderPaid, w.load(o.Order.ID).Status())
		require.Equal(t, money.Of(50_000, money.RUB), w.bank.at(ref.Reference()).amount)
	})
	t.Run("LostAndDone", func(t *testing.T) {
		t.Parallel()
		w, o, _ := held(t)
		w.bank.next("capture", trouble{after: errLost})
		p, _, err := w.capture(o, 50_000, "k")
		require.NoError(t, err, "202: nobody knows yet")
		require.Equal(t, payments.Unknown, p.Status)
		_, _, err = w.capture(o, 50_000, "k")
		require.ErrorIs(t, err, payments.ErrPaymentUnknown)
		_, _, err = w.capture(o, 50_000, "another")
		require.ErrorIs(t, err, payments.ErrPaymentUnknown)
		w.pass(2 * time.Minute)
		p, replayed, err := w.capture(o, 50_000, "k")
		require.NoError(t, err)
		require.True(t, replayed)
		require.Equal(t, payments.Paid, p.Status)
		require.Equal(t, 1, w.bank.called("capture"))
	})
	t.Run("LostAndNotDone", func(t *testing.T) {
		t.Parallel()
		w, o, _ := held(t)
		w.bank.next("capture", trouble{before: errLost})
		p, _, err := w.capture(o, 0, "k")
		require.NoError(t, err)
		require.Equal(t, payments.Unknown, p.Status)
		w.pass(2 * time.Minute)
		require.Equal(t, payments.Unknown, w.load(o.Order.ID).Payments[0].Status, "once is nothing")
		w.pass(3 * time.Minute)
		require.Equal(t, payments.Held, w.load(o.Order.ID).Payments[0].Status, "twice, two minutes apart, is believed")
		p, _, err = w.capture(o, 0, "k")
		require.NoError(t, err)
		require.Equal(t, payments.Paid, p.Status)
	})
	t.Run("FoundDoneByTheCallThatWasLost", func(t *testing.T) {
		t.Parallel()
		w, o, ref := held(t)
		w.bank.next("capture", trouble{before: refused(banks.Conflict), earlier: nil})
		w.bank.next("ask", trouble{earlier: func() {
			w.bank.at(ref.Reference()).status, w.bank.at(ref.Reference()).amount = banks.Paid, money.Of(50_000, money.RUB)
		}})
		p, _, err := w.capture(o, 50_000, "k")
		require.NoError(t, err)
		require.Equal(t, payments.Paid, p.Status)
		require.Equal(t, int64(50_000), p.Captured)
		require.Empty(t, w.alarms())
	})
	t.Run("ErrAStateThatDoesNotAllowIt", func(t *testing.T) {
		t.Parallel()
		w, o, _ := held(t)
		w.bank.next("capture", trouble{before: refused(banks.Conflict)})
		p, _, err := w.capture(o, 0, "k")
		require.NoError(t, err)
		require.Equal(t, payments.Held, p.Status, "the door says that it was not done")
		require.Empty(t, p.Call)
	})
	t.Run("RefusedAndThenSilent", func(t *testing.T) {
		t.Parallel()
		w, o, _ := held(t)
		w.bank.next("capture", trouble{before: refused(banks.Conflict)})
		w.bank.next("ask", trouble{before: errLost})
		p, _, err := w.capture(o, 0, "k")
		require.NoError(t, err)
		require.Equal(t, payments.Unknown, p.Status)
	})
	t.Run("ErrRefused", func(t *testing.T) {
		t.Parallel()
		w, o, _ := held(t)
		w.bank.next("capture", trouble{before: refused(banks.Unavailable)})
		p, _, err := w.capture(o, 0, "k")
		require.ErrorIs(t, err, teller.ErrBankSilent)
		require.Equal(t, payments.Held, p.Status)
	})
	t.Run("DoneAlthoughANoticeHadEndedItMeanwhile", func(t *testing.T) {
		t.Parallel()
		w, o, ref := held(t)
		w.bank.next("capture", trouble{during: func() {
			w.clock.Advance(payments.CallTimeout + 6*time.Second) // nobody seems to wait for the answer any more
			w.bank.set(ref.Reference(), banks.Expired)
			require.NoError(t, w.tell(ref, banks.Expired))
			require.Equal(t, payments.Expired, w.load(o.Order.ID).Payments[0].Status)
		}})
		p, _, err := w.capture(o, 50_000, "k")
		require.NoError(t, err)
		require.Equal(t, payments.Paid, p.Status, "a success always wins")
		require.Equal(t, int64(50_000), p.Captured)
		require.Empty(t, w.alarms())
		_, replayed, err := w.capture(o, 50_000, "k")
		require.NoError(t, err)
		require.True(t, replayed)
	})
	t.Run("TheBankTakesItsTime", func(t *testing.T) {
		t.Parallel()
		w, o, ref := held(t)
		w.bank.slow = true
		p, _, err := w.capture(o, 50_000, "k")
		require.NoError(t, err, "202: the bank is at it")
		require.Equal(t, payments.Unknown, p.Status)
		w.pass(20 * time.Minute)
		require.Equal(t, payments.Unknown, w.load(o.Order.ID).Payments[0].Status, "what is under way is never believed undone")
		_, _, err = w.capture(o, 20_000, "another")
		require.ErrorIs(t, err, payments.ErrPaymentUnknown)
		at := w.bank.at(ref.Reference())
		at.busy, at.status, at.amount = false, banks.Paid, money.Of(50_000, money.RUB)
		w.pass(time.Hour)
		p, replayed, err := w.capture(o, 50_000, "k")
		require.NoError(t, err)
		require.True(t, replayed)
		require.Equal(t, payments.Paid, p.Status)
		require.Equal(t, int64(50_000), p.Captured)
		require.Equal(t, 1, w.bank.called("capture"))
		require.Empty(t, w.alarms())
	})
	t.Run("ItHasLapsedMeanwhile", func(t *testing.T) {
		t.Parallel()
		w, o, ref := held(t)
		w.bank.set(ref.Reference(), banks.Reversed)
		p, _, err := w.capture(o, 0, "k")
		require.NoError(t, err)
		require.Equal(t, payments.Expired, p.Status)
	})
	t.Run("TheNoticeIsFaster", func(t *testing.T) {
		t.Parallel()
		w, o, ref := held(t)
		w.bank.next("capture", trouble{during: func() { require.NoError(t, w.tell(ref, banks.Paid)) }})
		p, _, err := w.capture(o, 0, "k")
		require.NoError(t, err)
		require.Equal(t, payments.Paid, p.Status)
		require.Empty(t, w.alarms())
	})
	t.Run("ErrInFlight", func(t *testing.T) {
		t.Parallel()
		w, o, _ := held(t)
		w.bank.next("capture", trouble{during: func() {
			_, _, err := w.capture(o, 0, "k")
			require.ErrorIs(t, err, payments.ErrKeyInFlight)
			_, _, err = w.capture(o, 0, "another")
			require.ErrorIs(t, err, payments.ErrPaymentInProgress)
		}})
		_, _, err := w.capture(o, 0, "k")
		require.NoError(t, err)
		require.Equal(t, 1, w.bank.called("capture"))
	})
	t.Run("ErrABankThatCannot", func(t *testing.T) {
		t.Parallel()
		w, o, _ := held(t)
		w.bank.captures = false
		_, _, err := w.capture(o, 0, "k")
		require.ErrorIs(t, err, payments.ErrNotSupported)
	})
}

func TestVoid(t *testing.T) {
	t.Parallel()
	void := func(w *world, o payments.Whole, key string) (payments.Payment, bool, error) {
		_, replayed, err := w.Void(w.t.Context(), w.load(o.Order.ID), 1, key, "hash")
		return w.load(o.Order.ID).Payments[0], replayed, err
	}
	t.Run("Releases", func(t *testing.T) {
		t.Parallel()
		w, o, ref := held(t)
		p, _, err := void(w, o, "k")
		require.NoError(t, err)
		require.Equal(t, payments.Cancelled, p.Status)
		require.Equal(t, banks.Reversed, w.bank.at(ref.Reference()).status)
		_, replayed, err := void(w, o, "k")
		require.NoError(t, err)
		require.True(t, replayed)
		_, next := w.open(o, banks.Card)
		require.Equal(t, 2, next.N, "the order may be paid again")
	})
	t.Run("LostAndDone", func(t *testing.T) {
		t.Parallel()
		w, o, _ := held(t)
		w.bank.next("cancel", trouble{after: errLost})
		p, _, err := void(w, o, "k")
		require.NoError(t, err)
		require.Equal(t, payments.Unknown, p.Status)
		w.pass(2 * time.Minute)
		require.Equal(t, payments.Cancelled, w.load(o.Order.ID).Payments[0].Status)
		require.Empty(t, w.alarms())
	})
	t.Run("LostAndNotDone", func(t *testing.T) {
		t.Parallel()
		w, o, _ := held(t)
		w.bank.next("cancel", trouble{before: errLost})
		_, _, err := void(w, o, "k")
		require.NoError(t, err)
		w.pass(6 * time.Minute)
		require.Equal(t, payments.Held, w.load(o.Order.ID).Payments[0].Status)
	})
	t.Run("ErrNotHeld", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, _ := w.open(w.order(), banks.Card)
		_, _, err := void(w, o, "")
		require.ErrorIs(t, err, payments.ErrNotCapturable)
	})
	t.Run("AHoldThatLapses", func(t *testing.T) {
		t.Parallel()
		w, o, ref := held(t)
		w.bank.set(ref.Reference(), banks.Reversed)
		w.pass(5 * time.Minute)
		require.Equal(t, payments.Expired, w.load(o.Order.ID).Payments[0].Status)
	})
}
