package payments_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/receipts"
)

var till = ids.FromParts("till")

// ours is a paid order whose receipts a till of the platform's makes.
func ours(t testing.TB, edit ...func(*payments.Draft)) payments.Whole {
	t.Helper()
	return oursOf(fresh(t, edit...))
}

func oursOf(w payments.Whole) payments.Whole {
	through := payments.Through{Account: account, Provider: "alfa", Till: till, Agent: true}
	out, _ := payments.Begin(w, banks.Card, through, "", nil, start)
	w = payments.Opened(out.After, 1, banks.Opened{BankID: bankID(1), PageURL: "https://bank.example"}, start).After
	amount := w.Order.Total
	return payments.Apply(w, 1, banks.News{BankID: bankID(1), Status: banks.Paid, Amount: &amount}, payments.Told, start).After
}

// incomeTold is ours with the income told by the till.
func incomeTold(t testing.TB, edit ...func(*payments.Draft)) payments.Whole {
	t.Helper()
	w := ours(t, edit...)
	w, r := wanted(t, w, w.Payments[0].ID)
	return ready(t, w, r, 1)
}

// twoLines is 3 × 333.33 and 500.01.
func twoLines(d *payments.Draft) {
	d.Items = []payments.Item{
		{Name: "Консультация", Price: money.Of(33_333, money.RUB), Quantity: 3000, Subject: "service", VAT: "vat22"},
		{Name: "Запись", Price: money.Of(50_001, money.RUB), Quantity: 1000},
	}
}

// wanted has the receipt of a child begun.
func wanted(t require.TestingT, w payments.Whole, child ids.ID) (payments.Whole, payments.Receipt) {
	out := payments.BeginReceipt(w, child, start)
	lawful(t, out)
	r, ok := out.After.ReceiptOf(payments.ReceiptID(child))
	require.True(t, ok)
	return out.After, r
}

// made is what the till gives back of a receipt.
func made(r payments.Receipt, fd int64) receipts.Fiscal {
	return receipts.Fiscal{Total: r.Fiscal.Total, FN: "9999078900001234", FD: fd, FP: 7, IssuedAt: start}
}

// ready is the order after the till has made a receipt.
func ready(t require.TestingT, w payments.Whole, r payments.Receipt, fd int64) payments.Whole {
	out := payments.ReceiptMade(w, r.ID, made(r, fd), start)
	lawful(t, out)
	require.Empty(t, raised(out))
	return out.After
}

func receiptIn(t require.TestingT, out payments.Outcome, id ids.ID) payments.Receipt {
	r, ok := out.After.ReceiptOf(id)
	require.True(t, ok)
	return r
}

