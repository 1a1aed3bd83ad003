package payments_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/receipts"
)

var (
	company  = receipts.Company{INN: "7707083893", Email: "receipts@giberno.example", PaymentAddress: "https://giberno.example"}
	supplier = receipts.Supplier{Name: "ООО «Ромашка»", INN: "7728168971", Phone: "+74951234567"}
)

// printable asserts that a till takes the draft of a receipt, and gives it.
func printable(t require.TestingT, w payments.Whole, r payments.Receipt) receipts.Draft {
	d := w.Draft(r, company, "usn_income", &supplier, "https://giberno.example/n")
	require.NoError(t, d.Check(), "%+v", d)
	sum, err := d.Document.Total()
	require.NoError(t, err)
	require.Equal(t, r.Fiscal.Total, sum)
	require.Equal(t, r.DraftID(w.Order.Mode), d.ID)
	for _, line := range d.Document.Lines {
		require.Equal(t, supplier, line.Agent.Supplier)
	}
	return d
}

func TestDraftOfAReceipt(t *testing.T) {
	t.Parallel()
	t.Run("OfAPaymentIsElectronic", func(t *testing.T) {
		t.Parallel()
		w := ours(t, twoLines)
		w, r := wanted(t, w, w.Payments[0].ID)
		d := printable(t, w, r)
		require.Equal(t, receipts.Split{Electronic: total}, d.Paid)
		require.Equal(t, r.CreatedAt, d.At)
		require.Equal(t, "buyer@example.com", d.Document.Email)
		require.Equal(t, "full_prepayment", d.Document.Lines[0].Mode)
	})
	t.Run("OfTheSellersOwnThingsHasNoAgent", func(t *testing.T) {
		t.Parallel()
		w := ours(t)
		w, r := wanted(t, w, w.Payments[0].ID)
		d := w.Draft(r, company, "osn", nil, "")
		require.NoError(t, d.Check())
		require.Nil(t, d.Document.Lines[0].Agent)
	})
	t.Run("OfAFulfilmentIsTheAdvance", func(t *testing.T) {
		t.Parallel()
		w, r := fulfilling(t, ours(t, twoLines))
		d := printable(t, w, r)
		require.Equal(t, receipts.Split{Advance: total}, d.Paid)
		require.Equal(t, receipts.Income, d.Kind)
		for _, line := range d.Document.Lines {
			require.Equal(t, "full_payment", line.Mode)
		}
	})
	t.Run("OfACorrectionNamesItsReason", func(t *testing.T) {
		t.Parallel()
		w := ours(t)
		wish := correction()
		out, r, err := payments.BeginCorrection(w, wish, start)
		require.NoError(t, err)
		d := printable(t, out.After, r)
		require.Equal(t, wish.Kind, d.Kind)
		require.Equal(t, wish.Corrects, *d.Correction)
		require.Len(t, d.Document.Lines, 1, "it is not over the whole order")
	})
}

// fulfilling closes parts of the prepayment, or what is left of it.
func fulfilling(t require.TestingT, w payments.Whole, parts ...payments.Part) (payments.Whole, payments.Receipt) {
	out, r, err := payments.BeginFulfil(w, parts, "", "", start)
	require.NoError(t, err)
	lawful(t, out)
	return out.After, r
}

func correction() payments.CorrectionWish {
	return payments.CorrectionWish{Kind: receipts.IncomeCorrection, Amount: 70_000, By: "anna",
		Corrects: receipts.Correction{Type: receipts.CorrectionSelf, Date: start.Add(-time.Hour)}}
}

