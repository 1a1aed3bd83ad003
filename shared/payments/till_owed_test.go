package payments_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
)

func TestOwedToATillOfOurs(t *testing.T) {
	t.Parallel()
	duties := func(w payments.Whole, child ids.ID, posted bool, now time.Time) []payments.Duty {
		list, again := payments.Owed(w, child, posted, now)
		require.Equal(t, len(list) > 0, len(list) > 0 && again.After(now), "what is owed is looked at again")
		return list
	}
	w := ours(t)
	p := w.Payments[0]
	require.Equal(t, []payments.Duty{payments.DutyPost, payments.DutyTill}, duties(w, p.ID, false, start))
	require.Equal(t, []payments.Duty{payments.DutyTill}, duties(w, p.ID, true, start))
	w, r := wanted(t, w, p.ID)
	require.Empty(t, duties(w, p.ID, true, start), "the receipt's own key goes on")
	require.Equal(t, []payments.Duty{payments.DutyTill}, duties(w, r.ID, true, start))
	late := start.Add(payments.ReceiptWithin)
	require.Equal(t, []payments.Duty{payments.DutyTill}, duties(w, r.ID, true, late.Add(-1)))
	require.Equal(t, []payments.Duty{payments.DutyTill, payments.DutyAlarm}, duties(w, r.ID, true, late))
	out := payments.MissReceipt(w, r.ID, late)
	require.Equal(t, []payments.AlarmKind{payments.ReceiptMissing}, raised(out))
	require.Equal(t, []payments.Duty{payments.DutyTill}, duties(out.After, r.ID, true, late), "an operator is called once")
	w = succeeded(t, refunding(t, w, 100), 1)
	require.Equal(t, []payments.Duty{payments.DutyPost}, duties(w, w.Refunds[0].ID, false, start), "the income is told first")
	_, again := payments.Owed(w, w.Refunds[0].ID, true, start)
	require.Equal(t, start.Add(5*time.Minute), again)
	w = ready(t, w, r, 1)
	require.Equal(t, []payments.Duty{payments.DutyPost, payments.DutyTill}, duties(w, w.Refunds[0].ID, false, start))
	w, r = wanted(t, w, w.Refunds[0].ID)
	require.Empty(t, duties(w, w.Refunds[0].ID, true, start))
	require.Equal(t, []payments.Duty{payments.DutyTill}, duties(w, r.ID, true, start))
	_, again = payments.Owed(w, r.ID, true, late.Add(-time.Second))
	require.Equal(t, late, again, "the deadline is not slept over")
}

// TestAReturnFollowsItsIncome: a till that never told an income has nothing to return.
func TestAReturnFollowsItsIncome(t *testing.T) {
	t.Parallel()
	late := start.Add(payments.ReceiptWithin)
	setup := func(t *testing.T) (payments.Whole, ids.ID, payments.Receipt) {
		w := ours(t)
		w, income := wanted(t, w, w.Payments[0].ID)
		w = succeeded(t, refunding(t, w, 0), 1)
		require.True(t, payments.BeginReceipt(w, w.Refunds[0].ID, start).Empty(), "the income is not told yet")
		return w, w.Refunds[0].ID, income
	}
	t.Run("OnceItIsTold", func(t *testing.T) {
		t.Parallel()
		w, back, income := setup(t)
		duties, again := payments.Owed(w, back, true, start)
		require.Empty(t, duties)
		require.Equal(t, start.Add(5*time.Minute), again)
		duties, again = payments.Owed(w, back, true, late)
		require.Equal(t, []payments.Duty{payments.DutyAlarm}, duties)
		require.True(t, again.After(late))
		out := payments.MissReceipt(w, back, late)
		require.Equal(t, []payments.AlarmKind{payments.ReceiptMissing}, raised(out))
		duties, again = payments.Owed(out.After, back, true, late)
		require.Empty(t, duties)
		require.True(t, again.After(late), "it is still waited for")
		w = ready(t, out.After, income, 1)
		duties, _ = payments.Owed(w, back, true, late)
		require.Equal(t, []payments.Duty{payments.DutyTill}, duties)
		wanted(t, w, back)
	})
	t.Run("ErrItFailed", func(t *testing.T) {
		t.Parallel()
		w, back, income := setup(t)
		for range payments.MaxReceiptTries {
			w = payments.ReceiptUndone(w, income.ID, "no", true, start).After
		}
		require.True(t, payments.BeginReceipt(w, back, start).Empty())
		duties, again := payments.Owed(w, back, true, start)
		require.Empty(t, duties)
		require.Equal(t, late, again)
		duties, _ = payments.Owed(w, back, true, late)
		require.Equal(t, []payments.Duty{payments.DutyAlarm}, duties)
		out := payments.MissReceipt(w, back, late)
		require.Equal(t, []payments.AlarmKind{payments.ReceiptMissing}, raised(out))
		duties, again = payments.Owed(out.After, back, true, late)
		require.Empty(t, duties)
		require.True(t, again.IsZero(), "the operator knows")
	})
}
