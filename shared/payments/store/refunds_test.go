package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/receipts"
)

// waiting writes a refund above the limit of one person, asked for at a time.
func (w *world) waiting(name string, at time.Time) payments.Refund {
	w.t.Helper()
	out, r, err := payments.BeginRefund(w.paid(name), 1, payments.RefundWish{Author: "ann", Reason: "returned", ApproveAbove: 1}, at)
	require.NoError(w.t, err)
	require.Equal(w.t, payments.RefundAwaitsApproval, r.Status)
	w.save(out)
	return r
}

// approvals reads the whole list in pages of a size.
func (w *world) approvals(size int) (got []ids.ID) {
	w.t.Helper()
	after := ""
	for range 20 {
		page, next, err := w.Approvals(w.t.Context(), ids.Test, after, size)
		require.NoError(w.t, err)
		require.LessOrEqual(w.t, len(page), size)
		for _, r := range page {
			got = append(got, r.ID)
		}
		if after = next; next == "" {
			return got
		}
	}
	w.t.Fatal("the list has no end")
	return nil
}

func TestApprovals(t *testing.T) {
	t.Parallel()
	t.Run("OldestFirstPageByPage", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		var want []ids.ID
		for i := range 5 {
			want = append(want, w.waiting(fmt.Sprint(i), start.Add(time.Duration(i)*time.Minute)).ID)
		}
		for _, size := range []int{1, 2, 5, 100} {
			require.Equal(t, want, w.approvals(size), "pages of %d", size)
		}
		other, _, err := w.Approvals(t.Context(), ids.Live, "", 100)
		require.NoError(t, err)
		require.Empty(t, other, "the other world")
	})
	t.Run("AsItStands", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		r := w.waiting("o", start)
		w.count.Reset()
		page, _, err := w.Approvals(t.Context(), ids.Test, "", 10)
		require.NoError(t, err)
		require.Equal(t, []payments.Refund{r}, page)
		require.Equal(t, 2, w.count.Snapshot().Total.Trips, "one query, one batch read")
	})
	for name, decide := range map[string]func(payments.Whole) payments.Outcome{
		"AnApprovedOneIsGone": func(w payments.Whole) payments.Outcome {
			out, _ := payments.ApproveRefund(w, 1, "bob", start)
			return out
		},
		"ARejectedOneIsGone": func(w payments.Whole) payments.Outcome {
			out, _ := payments.RejectRefund(w, 1, "bob", "no", start)
			return out
		},
		"AnExpiredOneIsGone": func(w payments.Whole) payments.Outcome {
			return payments.ExpireApproval(w, 1, start.Add(payments.ApprovalLife))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			r, kept := w.waiting("o", start), w.waiting("other", start)
			whole := w.save(decide(w.load(r.Order)))
			require.NotEqual(t, payments.RefundAwaitsApproval, whole.Refunds[0].Status)
			require.Equal(t, []ids.ID{kept.ID}, w.approvals(10))
			row, _, err := w.table.Get(t.Context(), refundKey(r))
			require.NoError(t, err)
			require.True(t, row.First.IsZero())
		})
	}
	t.Run("TheIndexMayBeBehindTheTable", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		r := w.waiting("o", start)
		require.NoError(t, w.table.Write(t.Context(), table.Update(refundKey(r)).Set("st", table.S("succeeded"))))
		require.Empty(t, w.approvals(10))
	})
	t.Run("ErrDamaged", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		r := w.waiting("o", start)
		require.NoError(t, w.table.Write(t.Context(), table.Update(refundKey(r)).Set("amt", table.S("1"))))
		_, _, err := w.Approvals(t.Context(), ids.Test, "", 10)
		require.ErrorContains(t, err, "the attribute amt cannot be read")
	})
}