func TestFulfilByATillOfOurs(t *testing.T) {
	t.Parallel()
	t.Run("LineByLine", func(t *testing.T) {
		t.Parallel()
		w, first := fulfilling(t, ours(t, twoLines), payments.Part{Line: 1, Quantity: 1000})
		require.Equal(t, w.Order.ID.Child(ids.FulfilmentReceipt, 1), first.ID)
		require.Equal(t, []any{till, payments.OfTill, receipts.Income}, []any{first.Till, first.Source, first.Fiscal.Kind})
		require.False(t, first.Due.IsZero())
		w, second := fulfilling(t, w, payments.Part{Line: 2, Quantity: 500})
		w, third := fulfilling(t, w)
		sum := first.Fiscal.Total.Amount + second.Fiscal.Total.Amount + third.Fiscal.Total.Amount
		require.Equal(t, total.Amount, sum)
		_, _, err := payments.BeginFulfil(w, nil, "", "", start)
		require.ErrorIs(t, err, payments.ErrNotFulfillable)
	})
	t.Run("ErrMoreThanIsLeft", func(t *testing.T) {
		t.Parallel()
		w, _ := fulfilling(t, ours(t, twoLines), payments.Part{Line: 1, Quantity: 2000})
		for _, parts := range [][]payments.Part{{{Line: 1, Quantity: 1001}}, {{Line: 3, Quantity: 1}}, {{Line: 2, Quantity: 1}, {Line: 2, Quantity: 1}}, {{Line: 2}}} {
			_, _, err := payments.BeginFulfil(w, parts, "", "", start)
			require.Equal(t, fault.KindInvalid, fault.As(err).Kind, parts)
		}
	})
	t.Run("WhatFailedIsLeftAgain", func(t *testing.T) {
		t.Parallel()
		w, r := fulfilling(t, ours(t, twoLines))
		_, _, err := payments.BeginFulfil(w, nil, "", "", start)
		require.ErrorIs(t, err, payments.ErrNotFulfillable)
		w = payments.ReceiptRefused(w, r.ID, "no", start).After
		w, r = fulfilling(t, w)
		require.Equal(t, w.Order.ID.Child(ids.FulfilmentReceipt, 2), r.ID)
		require.Equal(t, total, r.Fiscal.Total)
	})
	t.Run("ErrNothingWasPrepaid", func(t *testing.T) {
		t.Parallel()
		w := ours(t, func(d *payments.Draft) { d.Items[0].Mode = "full_payment" })
		_, _, err := payments.BeginFulfil(w, nil, "", "", start)
		require.ErrorIs(t, err, payments.ErrNotFulfillable)
	})
	t.Run("OnlyThePrepaidLines", func(t *testing.T) {
		t.Parallel()
		w := ours(t, twoLines, func(d *payments.Draft) { d.Items[1].Mode = "full_payment" })
		_, r := fulfilling(t, w)
		require.EqualValues(t, 99_999, r.Fiscal.Total.Amount)
		_, _, err := payments.BeginFulfil(w, []payments.Part{{Line: 2, Quantity: 1000}}, "", "", start)
		require.Error(t, err)
	})
	t.Run("ErrAfterARefund", func(t *testing.T) {
		t.Parallel()
		_, _, err := payments.BeginFulfil(refunding(t, ours(t, twoLines), 1), nil, "", "", start)
		require.ErrorIs(t, err, payments.ErrNotFulfillable)
	})
	t.Run("ARefundReturnsWhatEachLineWas", func(t *testing.T) {
		t.Parallel()
		w, r := fulfilling(t, incomeTold(t, twoLines), payments.Part{Line: 1, Quantity: 3000})
		w = succeeded(t, refunding(t, ready(t, w, r, 2), 0), 1)
		w, back := wanted(t, w, w.Refunds[0].ID)
		printable(t, w, back)
		require.Equal(t, []string{"full_payment", "full_prepayment"}, []string{back.Items[0].Mode, back.Items[1].Mode})
	})
	t.Run("ErrNothingIsWorthAReceipt", func(t *testing.T) {
		t.Parallel()
		w := ours(t, func(d *payments.Draft) { d.Items[0].Price.Amount, d.Items[0].Quantity = 10, 150 })
		_, _, err := payments.BeginFulfil(w, []payments.Part{{Line: 1, Quantity: 1}}, "", "", start)
		require.Error(t, err)
	})
	t.Run("ErrARefundWhileItIsMade", func(t *testing.T) {
		t.Parallel()
		w, r := fulfilling(t, incomeTold(t, twoLines))
		_, _, err := payments.BeginRefund(w, 1, payments.RefundWish{Source: payments.ByPartner}, start)
		require.ErrorIs(t, err, payments.ErrClosing)
		w = succeeded(t, refunding(t, ready(t, w, r, 2), 0), 1)
		_, back := wanted(t, w, w.Refunds[0].ID)
		for _, item := range back.Items {
			require.Equal(t, "full_payment", item.Mode, "it returns the closing receipt")
		}
	})
}

