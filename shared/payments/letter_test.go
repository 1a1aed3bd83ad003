package payments_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/receipts"
)

func TestReceiptMailed(t *testing.T) {
	t.Parallel()
	setup := func(t *testing.T) (payments.Whole, ids.ID) {
		w := ours(t)
		w, r := wanted(t, w, w.Payments[0].ID)
		require.False(t, r.WantsMail(start), "it is not ready")
		return ready(t, w, r, 1), r.ID
	}
	t.Run("Once", func(t *testing.T) {
		t.Parallel()
		w, id := setup(t)
		duties, again := payments.Owed(w, id, true, start)
		require.Equal(t, []payments.Duty{payments.DutyMail}, duties)
		require.True(t, again.After(start))
		out := payments.ReceiptMailed(w, id, "", start)
		lawful(t, out)
		r := receiptIn(t, out, id)
		require.Equal(t, start, r.MailedAt)
		require.False(t, r.Due.IsZero(), "the sweeper looks whether the partner was told")
		require.True(t, payments.ReceiptMailed(out.After, id, "", start).Empty())
		duties, again = payments.Owed(out.After, id, true, start)
		require.Empty(t, duties)
		require.True(t, again.IsZero())
	})
	t.Run("ErrRefusedIsNotTriedAgain", func(t *testing.T) {
		t.Parallel()
		w, id := setup(t)
		out := payments.ReceiptMailed(w, id, "refused", start)
		r := receiptIn(t, out, id)
		require.True(t, r.MailedAt.IsZero())
		require.Equal(t, "refused", r.Failure)
		require.False(t, r.WantsMail(start))
	})
	t.Run("NotForEver", func(t *testing.T) {
		t.Parallel()
		w, id := setup(t)
		r, _ := w.ReceiptOf(id)
		require.True(t, r.WantsMail(start.Add(payments.MailLife-1)))
		require.False(t, r.WantsMail(start.Add(payments.MailLife)))
		end := start.Add(payments.MailLife)
		require.True(t, payments.MissReceipt(w, id, end.Add(-1)).Empty())
		for now := start; now.Before(end); {
			duties, again := payments.Owed(w, id, true, now)
			require.Equal(t, []payments.Duty{payments.DutyMail}, duties)
			require.True(t, again.After(now) && !again.After(end), "the end is not slept over")
			now = again
		}
		duties, _ := payments.Owed(w, id, true, end)
		require.Equal(t, []payments.Duty{payments.DutyAlarm}, duties)
		out := payments.MissReceipt(w, id, end)
		lawful(t, out)
		require.Equal(t, []payments.AlarmKind{payments.LetterUnsent}, raised(out))
		r = receiptIn(t, out, id)
		require.Equal(t, payments.ReceiptReady, r.Status)
		require.NotEmpty(t, r.Failure)
		require.False(t, r.Due.IsZero(), "the sweeper looks whether the partner was told")
		require.True(t, payments.MissReceipt(out.After, id, end).Empty())
		duties, again := payments.Owed(out.After, id, true, end)
		require.Empty(t, duties)
		require.True(t, again.IsZero())
	})
	t.Run("NotAboutThePartnersOwn", func(t *testing.T) {
		t.Parallel()
		out, r, err := payments.AttachReceipt(ours(t), receipts.Fiscal{URL: "https://ofd.example/2"}, start)
		require.NoError(t, err)
		require.False(t, r.WantsMail(start))
		require.True(t, payments.ReceiptMailed(out.After, r.ID, "", start).Empty())
	})
}