func TestBeginReceipt(t *testing.T) {
	t.Parallel()
	t.Run("OfAPayment", func(t *testing.T) {
		t.Parallel()
		w := ours(t, twoLines)
		p := w.Payments[0]
		out := payments.BeginReceipt(w, p.ID, start)
		lawful(t, out)
		require.Equal(t, []payments.Receipt{{ID: w.Order.ID.Child(ids.PaymentReceipt, 1), Payment: p.ID, Operation: payments.OfPayment, Version: 1,
			Status: payments.ReceiptPending, Source: payments.OfTill, Till: till, Verified: true, Items: w.Order.Items,
			Fiscal: receipts.Fiscal{Kind: receipts.Income, Total: total}, CreatedAt: start, UpdatedAt: start, Due: start.Add(time.Minute)}}, out.ChangedReceipts())
		require.True(t, payments.BeginReceipt(out.After, p.ID, start).Empty(), "there is one, ever")
	})
	t.Run("OfARefund", func(t *testing.T) {
		t.Parallel()
		w := succeeded(t, refunding(t, incomeTold(t, twoLines), 33_333), 1)
		back := w.Refunds[0]
		w, r := wanted(t, w, back.ID)
		require.Equal(t, w.Order.ID.Child(ids.RefundReceipt, 1), r.ID)
		require.Equal(t, payments.OfRefund, r.Operation)
		require.Equal(t, receipts.Fiscal{Kind: receipts.IncomeReturn, Total: money.Of(33_333, money.RUB)}, r.Fiscal)
		require.Equal(t, w.ReturnedLines(back), r.Items)
		require.Equal(t, w.Payments[0].ID, r.Payment)
	})
	t.Run("OfAPartialCapture", func(t *testing.T) {
		t.Parallel()
		w := ours(t, twoLines)
		w.State.Paid, w.Payments[0].Captured, w.Payments[0].Taken = 33_333, 33_333, []payments.Item{w.Order.Items[0]}
		w.Payments[0].Taken[0].Quantity, w.Payments[0].Taken[0].Amount.Amount, w.Payments[0].Taken[0].Line = 1000, 33_333, 1
		_, r := wanted(t, w, w.Payments[0].ID)
		require.EqualValues(t, 33_333, r.Fiscal.Total.Amount)
		require.Equal(t, w.Payments[0].Taken, r.Items)
	})
	t.Run("OfACaptureByAmountIsOneLine", func(t *testing.T) {
		t.Parallel()
		w := ours(t, twoLines)
		w.State.Paid, w.Payments[0].Captured = 100, 100
		_, r := wanted(t, w, w.Payments[0].ID)
		require.Equal(t, []payments.Item{{Name: w.Order.Project, Price: money.Of(100, money.RUB), Quantity: 1000, Amount: money.Of(100, money.RUB),
			VAT: "vat22", Subject: "service", Mode: "full_prepayment", Measure: "piece"}}, r.Items)
	})
	for name, w := range map[string]payments.Whole{
		"UnlessPaid":         opened(fresh(t), banks.Card, start),
		"UnlessATillOwesIt":  at(t, payments.Paid, ""),
		"UnlessTheRefundWas": refunding(t, ours(t), 100),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			child := w.Payments[0].ID
			if len(w.Refunds) > 0 {
				child = w.Refunds[0].ID
			}
			require.True(t, payments.BeginReceipt(w, child, start).Empty())
		})
	}
	t.Run("OfNobody", func(t *testing.T) {
		t.Parallel()
		w := ours(t)
		for _, child := range []ids.ID{w.Order.ID, w.Order.ID.Child(ids.Payment, 2), w.Order.ID.Child(ids.Refund, 1)} {
			require.True(t, payments.BeginReceipt(w, child, start).Empty(), child)
		}
	})
	t.Run("NotOfTenge", func(t *testing.T) {
		t.Parallel()
		w := ours(t, func(d *payments.Draft) { d.Items[0].Price = money.Of(150_000, money.KZT) })
		require.Zero(t, w.Payments[0].Till, "though the account, that takes roubles as well, has one")
		w.Payments[0].Till = till // older code did not look at the currency
		require.True(t, payments.BeginReceipt(w, w.Payments[0].ID, start).Empty())
		duties, again := payments.Owed(w, w.Payments[0].ID, true, start.Add(48*time.Hour))
		require.Empty(t, duties)
		require.True(t, again.IsZero())
		_, _, err := payments.BeginFulfil(w, nil, "", "", start)
		require.ErrorIs(t, err, payments.ErrNotFulfillable)
		wish := correction()
		_, _, err = payments.BeginCorrection(w, wish, start)
		require.ErrorIs(t, err, payments.ErrNoTill)
		w = succeeded(t, refunding(t, w, 100), 1)
		duties, again = payments.Owed(w, w.Refunds[0].ID, true, start.Add(48*time.Hour))
		require.Empty(t, duties)
		require.True(t, again.IsZero())
	})
}

