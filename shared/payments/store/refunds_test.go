package store

import (
	"fmt"
	"slices"
	"strings"
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
			is := whole.Refunds[0]
			require.NotEqual(t, payments.RefundAwaitsApproval, is.Status)
			require.Equal(t, []ids.ID{kept.ID}, w.approvals(10))
			row, _, err := w.table.Get(t.Context(), refundKey(r))
			require.NoError(t, err)
			require.Equal(t, is.Status == payments.RefundFailed, row.First.IsZero(), "what was agreed to is open")
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

// TestOpenRefunds: a partner's refunds are found from their creation until nothing is owed to them.
func TestOpenRefunds(t *testing.T) {
	t.Parallel()
	open := func(t *testing.T, w *world, m ids.Mode, partner ids.ID) []ids.ID {
		t.Helper()
		w.count.Reset()
		found, err := w.OpenRefunds(t.Context(), m, partner)
		require.NoError(t, err)
		require.Equal(t, 2, w.count.Snapshot().Total.Trips, "two queries")
		return found
	}
	t.Run("OldestFirstAndThoseThatWaitBehind", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		first, _ := w.refund(w.paid("first"), payments.RefundWish{Amount: 100})
		waits := w.waiting("waits", start)
		second, k := w.refund(w.paid("second"), payments.RefundWish{Amount: 100})
		want := []ids.ID{first.Refunds[0].ID, second.Refunds[k-1].ID}
		slices.SortFunc(want, func(a, b ids.ID) int { return strings.Compare(a.String(), b.String()) }) // of one moment
		require.Equal(t, append(want, waits.ID), open(t, w, ids.Test, partner))
		require.Empty(t, open(t, w, ids.Live, partner), "the other world")
		require.Empty(t, open(t, w, ids.Test, ids.FromParts("rival")), "the operators' list has those of all partners")
	})
	t.Run("UntilItIsLetGo", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		whole, k := w.refund(w.paid("o"), payments.RefundWish{Amount: 100})
		whole = w.save(payments.RefundAnswered(whole, k, banks.News{Status: banks.PartlyRefunded}, start))
		r := whole.Refunds[k-1]
		d := Due{Mode: ids.Test, Order: r.Order, Child: r.ID, At: r.Due}
		later := r.Due.Add(time.Hour)
		_, err := w.MoveDue(t.Context(), d, later)
		require.NoError(t, err)
		require.Equal(t, []ids.ID{r.ID}, open(t, w, ids.Test, partner), "it is still owed something")
		d.At = later
		w.count.Reset()
		_, err = w.MoveDue(t.Context(), d, time.Time{})
		require.NoError(t, err)
		spent := w.count.Snapshot().Total
		require.Equal(t, []int{1, 1, 2}, []int{spent.Trips, spent.WriteUnits, spent.IndexUnits}, "out of both indexes in one write")
		require.Empty(t, open(t, w, ids.Test, partner))
	})
	t.Run("NotOnceItFailed", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		whole, k := w.refund(w.paid("o"), payments.RefundWish{Amount: 100})
		w.save(payments.RefundRefused(whole, k, banks.DeclinedNow, banks.Decline{}, start))
		require.Empty(t, open(t, w, ids.Test, partner))
	})
	t.Run("AnApprovedOneMovesFromListToList", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		r := w.waiting("o", start)
		out, err := payments.ApproveRefund(w.load(r.Order), 1, "bob", start)
		require.NoError(t, err)
		w.save(out)
		require.Equal(t, []ids.ID{r.ID}, open(t, w, ids.Test, partner))
		require.Empty(t, w.approvals(10))
	})
	t.Run("MoreThanOnePage", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for i := range table.MaxPageRows + 1 {
			order := ids.FromParts("order", fmt.Sprint(i))
			r := payments.Refund{ID: order.Child(ids.Refund, 1), Order: order, Mode: ids.Test, Partner: partner, N: 1,
				Status: payments.RefundPending, CreatedAt: start, Due: start}
			require.NoError(t, w.table.Write(t.Context(), table.Put(refundRow(r))))
		}
		found, err := w.OpenRefunds(t.Context(), ids.Test, partner)
		require.NoError(t, err)
		require.Len(t, found, table.MaxPageRows+1)
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
		claimed(t, w, whole.Refunds[k-1].ID, start.Add(time.Minute)) // where it was due before: it is soon enough, and costs less
	})
	t.Run("AFailedRefundIsDueUntilItIsTold", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		whole, k := w.refund(w.paid("o"), payments.RefundWish{Amount: 100})
		whole = w.save(payments.RefundRefused(whole, k, banks.DeclinedNow, banks.Decline{}, start))
		claimed(t, w, whole.Refunds[k-1].ID, start.Add(time.Minute))
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
