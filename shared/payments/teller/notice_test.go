package teller_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/platform/queue"
	qfaulty "giberno.ru/shared/platform/queue/faulty"
	"giberno.ru/shared/platform/table/faulty"
	"giberno.ru/shared/receipts"
)

func receiptOf(p payments.Payment, fd int64) message {
	return message{Terminal: "T1", Password: "p1", Reference: p.Reference(), Status: banks.Pending, Receipt: &receipts.Fiscal{
		Kind: receipts.Income, Total: p.Amount, FN: "9999078900001234", FD: fd, FP: 77, IssuedAt: start,
		URL: "https://ofd.example/rec?fn=9999078900001234&i=1&fp=77&t=20260302T1200&s=1500.00&n=1"}}
}

func TestNotice(t *testing.T) {
	t.Parallel()
	t.Run("PaysAndAgainChangesNothing", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, p := w.open(w.order(), banks.Card)
		require.NoError(t, w.tell(p, banks.Paid))
		paid := w.load(o.Order.ID)
		require.Equal(t, payments.OrderPaid, paid.Status())
		require.NoError(t, w.tell(p, banks.Paid))
		require.Equal(t, paid, w.load(o.Order.ID))
	})
	refusals := map[string]struct {
		change func(*message, payments.Payment)
		alarm  []payments.AlarmKind
	}{
		"ErrForged":          {func(m *message, _ payments.Payment) { m.Password = "guess" }, []payments.AlarmKind{payments.ForgedNotice}},
		"ErrStrangeTerminal": {func(m *message, _ payments.Payment) { m.Terminal = "nobody" }, nil},
		"ErrAnotherAccount": {func(m *message, _ payments.Payment) { m.Terminal, m.Password = "T3", "p3" },
			[]payments.AlarmKind{payments.ForgedNotice}},
	}
	for name, c := range refusals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.accounts.list = append(w.accounts.list, banks.Account{ID: ids.FromParts("third"), Provider: "first", Mode: ids.Test, Terminal: "T3", Password: "p3"})
			o, p := w.open(w.order(), banks.Card)
			m := message{Terminal: "T1", Password: "p1", Reference: p.Reference(), Status: banks.Paid, Amount: total.Amount}
			c.change(&m, p)
			require.ErrorIs(t, w.send(m), teller.ErrNoticeRefused)
			require.Equal(t, o, w.load(o.Order.ID), "nothing changed")
			require.Equal(t, c.alarm, w.alarms())
		})
	}
	t.Run("ErrTheOtherWorld", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, p := w.open(w.order(), banks.Card)
		err := w.send(message{Terminal: "T1", Password: "live", Reference: p.Reference(), Status: banks.Paid})
		require.ErrorIs(t, err, teller.ErrNoticeRefused, "signed by the live account of the same terminal")
		require.Equal(t, o, w.load(o.Order.ID))
	})
	t.Run("ErrMalformed", func(t *testing.T) {
		t.Parallel()
		require.ErrorIs(t, setup(t).Notice(t.Context(), "first", []byte("{"), nil), teller.ErrNoticeMalformed)
		require.ErrorIs(t, setup(t).Notice(t.Context(), "nobody", []byte("{}"), nil), teller.ErrNoticeRefused)
	})
	t.Run("AStrangersPaymentIsReceivedAndAlarms", func(t *testing.T) {
		t.Parallel()
		for _, reference := range []string{"shop-17", ids.Reference(ids.Test, ids.FromParts("nobody"), 1)} {
			w := setup(t)
			require.NoError(t, w.send(message{Terminal: "T1", Password: "p1", Reference: reference, Status: banks.Paid}))
			require.Equal(t, []payments.AlarmKind{payments.UnknownPayment}, w.alarms())
		}
	})
	t.Run("ItNamesNoPayment", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.NoError(t, w.send(message{Terminal: "T1", Password: "p1"}))
		require.Empty(t, w.alarms())
	})
	t.Run("ErrAnotherAmount", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, p := w.open(w.order(), banks.Card)
		require.NoError(t, w.send(message{Terminal: "T1", Password: "p1", Reference: p.Reference(), Status: banks.Paid, Amount: 1}))
		require.Equal(t, payments.Pending, w.load(o.Order.ID).Payments[0].Status)
		require.Equal(t, []payments.AlarmKind{payments.AmountMismatch}, w.alarms())
	})
	t.Run("AfterARotationBothPasswordsHold", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, p := w.open(w.order(), banks.Card)
		w.accounts.list[0].Password, w.accounts.list[0].Previous = "new", "p1"
		require.NoError(t, w.tell(p, banks.Paid), "signed with the one before")
		require.Equal(t, payments.OrderPaid, w.load(o.Order.ID).Status())
		require.NoError(t, w.send(message{Terminal: "T1", Password: "new", Reference: p.Reference(), Status: banks.Paid}))
		w.accounts.list[0].Previous = ""
		require.ErrorIs(t, w.tell(p, banks.Paid), teller.ErrNoticeRefused)
	})
	t.Run("ATruthOfTwoMeaningsIsAsked", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, p := w.open(w.order(), banks.Card)
		require.NoError(t, w.tell(p, banks.PartlyRefunded))
		require.Equal(t, 1, w.bank.called("ask"))
		require.Equal(t, payments.Pending, w.load(o.Order.ID).Payments[0].Status)
		w.bank.set(p.Reference(), banks.Refunded)
		require.NoError(t, w.tell(p, banks.Refunded))
		require.Equal(t, payments.OrderRefunded, w.load(o.Order.ID).Status())
		require.Equal(t, []payments.AlarmKind{payments.RefundedAtBank}, w.alarms())
	})
	t.Run("AskedByAJobWhileTheBankIsSilent", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, p := w.open(w.order(hold), banks.Card)
		w.bank.set(p.Reference(), banks.Held)
		require.NoError(t, w.tell(p, banks.Held))
		w.bank.set(p.Reference(), banks.Reversed)
		w.bank.next("ask", trouble{before: errLost})
		require.NoError(t, w.tell(p, banks.Cancelled))
		require.Equal(t, payments.Held, w.load(o.Order.ID).Payments[0].Status)
		w.clock.Advance(time.Minute)
		w.work()
		require.Equal(t, payments.Expired, w.load(o.Order.ID).Payments[0].Status)
	})
}

