package teller_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/payments"
)

func TestAnUnwantedSuccessKeepsItsTriesForTheDay(t *testing.T) {
	t.Parallel()
	w := setup(t)
	o, p := w.open(w.order(), banks.Card)
	for range 20 {
		w.bank.next("refund", trouble{before: refused(banks.DeclinedNow)})
	}
	w.bank.cancels = false
	_, _, err := w.CancelOrder(t.Context(), w.load(o.Order.ID), "", "")
	require.NoError(t, err)
	w.bank.set(p.Reference(), banks.Paid)
	require.NoError(t, w.tell(p, banks.Paid))
	for range 60 {
		w.pass(time.Minute)
	}
	require.Less(t, w.bank.called("refund"), payments.MaxReturnTries, "an hour of refusals leaves tries for later")
	for range 30 {
		w.pass(24 * time.Hour)
	}
	require.Equal(t, payments.MaxReturnTries, w.bank.called("refund"))
	require.EqualValues(t, 150_000, w.load(o.Order.ID).Refundable(1), "an operator may still give it back")
	require.Contains(t, w.alarms(), payments.StuckRefund)
}

// The bank carries the refund out, and what it answered cannot be written, for the job's time is over.
func TestRepetitionAfterACrashIsNoSecondRefund(t *testing.T) {
	t.Parallel()
	w, o, p := paid(t)
	out, _, err := payments.BeginRefund(w.load(o.Order.ID), 1, payments.RefundWish{Amount: 60_000, Source: payments.ByPartner, Keyed: true}, w.clock.Now())
	require.NoError(t, err)
	require.NoError(t, w.store.Save(t.Context(), out)) // … and the process carried it out and died
	r, _ := out.After.Refund(1)
	_, err = w.bank.Refund(t.Context(), banks.Account{}, p.Ref(), banks.Return{Key: r.BankKey(), Amount: r.Amount})
	require.NoError(t, err)
	for range 3 {
		w.bank.next("refund", trouble{before: refused(banks.Unavailable)})
	} // the repetition: too many calls in flight
	w.pass(2 * time.Minute)
	require.NoError(t, w.tell(p, banks.PartlyRefunded)) // the bank's own notice
	w.pass(time.Hour)
	whole := w.load(o.Order.ID)
	require.Equal(t, w.bank.at(p.Reference()).back, whole.State.Refunded)
}

// An asker read the order before a refund that had been put off is sent again, and hears the bank after it was done.
func TestAnAnswerOlderThanASecondSendingIsNotWritten(t *testing.T) {
	t.Parallel()
	w, o, p := paid(t)
	w.bank.next("refund", trouble{before: refused(banks.Unavailable)})
	r, _, err := w.refund(o, 60_000, "k")
	require.NoError(t, err)
	require.Equal(t, payments.RefundPending, r.Status)
	stale := w.load(o.Order.ID)
	w.bank.next("refund", trouble{during: func() {
		_, err := w.Ask(t.Context(), stale, 1)
		require.NoError(t, err)
	}})
	require.NoError(t, w.RefundDuty(t.Context(), w.load(o.Order.ID), 1))
	whole := w.load(o.Order.ID)
	require.Equal(t, w.bank.at(p.Reference()).back, whole.State.Refunded)
}

// While the bank is being asked about a suspicion, money goes back there, and the bank's own word of it meets a silent bank.
func TestAnOlderAnswerClearsNoNewerSuspicion(t *testing.T) {
	t.Parallel()
	w, o, p := paid(t)
	w.bank.next("ask", trouble{before: errLost})
	require.NoError(t, w.tell(p, banks.PartlyRefunded))
	at, _ := w.load(o.Order.ID).Payment(1)
	require.True(t, at.Suspect)
	stale := w.load(o.Order.ID)
	news := banks.News{Reference: p.Reference(), BankID: at.BankID, Status: banks.Paid, Left: &p.Amount, Amount: &p.Amount}
	// The cabinet gives money back; its notice comes while the bank is silent.
	w.bank.set(p.Reference(), banks.PartlyRefunded)
	w.bank.next("ask", trouble{before: errLost})
	require.NoError(t, w.tell(p, banks.PartlyRefunded), "the bank is answered OK")
	// The answer of before is written only now.
	out := payments.Apply(stale, 1, news, payments.Asked, w.clock.Now())
	require.Error(t, w.store.Save(t.Context(), out))
	w.pass(48 * time.Hour)
	whole := w.load(o.Order.ID)
	require.Equal(t, w.bank.at(p.Reference()).back, whole.State.Refunded)
}

func TestTwoLostRefundsAreToldApartByTheirKeys(t *testing.T) {
	t.Parallel()
	w, o, p := paid(t)
	w.bank.next("refund", trouble{before: errLost})
	_, _, err := w.refund(o, 50_000, "a")
	require.NoError(t, err)
	w.bank.next("refund", trouble{after: errLost})
	_, _, err = w.refund(o, 50_000, "b")
	require.NoError(t, err)
	w.bank.next("refund", trouble{before: refused(banks.Conflict)}) // the repetition of the first: the bank is busy with the payment
	w.pass(25 * time.Hour)
	whole := w.load(o.Order.ID)
	require.Equal(t, w.bank.at(p.Reference()).back, whole.State.Refunded)
}

// The bank's word of a refund comes before its word of the payment, and what it answers to our question nobody knows.
func TestNewsIsNotLostOverAnAnswerThatNobodyKnows(t *testing.T) {
	t.Parallel()
	w := setup(t)
	o, p := w.open(w.order(), banks.Card)
	w.bank.set(p.Reference(), banks.Unrecognised)
	require.NoError(t, w.tell(p, banks.Refunded), "it waits in the queue")
	w.bank.set(p.Reference(), banks.Paid)
	require.NoError(t, w.tell(p, banks.Paid))
	w.bank.set(p.Reference(), banks.Refunded)
	w.pass(time.Hour)
	require.EqualValues(t, total.Amount, w.load(o.Order.ID).State.Refunded)
	require.Contains(t, w.alarms(), payments.RefundedAtBank)
}