func TestBeginCorrection(t *testing.T) {
	t.Parallel()
	begin := func(t *testing.T, w payments.Whole, edit func(*payments.CorrectionWish)) (payments.Outcome, payments.Receipt, error) {
		t.Helper()
		wish := correction()
		edit(&wish)
		return payments.BeginCorrection(w, wish, start)
	}
	same := func(*payments.CorrectionWish) {}
	t.Run("OfTheWholeOrderHasItsLines", func(t *testing.T) {
		t.Parallel()
		out, r, err := begin(t, ours(t, twoLines), func(c *payments.CorrectionWish) { c.Amount = total.Amount })
		require.NoError(t, err)
		lawful(t, out)
		require.Len(t, r.Items, 2)
		require.Equal(t, []any{payments.OfCorrection, payments.ReceiptPending, till}, []any{r.Operation, r.Status, r.Till})
	})
	t.Run("OfAPartialCaptureHasTheLinesThatWereTaken", func(t *testing.T) {
		t.Parallel()
		w := ours(t, twoLines)
		w.State.Paid, w.Payments[0].Captured, w.Payments[0].Taken = 50_001, 50_001, []payments.Item{w.Order.Items[1]}
		w.Payments[0].Taken[0].Line = 2
		for _, amount := range []int64{50_001, 7} {
			out, r, err := begin(t, w, func(c *payments.CorrectionWish) { c.Amount = amount })
			require.NoError(t, err)
			lawful(t, out)
			require.Len(t, r.Items, 1)
			require.Equal(t, []any{"none", amount}, []any{r.Items[0].VAT, r.Items[0].Amount.Amount})
		}
	})
	t.Run("OfAPartSaysWhoseRateItHas", func(t *testing.T) {
		t.Parallel()
		for line, vat := range map[int]string{1: "vat22", 2: "none"} {
			out, r, err := begin(t, ours(t, twoLines), func(c *payments.CorrectionWish) { c.Amount, c.Line = 7, line })
			require.NoError(t, err)
			printable(t, out.After, r)
			require.Equal(t, []any{1, vat}, []any{len(r.Items), r.Items[0].VAT})
		}
		for _, line := range []int{0, -1, 3} {
			_, _, err := begin(t, ours(t, twoLines), func(c *payments.CorrectionWish) { c.Amount, c.Line = 7, line })
			require.Equal(t, "body.line", fault.As(err).Fields[0].Location)
		}
	})
	t.Run("OneAtATime", func(t *testing.T) {
		t.Parallel()
		out, r, err := begin(t, ours(t), same)
		require.NoError(t, err)
		require.True(t, out.StateChanged(), "of two at once one is refused")
		_, _, err = begin(t, out.After, same)
		require.ErrorIs(t, err, payments.ErrCorrectionPending)
		_, second, err := begin(t, ready(t, out.After, r, 9), same)
		require.NoError(t, err)
		require.Equal(t, r.ID.Root().Child(ids.CorrectionReceipt, 2), second.ID)
	})
	t.Run("ErrNoTill", func(t *testing.T) {
		t.Parallel()
		for _, w := range []payments.Whole{fresh(t), at(t, payments.Paid, "")} {
			_, _, err := begin(t, w, same)
			require.ErrorIs(t, err, payments.ErrNoTill)
		}
	})
	for name, edit := range map[string]func(*payments.CorrectionWish){
		"ErrNothing": func(c *payments.CorrectionWish) { c.Amount = 0 },
		"ErrTooMuch": func(c *payments.CorrectionWish) { c.Amount = payments.MaxTotal + 1 },
		"ErrKind":    func(c *payments.CorrectionWish) { c.Kind = receipts.Income },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := begin(t, ours(t), edit)
			require.Equal(t, fault.KindInvalid, fault.As(err).Kind)
		})
	}
}

// TestEveryDraftIsPrintable draws orders, refunds and fulfilments: whatever is asked of a till, it can take, and the sums of
// income, return and closing are those of the money.
func TestEveryDraftIsPrintable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := draft()
		d.Items[0].Price.Amount = 1 // so that it is never an order of nothing
		for range rapid.IntRange(1, 4).Draw(t, "lines") {
			d.Items = append(d.Items, payments.Item{
				Name: "Вещь", Price: money.Of(rapid.Int64Range(1, 500_000).Draw(t, "price"), money.RUB),
				Quantity: money.Quantity(rapid.Int64Range(1, 5000).Draw(t, "quantity")), VAT: rapid.SampledFrom([]string{"none", "vat10", "vat22"}).Draw(t, "vat"),
				Mode: rapid.SampledFrom([]string{"full_prepayment", "advance", "full_payment"}).Draw(t, "mode"),
			})
		}
		o, err := payments.NewOrder(d, ids.FromParts("order"), ids.Test, partner, start)
		require.NoError(t, err)
		w := oursOf(payments.Whole{Order: o})
		w, r := wanted(t, w, w.Payments[0].ID)
		printable(t, w, r)
		w = ready(t, w, r, 1)
		if rapid.Bool().Draw(t, "fulfilled") {
			fulfilInParts(t, w)
			return
		}
		var back int64
		for fd := int64(2); w.Refundable(1) > 0; fd++ {
			amount := rapid.Int64Range(0, w.Refundable(1)).Draw(t, "amount")
			if fd > 6 {
				amount = 0
			}
			w = refunding(t, w, amount)
			w = succeeded(t, w, len(w.Refunds))
			w, r = wanted(t, w, w.Refunds[len(w.Refunds)-1].ID)
			printable(t, w, r)
			back += r.Fiscal.Total.Amount
			w = ready(t, w, r, fd)
		}
		require.Equal(t, o.Total.Amount, back)
	})
}

// fulfilInParts closes an order in drawn parts until nothing is left.
func fulfilInParts(t *rapid.T, w payments.Whole) {
	var prepaid, closed int64
	for _, item := range w.Order.Items {
		if item.Mode != "full_payment" {
			prepaid += item.Amount.Amount
		}
	}
	for n := range 12 {
		line := rapid.IntRange(1, len(w.Order.Items)).Draw(t, "line")
		parts := []payments.Part{{Line: line, Quantity: money.Quantity(rapid.Int64Range(1, 5000).Draw(t, "part"))}}
		if n > 8 {
			parts = nil
		}
		out, r, err := payments.BeginFulfil(w, parts, "", "", start)
		if err != nil {
			continue
		}
		if w = out.After; r.Fiscal.Total.Amount > 0 {
			printable(t, w, r)
		}
		closed += r.Fiscal.Total.Amount
		w = ready(t, w, r, int64(100+n))
	}
	require.Equal(t, prepaid, closed)
	_, _, err := payments.BeginFulfil(w, nil, "", "", start)
	require.ErrorIs(t, err, payments.ErrNotFulfillable, "what is closed is not closed again")
}