func TestReceiptOfOurTill(t *testing.T) {
	t.Parallel()
	at := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
	t.Run("TakenThenMade", func(t *testing.T) {
		t.Parallel()
		w := ours(t)
		w, r := wanted(t, w, w.Payments[0].ID)
		out := payments.ReceiptTaken(w, r.ID, "u-1", at(1))
		lawful(t, out)
		require.Equal(t, "u-1", receiptIn(t, out, r.ID).TillID)
		require.True(t, payments.ReceiptTaken(out.After, r.ID, "u-1", at(2)).Empty(), "the same number again")
		out = payments.ReceiptMade(out.After, r.ID, made(r, 5), at(3))
		lawful(t, out)
		require.Empty(t, raised(out))
		r = receiptIn(t, out, r.ID)
		require.Equal(t, payments.ReceiptReady, r.Status)
		require.Equal(t, receipts.Income, r.Fiscal.Kind, "the till does not repeat the kind")
		require.EqualValues(t, 5, r.Fiscal.FD)
		require.False(t, r.Due.IsZero(), "a letter is owed")
		for _, again := range []payments.Outcome{
			payments.ReceiptMade(out.After, r.ID, made(r, 6), at(4)), payments.ReceiptTaken(out.After, r.ID, "u-2", at(4)),
			payments.ReceiptRefused(out.After, r.ID, "no", at(4)), payments.MissReceipt(out.After, r.ID, at(100)),
			payments.BeginReceipt(out.After, out.After.Payments[0].ID, at(4)),
		} {
			require.True(t, again.Empty(), "what is ready stays")
		}
	})
	t.Run("AnotherSumIsKeptAndAlarms", func(t *testing.T) {
		t.Parallel()
		w := ours(t)
		w, r := wanted(t, w, w.Payments[0].ID)
		f := made(r, 5)
		f.Total.Amount--
		out := payments.ReceiptMade(w, r.ID, f, start)
		require.Equal(t, []payments.AlarmKind{payments.AmountMismatch}, raised(out))
		require.Equal(t, payments.ReceiptReady, receiptIn(t, out, r.ID).Status)
	})
	t.Run("UndoneGetsAnotherNameAndThenAnOperator", func(t *testing.T) {
		t.Parallel()
		for hopeless, most := range map[bool]int{true: payments.MaxReceiptTries, false: payments.MaxTillTries} {
			w := ours(t)
			w, r := wanted(t, w, w.Payments[0].ID)
			names := map[string]bool{r.DraftID(ids.Test): true}
			for n := 1; n < most; n++ {
				w = payments.ReceiptTaken(w, r.ID, "u", at(n)).After
				out := payments.ReceiptUndone(w, r.ID, "it broke", hopeless, at(n))
				lawful(t, out)
				require.Empty(t, raised(out))
				r = receiptIn(t, out, r.ID)
				require.Equal(t, []any{payments.ReceiptPending, "", n, "it broke"}, []any{r.Status, r.TillID, r.Tries, r.Failure})
				require.True(t, r.Due.After(at(n).Add(time.Minute)), "the till is given time")
				require.False(t, names[r.DraftID(ids.Test)])
				names[r.DraftID(ids.Test)] = true
				w = out.After
			}
			out := payments.ReceiptUndone(w, r.ID, "it broke", hopeless, at(100))
			require.Equal(t, []payments.AlarmKind{payments.FailedReceipt}, raised(out))
			r = receiptIn(t, out, r.ID)
			require.Equal(t, payments.ReceiptFailed, r.Status)
			require.False(t, r.Due.IsZero() || r.Due.After(at(100).Add(payments.FeedFirst)), "the partner is told soon")
			require.True(t, payments.ReceiptUndone(out.After, r.ID, "again", hopeless, at(101)).Empty())
			require.True(t, payments.BeginReceipt(out.After, out.After.Payments[0].ID, at(101)).Empty(), "never a second one")
		}
	})
	t.Run("LookedInVain", func(t *testing.T) {
		t.Parallel()
		w := ours(t)
		w, r := wanted(t, w, w.Payments[0].ID)
		late, now := start.Add(payments.ReceiptWithin), start
		for range 20 {
			out := payments.ReceiptLooked(w, r.ID, false, now)
			lawful(t, out)
			r = receiptIn(t, out, r.ID)
			require.True(t, r.Due.After(now))
			require.False(t, now.Before(late) && r.Due.After(late), "the deadline is not slept over")
			told := payments.ReceiptLooked(out.After, r.ID, true, now.Add(time.Second))
			require.Equal(t, []any{r.Due, r.Checks}, []any{receiptIn(t, told, r.ID).Due, receiptIn(t, told, r.ID).Checks}, "strangers move nothing")
			w, now = out.After, r.Due
		}
		require.Greater(t, r.Due.Sub(start), 24*time.Hour)
		require.True(t, payments.ReceiptLooked(ready(t, w, r, 1), r.ID, false, now).Empty())
	})
	t.Run("ErrADocumentThatAnotherReceiptHas", func(t *testing.T) {
		t.Parallel()
		w := ours(t)
		w, first := wanted(t, w, w.Payments[0].ID)
		w = succeeded(t, refunding(t, ready(t, w, first, 5), 100), 1)
		w, r := wanted(t, w, w.Refunds[0].ID)
		out := payments.ReceiptMade(w, r.ID, made(first, 5), start)
		require.Equal(t, []payments.AlarmKind{payments.ReceiptConflict}, raised(out))
		require.Equal(t, payments.ReceiptPending, receiptIn(t, out, r.ID).Status)
		require.Equal(t, first.ID, out.After.Receipts[0].ID)
	})
	t.Run("ErrNobody", func(t *testing.T) {
		t.Parallel()
		w, nobody := ours(t), ids.FromParts("nobody").Child(ids.PaymentReceipt, 1)
		require.True(t, payments.ReceiptMade(w, nobody, fiscal(1), start).Empty())
		require.True(t, payments.ReceiptTaken(w, nobody, "u", start).Empty())
		require.True(t, payments.ReceiptMailed(w, nobody, "", start).Empty())
	})
}

