package payments_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/receipts"
)

// paidWithin is a paid order whose receipts the bank's till, or one of ours, makes within minutes (0: the usual hour).
func paidWithin(t testing.TB, minutes int, ours bool, edit ...func(*payments.Draft)) payments.Whole {
	t.Helper()
	through := via
	if ours {
		through.Fiscal, through.Till = false, till
	}
	through.TillMin = minutes
	out, p := payments.Begin(fresh(t, edit...), banks.Card, through, "", nil, start)
	require.Equal(t, minutes, p.TillMin)
	w := payments.Opened(out.After, 1, banks.Opened{BankID: bankID(1), PageURL: "https://bank.example"}, start).After
	return payments.Apply(w, 1, news(1, banks.Paid), payments.Told, start).After
}

// calledAt holds that an operator is called for child once its time is over and not before, whoever looks, and once.
func calledAt(t *testing.T, w payments.Whole, child ids.ID, late time.Time) {
	t.Helper()
	duties, again := payments.Owed(w, child, true, late.Add(-time.Millisecond))
	require.NotContains(t, duties, payments.DutyAlarm)
	require.False(t, again.After(late), "its time is slept over until %s", again)
	require.True(t, payments.MissReceipt(w, child, late.Add(-time.Millisecond)).Empty())
	duties, _ = payments.Owed(w, child, true, late)
	require.Contains(t, duties, payments.DutyAlarm)
	out := payments.MissReceipt(w, child, late)
	require.Equal(t, []payments.AlarmKind{payments.ReceiptMissing}, raised(out))
	require.Contains(t, out.NewAlarms[0].Detail, start.Format(time.RFC3339), "owed since it happened")
	require.True(t, payments.MissReceipt(out.After, child, late).Empty())
	duties, _ = payments.Owed(out.After, child, true, late)
	require.NotContains(t, duties, payments.DutyAlarm)
}

// TestReceiptWithin: the account says how long its till may take, and the payment keeps it for all its receipts.
func TestReceiptWithin(t *testing.T) {
	t.Parallel()
	prepaid := func(d *payments.Draft) { d.Items[0].Mode = "full_prepayment" }
	for name, c := range map[string]struct {
		minutes int
		within  time.Duration
	}{
		"TenMinutes": {10, 10 * time.Minute},
		"TheUsual":   {0, payments.ReceiptWithin},
		"ADay":       {24 * 60, 24 * time.Hour},
	} {
		late := start.Add(c.within)
		t.Run(name+"/AtTheBanksTill", func(t *testing.T) {
			t.Parallel()
			w := paidWithin(t, c.minutes, false, prepaid)
			calledAt(t, w, w.Payments[0].ID, late)
			back := succeeded(t, refunding(t, w, 100), 1)
			calledAt(t, back, back.Refunds[0].ID, late)
			w = payments.AddReceipt(w, w.Payments[0], fiscal(1), false, payments.Told, start).After
			out, closing, err := payments.BeginFulfil(w, nil, "", "", start)
			require.NoError(t, err)
			require.Equal(t, late, closing.Due)
			calledAt(t, out.After, closing.ID, late)
			_, _, err = payments.BeginRefund(out.After, 1, payments.RefundWish{Keyed: true}, late.Add(-time.Millisecond))
			require.ErrorIs(t, err, payments.ErrClosing)
			_, _, err = payments.BeginRefund(out.After, 1, payments.RefundWish{Keyed: true}, late)
			require.NoError(t, err)
		})
		t.Run(name+"/AtATillOfOurs", func(t *testing.T) {
			t.Parallel()
			w := paidWithin(t, c.minutes, true, prepaid)
			calledAt(t, w, w.Payments[0].ID, late)
			w, income := wanted(t, w, w.Payments[0].ID)
			calledAt(t, w, income.ID, late)
			waiting := succeeded(t, refunding(t, w, 100), 1)
			calledAt(t, waiting, waiting.Refunds[0].ID, late)
			w = ready(t, w, income, 1)
			back, returned := wanted(t, ready(t, waiting, income, 1), waiting.Refunds[0].ID)
			calledAt(t, back, returned.ID, late)
			closed, closing, err := payments.BeginFulfil(w, nil, "", "", start)
			require.NoError(t, err)
			calledAt(t, closed.After, closing.ID, late)
			corrected, correction, err := payments.BeginCorrection(w, payments.CorrectionWish{Kind: receipts.IncomeCorrection, Amount: total.Amount}, start)
			require.NoError(t, err)
			calledAt(t, corrected.After, correction.ID, late)
		})
	}
	t.Run("WhereNoTillPrintsNothingIsKept", func(t *testing.T) {
		t.Parallel()
		through := via
		through.TillMin = 10
		_, p := payments.Begin(fresh(t, func(d *payments.Draft) { d.Items[0].Price = money.Of(100, money.KZT) }), banks.Card, through, "", nil, start)
		require.Zero(t, p.TillMin)
		require.False(t, p.Fiscal)
	})
	t.Run("NoLookSleepsOverIt", func(t *testing.T) {
		t.Parallel()
		w := paidWithin(t, 10, true)
		w, r := wanted(t, w, w.Payments[0].ID)
		late := start.Add(10 * time.Minute)
		for now := start; now.Before(late); {
			out := payments.ReceiptLooked(w, r.ID, false, now)
			w, now = out.After, receiptIn(t, out, r.ID).Due
			require.False(t, now.After(late))
		}
	})
}