// TestDueOfChildren: refunds and receipts are found by their due keys as payments are, and claimed once.
func TestDueOfChildren(t *testing.T) {
	t.Parallel()
	find := func(w *world, child ids.ID, at time.Time) (found []Due) {
		t.Helper()
		due, err := w.DueBy(t.Context(), ids.Test, int(child[0])%Shards, at, 100)
		require.NoError(t, err)
		for _, d := range due {
			if d.Child == child {
				found = append(found, d)
			}
		}
		return found
	}
	claimed := func(t *testing.T, w *world, child ids.ID, at time.Time) {
		t.Helper()
		require.Empty(t, find(w, child, at.Add(-time.Millisecond)))
		require.Equal(t, []Due{{Mode: ids.Test, Order: child.Root(), Child: child, At: at}}, find(w, child, at))
		later := at.Add(time.Hour)
		for _, want := range []bool{true, false} {
			got, err := w.MoveDue(t.Context(), Due{Mode: ids.Test, Order: child.Root(), Child: child, At: at}, later)
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
		require.Empty(t, find(w, child, at))
		got, err := w.MoveDue(t.Context(), Due{Mode: ids.Test, Order: child.Root(), Child: child, At: later}, time.Time{})
		require.NoError(t, err)
		require.True(t, got)
		require.Empty(t, find(w, child, at.AddDate(1, 0, 0)), "it was let go of")
	}
	t.Run("ARefundOnItsWay", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		whole, k := w.refund(w.paid("o"), payments.RefundWish{Amount: 100})
		claimed(t, w, whole.Refunds[k-1].ID, whole.Refunds[k-1].Due)
	})
	t.Run("ARefundThatWaitsForAnOperator", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		claimed(t, w, w.waiting("o", start).ID, start.Add(payments.ApprovalLife))
	})
	t.Run("ASucceededRefundIsLookedAtForItsReceipt", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		whole, k := w.refund(w.paid("o"), payments.RefundWish{Amount: 100})
		whole = w.save(payments.RefundAnswered(whole, k, banks.News{Status: banks.PartlyRefunded}, start))
		claimed(t, w, whole.Refunds[k-1].ID, start.Add(payments.FeedFirst))
	})
	t.Run("AFailedRefundIsDueUntilItIsTold", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		whole, k := w.refund(w.paid("o"), payments.RefundWish{Amount: 100})
		whole = w.save(payments.RefundRefused(whole, k, banks.DeclinedNow, banks.Decline{}, start))
		claimed(t, w, whole.Refunds[k-1].ID, start.Add(payments.FeedFirst))
	})
	t.Run("APendingReceipt", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		out, r, err := payments.BeginFulfil(w.prepaid("o"), nil, "", "", start)
		require.NoError(t, err)
		w.save(out)
		claimed(t, w, r.ID, start.Add(payments.ReceiptWithin))
	})
	t.Run("AReadyReceiptIsLookedAtForItsLetter", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		out, r, err := payments.BeginFulfil(w.prepaid("o"), nil, "", "", start)
		require.NoError(t, err)
		whole := w.save(out)
		f := r.Fiscal
		f.FN, f.FD, f.FP = "9999078900001234", 9, 9
		w.save(payments.AddReceipt(whole, whole.Payments[0], f, true, payments.Told, start))
		claimed(t, w, r.ID, start.Add(payments.FeedFirst))
		id, ok, err := w.Found(t.Context(), ids.Test, partner, "https://elsewhere.example", f.Identity())
		require.NoError(t, err)
		require.True(t, ok, "once it is ready, it is found by its identity")
		require.Equal(t, r.ID, id)
	})
	t.Run("EveryChildOfAnOrderReadsBack", func(t *testing.T) {
		t.Parallel()
		order := ids.FromParts("o")
		for _, child := range []ids.ID{order, order.Child(ids.Payment, 20), order.Child(ids.Refund, 99), order.Child(ids.PaymentReceipt, 1),
			order.Child(ids.RefundReceipt, 99), order.Child(ids.FulfilmentReceipt, 7), order.Child(ids.CorrectionReceipt, 12)} {
			got, ok := childAt(order, Due{Order: order, Child: child}.what())
			require.True(t, ok, child)
			require.Equal(t, child, got)
		}
		for _, sk := range []string{"", "STATE", "P#", "P#00", "P#x", "F#100", "R#0300", "Q#01", "A#kind#object"} {
			_, ok := childAt(order, sk)
			require.False(t, ok, sk)
		}
	})
}

// TestReturnReceipts: the receipt of a return is a row of its own beside the sale's, found by what stands on it.
func TestReturnReceipts(t *testing.T) {
	t.Parallel()
	w := setup(t)
	whole, k := w.refund(w.paid("o"), payments.RefundWish{Amount: 100})
	whole = w.save(payments.RefundAnswered(whole, k, banks.News{Status: banks.PartlyRefunded}, start))
	f := receipts.Fiscal{Kind: receipts.IncomeReturn, Total: whole.Refunds[0].Amount, FN: "9999078900001234", FD: 8, FP: 8, IssuedAt: start}
	whole = w.save(payments.AddReceipt(whole, whole.Payments[0], f, false, payments.Told, start))
	require.Equal(t, ids.RefundReceipt, whole.Receipts[0].ID.Family())
	id, ok, err := w.Found(t.Context(), ids.Test, partner, "https://elsewhere.example", f.Identity())
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, whole.Receipts[0].ID, id)
}