// What a final payment is told has no due key to fall back on: the message itself has to stay until the bank answers.
func TestNoticeOfAFinalPaymentWhileTheBankIsSilent(t *testing.T) {
	t.Parallel()
	t.Run("MoneyThatWentBackIsFoundOut", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, p := w.open(w.order(), banks.Card)
		require.NoError(t, w.tell(p, banks.Paid))
		w.bank.set(p.Reference(), banks.Refunded)
		w.bank.next("ask", trouble{before: errLost})
		w.bank.next("ask", trouble{before: errLost})
		require.NoError(t, w.tell(p, banks.Refunded))
		require.Empty(t, w.alarms())
		w.pass(5 * time.Minute)
		require.Equal(t, []payments.AlarmKind{payments.RefundedAtBank}, w.alarms())
	})
	t.Run("AHoldOfADeclinedOneIsFoundOut", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, p := w.open(w.order(hold), banks.Card)
		require.NoError(t, w.tell(p, banks.Declined))
		w.bank.set(p.Reference(), banks.Held)
		w.bank.next("ask", trouble{before: errLost})
		require.NoError(t, w.tell(p, banks.Held))
		require.Equal(t, payments.Declined, w.load(o.Order.ID).Payments[0].Status)
		w.pass(5 * time.Minute)
		require.Equal(t, payments.Held, w.load(o.Order.ID).Payments[0].Status)
	})
}

// stuck are accounts that answer only when the caller has given up.
type stuck struct{ *contracts }

func (s stuck) ByTerminal(ctx context.Context, _ ids.Mode, _, _ string) (banks.Account, bool, error) {
	<-ctx.Done()
	return banks.Account{}, false, ctx.Err()
}

func TestNoticeIsAnsweredWithinTheBanksWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := setup(t)
		o, p := w.open(w.order(), banks.Card)
		w.Teller.Accounts = stuck{w.accounts}
		began := time.Now()
		require.NoError(t, w.tell(p, banks.Paid))
		require.Less(t, time.Since(began), teller.NoticeWait, "the bank has not hung up")
		w.Teller.Accounts = w.accounts
		w.clock.Advance(time.Minute)
		w.work()
		require.Equal(t, payments.OrderPaid, w.load(o.Order.ID).Status(), "the queue kept it")
	})
}

