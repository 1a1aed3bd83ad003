package payments_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
)

// TestReceiptsInAnyOrder: whatever is heard of a receipt, in whatever order and however often, there is one per operation,
// no name at the till is used again, and what is ready or failed stays so.
func TestReceiptsInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o, err := payments.NewOrder(draft(), ids.FromParts("order"), ids.Test, partner, start)
		require.NoError(t, err)
		w := succeeded(t, refunding(t, oursOf(payments.Whole{Order: o}), 100), 1)
		children := []ids.ID{w.Payments[0].ID, w.Refunds[0].ID}
		undone, letters, now := map[string]bool{}, map[ids.ID]int{}, start
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			now = now.Add(time.Minute)
			child := rapid.SampledFrom(children).Draw(t, "child")
			id := payments.ReceiptID(child)
			was, there := w.ReceiptOf(id)
			var out payments.Outcome
			switch rapid.SampledFrom([]string{"begin", "taken", "made", "undone", "looked", "mailed", "missed", "refused"}).Draw(t, "news") {
			case "begin":
				out = payments.BeginReceipt(w, child, now)
			case "taken":
				out = payments.ReceiptTaken(w, id, rapid.SampledFrom([]string{"u-1", "u-2"}).Draw(t, "number"), now)
			case "made":
				out = payments.ReceiptMade(w, id, made(was, int64(child.Family())), now)
			case "undone":
				out = payments.ReceiptUndone(w, id, "it broke", rapid.Bool().Draw(t, "hopeless"), now)
				if !out.Empty() {
					undone[was.DraftID(ids.Test)] = true
				}
			case "looked":
				out = payments.ReceiptLooked(w, id, rapid.Bool().Draw(t, "told"), now)
			case "mailed":
				if out = payments.ReceiptMailed(w, id, "", now); !out.Empty() {
					letters[id]++
				}
			case "missed":
				out = payments.MissReceipt(w, id, now)
			case "refused":
				out = payments.ReceiptRefused(w, id, "no", now)
			}
			lawful(t, out)
			w = out.After
			is, _ := w.ReceiptOf(id)
			if there && was.Status != payments.ReceiptPending {
				require.Equal(t, was.Status, is.Status)
				require.Equal(t, was.Fiscal, is.Fiscal)
			}
			if is.Status == payments.ReceiptPending {
				require.False(t, undone[is.DraftID(ids.Test)], "this name is burnt")
				require.False(t, is.Due.IsZero(), "nobody looks after it")
			}
			if is.Status == payments.ReceiptFailed {
				require.False(t, is.Due.IsZero() || is.Due.After(is.UpdatedAt.Add(payments.FeedFirst)), "the partner is told soon")
			}
			require.LessOrEqual(t, letters[id], 1)
		}
		seen := map[ids.ID]bool{}
		for _, r := range w.Receipts {
			require.False(t, seen[r.ID])
			seen[r.ID] = true
			require.Equal(t, till, r.Till)
		}
		require.LessOrEqual(t, len(w.Receipts), len(children))
	})
}