func TestDraftID(t *testing.T) {
	t.Parallel()
	w := ours(t)
	w, r := wanted(t, w, w.Payments[0].ID)
	for tries := range 12 {
		r.Tries = tries
		name := r.DraftID(ids.Live)
		require.Equal(t, "l"+r.ID.String()+fmt.Sprintf(".%d", tries), name)
		m, id, ok := payments.ParseDraftID(name)
		require.True(t, ok)
		require.Equal(t, ids.Live, m)
		require.Equal(t, r.ID, id)
	}
	for _, wrong := range []string{"", ".", "t", "t.0", "t" + r.ID.String(), "x" + r.ID.String() + ".0", "t" + r.ID.String() + ".-1",
		"t" + r.ID.String() + ".a", "t" + w.Order.ID.String() + ".0", "t" + w.Payments[0].ID.String() + ".0", r.ID.String() + ".0"} {
		_, _, ok := payments.ParseDraftID(wrong)
		require.False(t, ok, wrong)
	}
}

func FuzzParseDraftID(f *testing.F) {
	id := ids.FromParts("order").Child(ids.CorrectionReceipt, 7)
	f.Add("t" + id.String() + ".0")
	f.Add("l" + id.String() + ".12")
	f.Add("t.0")
	f.Add(id.String())
	f.Fuzz(func(t *testing.T, text string) {
		m, id, ok := payments.ParseDraftID(text)
		if !ok {
			return
		}
		require.True(t, m.Valid())
		require.GreaterOrEqual(t, id.Family(), ids.PaymentReceipt)
		again, same, ok := payments.ParseDraftID(payments.Receipt{ID: id}.DraftID(m))
		require.True(t, ok)
		require.Equal(t, []any{m, id}, []any{again, same})
	})
}