func TestNoticeWhileTheTableIsDown(t *testing.T) {
	t.Parallel()
	down := func(faulty.Call) faulty.Fault { return faulty.ErrorBefore }
	t.Run("WaitsInTheQueue", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, p := w.open(w.order(), banks.Card)
		w.table.SetPlan(down)
		require.NoError(t, w.tell(p, banks.Paid))
		require.NoError(t, w.tell(p, banks.Paid), "and again")
		w.table.SetPlan(nil)
		require.Equal(t, payments.Pending, w.load(o.Order.ID).Payments[0].Status)
		w.clock.Advance(time.Minute)
		w.work()
		require.Equal(t, payments.OrderPaid, w.load(o.Order.ID).Status())
	})
	t.Run("ErrTheQueueToo", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, p := w.open(w.order(), banks.Card)
		w.table.SetPlan(down)
		w.queue.SetPlan(func(qfaulty.Call) faulty.Fault { return faulty.ErrorBefore })
		require.Equal(t, fault.KindInternal, fault.As(w.tell(p, banks.Paid)).Kind, "the bank will tell it again")
	})
	t.Run("AForgeryInTheQueueIsNeverTriedAgain", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, p := w.open(w.order(), banks.Card)
		w.accounts.err = errLost
		require.NoError(t, w.send(message{Terminal: "T1", Password: "guess", Reference: p.Reference(), Status: banks.Paid}))
		w.accounts.err = nil
		w.clock.Advance(time.Minute)
		w.work()
		left, err := w.queue.Receive(t.Context(), queue.WebhookRetries, 10)
		require.NoError(t, err)
		require.Empty(t, left)
		require.Equal(t, []payments.AlarmKind{payments.ForgedNotice}, w.alarms())
	})
}

func TestReceiptNotice(t *testing.T) {
	t.Parallel()
	w := setup(t).fiscal()
	o, p := w.open(w.order(), banks.Card)
	require.NoError(t, w.tell(p, banks.Paid))
	require.NoError(t, w.send(receiptOf(p, 1)))
	require.NoError(t, w.send(receiptOf(p, 1)))
	o = w.load(o.Order.ID)
	require.Len(t, o.Receipts, 1)
	require.Empty(t, w.alarms())

	found, r, attached, err := w.FindReceipt(t.Context(), ids.Test, partner, "https://OFD.example/rec?fn=9999078900001234&i=1&fp=77&t=20260302T1200&s=1500.00&n=1", nil)
	require.NoError(t, err)
	require.False(t, attached)
	require.Equal(t, o, found)
	require.Equal(t, o.Receipts[0], r)
	_, r, _, err = w.FindReceipt(t.Context(), ids.Test, partner, "https://check.example/?t=20260302T1200&s=1500.00&fn=9999078900001234&i=1&fp=77&n=1", nil)
	require.NoError(t, err, "by what its query says")
	require.Equal(t, o.Receipts[0], r)

	_, _, _, err = w.FindReceipt(t.Context(), ids.Test, ids.FromParts("another"), o.Receipts[0].Fiscal.URL, nil)
	require.ErrorIs(t, err, payments.ErrReceiptUnknown)
	_, _, _, err = w.FindReceipt(t.Context(), ids.Test, ids.FromParts("another"), "https://x.example/", &o.Order.ID)
	require.ErrorIs(t, err, payments.ErrOrderNotFound)
	_, r, attached, err = w.FindReceipt(t.Context(), ids.Test, partner, "https://x.example/1", &o.Order.ID)
	require.NoError(t, err)
	require.True(t, attached)
	require.False(t, r.Verified)
	_, again, attached, err := w.FindReceipt(t.Context(), ids.Test, partner, "https://x.example/1", &o.Order.ID)
	require.NoError(t, err)
	require.False(t, attached)
	require.Equal(t, r, again)
	require.Equal(t, money.Of(total.Amount, money.RUB), again.Fiscal.Total)
}

func TestReceiptIsMissed(t *testing.T) {
	t.Parallel()
	w := setup(t).fiscal()
	o, p := w.open(w.order(), banks.Card)
	require.NoError(t, w.tell(p, banks.Paid))
	w.pass(50 * time.Minute)
	require.Empty(t, w.alarms())
	w.pass(15 * time.Minute)
	require.Equal(t, []payments.AlarmKind{payments.ReceiptMissing}, w.alarms())
	w.pass(48 * time.Hour)
	w.quiet()
	require.NoError(t, w.send(receiptOf(p, 1)))
	require.Len(t, w.load(o.Order.ID).Receipts, 1, "it comes late and is taken all the same")
}
