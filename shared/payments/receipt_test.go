package payments_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/receipts"
)

func fiscal(fd int64) receipts.Fiscal {
	return receipts.Fiscal{Kind: receipts.Income, Total: total, FN: "9999078900001234", FD: fd, FP: 7, URL: "https://ofd.example/1", IssuedAt: start}
}

func TestAddReceipt(t *testing.T) {
	t.Parallel()
	t.Run("HasTheNumberOfItsPayment", func(t *testing.T) {
		t.Parallel()
		w := at(t, payments.Paid, "")
		out := payments.AddReceipt(w, w.Payments[0], fiscal(1), false, payments.Told, start)
		lawful(t, out)
		require.Equal(t, []payments.Receipt{{ID: w.Order.ID.Child(ids.PaymentReceipt, 1), Payment: w.Payments[0].ID, Operation: "payment", Version: 1,
			Status: "ready", Source: "tbank", Verified: true, Fiscal: fiscal(1), CreatedAt: start, UpdatedAt: start, Due: start.Add(payments.FeedFirst),
			Marks: []payments.Mark{{Type: payments.EventReceiptReady, Version: 1, At: start}}}}, out.ChangedReceipts())
		require.Empty(t, raised(out))
		got, ok := out.After.ReceiptOf(w.Order.ID.Child(ids.PaymentReceipt, 1))
		require.True(t, ok)
		require.Equal(t, fiscal(1), got.Fiscal)
		require.True(t, payments.AddReceipt(out.After, w.Payments[0], fiscal(1), false, payments.Told, start).Empty(), "told again")
	})
	t.Run("ASecondOneIsKeptOut", func(t *testing.T) {
		t.Parallel()
		w := at(t, payments.Paid, "")
		w = payments.AddReceipt(w, w.Payments[0], fiscal(1), false, payments.Told, start).After
		out := payments.AddReceipt(w, w.Payments[0], fiscal(2), false, payments.Told, start)
		require.Equal(t, []payments.AlarmKind{payments.ReceiptConflict}, raised(out))
		require.Empty(t, out.ChangedReceipts())
	})
	t.Run("OfReturnsOldestFirst", func(t *testing.T) {
		t.Parallel()
		w := succeeded(t, refunding(t, at(t, payments.Paid, ""), 50_000), 1)
		w = succeeded(t, refunding(t, w, 20_000), 2)
		w = succeeded(t, refunding(t, w, 50_000), 3)
		f := fiscal(3)
		f.Kind, f.Total = receipts.IncomeReturn, money.Of(50_000, money.RUB)
		f.FD = 3
		w = payments.AddReceipt(w, w.Payments[0], f, false, payments.Told, start).After
		f.FD = 4
		out := payments.AddReceipt(w, w.Payments[0], f, false, payments.Told, start)
		lawful(t, out)
		require.Empty(t, raised(out))
		for fd, refund := range map[int64]int{3: 1, 4: 3} {
			r, ok := out.After.ReceiptOf(w.Order.ID.Child(ids.RefundReceipt, refund))
			require.True(t, ok)
			require.Equal(t, fd, r.Fiscal.FD)
			require.Equal(t, payments.OfRefund, r.Operation)
		}
	})
	t.Run("OfAReturnThatNobodyKnowsAsksFirst", func(t *testing.T) {
		t.Parallel()
		w := at(t, payments.Paid, "")
		f := fiscal(3)
		f.Kind = receipts.IncomeReturn
		require.True(t, payments.AddReceipt(w, w.Payments[0], f, false, payments.Told, start).Ask)
		out := payments.AddReceipt(w, w.Payments[0], f, false, payments.Asked, start)
		require.False(t, out.Ask)
		require.Empty(t, out.ChangedReceipts())
		require.Equal(t, []payments.AlarmKind{payments.ReceiptConflict}, raised(out))
	})
	t.Run("OfAnUnknownKind", func(t *testing.T) {
		t.Parallel()
		w := at(t, payments.Paid, "")
		f := fiscal(3)
		f.Kind = ""
		out := payments.AddReceipt(w, w.Payments[0], f, false, payments.Told, start)
		require.Equal(t, []payments.AlarmKind{payments.ReceiptConflict}, raised(out))
		require.Empty(t, out.ChangedReceipts())
	})
	t.Run("AnotherSumIsKeptAndAlarms", func(t *testing.T) {
		t.Parallel()
		for _, sum := range []money.Money{money.Of(1, money.RUB), money.Of(total.Amount, money.KZT)} {
			w := at(t, payments.Paid, "")
			f := fiscal(1)
			f.Total = sum
			out := payments.AddReceipt(w, w.Payments[0], f, false, payments.Told, start)
			require.Equal(t, []payments.AlarmKind{payments.AmountMismatch}, raised(out))
			require.Len(t, out.ChangedReceipts(), 1)
		}
	})
	t.Run("OfAPartialCapture", func(t *testing.T) {
		t.Parallel()
		w := at(t, payments.Paid, "")
		w.Payments[0].Captured = 100
		f := fiscal(1)
		require.NotEmpty(t, raised(payments.AddReceipt(w, w.Payments[0], f, false, payments.Told, start)), "the till took the whole amount")
		f.Total.Amount = 100
		require.Empty(t, raised(payments.AddReceipt(w, w.Payments[0], f, false, payments.Told, start)))
	})
	t.Run("BeforeTheNewsOfThePayment", func(t *testing.T) {
		t.Parallel()
		w := opened(fresh(t), banks.Card, start)
		out := payments.AddReceipt(w, w.Payments[0], fiscal(1), false, payments.Told, start)
		lawful(t, out)
		require.Len(t, out.ChangedReceipts(), 1)
		require.Empty(t, raised(out))
	})
}

func TestAttachReceipt(t *testing.T) {
	t.Parallel()
	f := receipts.Fiscal{URL: "https://ofd.example/2"}
	t.Run("OfAPaidOrder", func(t *testing.T) {
		t.Parallel()
		w := at(t, payments.Paid, "")
		out, r, err := payments.AttachReceipt(w, f, start)
		require.NoError(t, err)
		require.Equal(t, w.Order.ID.Child(ids.PaymentReceipt, 21), r.ID)
		require.False(t, r.Verified)
		require.Equal(t, "partner", r.Source)
		require.Equal(t, total, r.Fiscal.Total)
		duties, again := payments.OwedByPayment(out.After, 1, start)
		require.Empty(t, duties)
		require.False(t, again.IsZero(), "the till still owes its own")
	})
	t.Run("ErrUnpaid", func(t *testing.T) {
		t.Parallel()
		for _, w := range []payments.Whole{fresh(t), held(t)} {
			_, _, err := payments.AttachReceipt(w, f, start)
			require.ErrorIs(t, err, payments.ErrReceiptUnknown)
		}
	})
	t.Run("ErrTooMany", func(t *testing.T) {
		t.Parallel()
		w := at(t, payments.Paid, "")
		for range ids.MaxChild - payments.MaxReceiptsOfTill {
			out, _, err := payments.AttachReceipt(w, f, start)
			require.NoError(t, err)
			w = out.After
		}
		_, _, err := payments.AttachReceipt(w, f, start)
		require.ErrorIs(t, err, payments.ErrTooManyReceipts)
	})
}
