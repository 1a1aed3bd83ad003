package store

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/receipts"
)

func TestTheLockAloneDecidesBetweenTwoEnds(t *testing.T) {
	t.Parallel()
	w := setup(t)
	out, _ := payments.Begin(w.order("o", start), banks.Card, payments.Through{}, "", nil, start)
	whole := w.save(out)
	whole = w.save(payments.Refused(whole, 1, banks.DeclinedNow, banks.Decline{}, start))
	cancelled := payments.Cancel(whole, "key", "", start)
	require.NoError(t, w.Save(t.Context(), cancelled))
	require.ErrorIs(t, w.Save(t.Context(), payments.Expire(whole, whole.Order.ExpiresAt)), ErrRaced)
	require.Equal(t, payments.OrderCancelled, w.load(whole.Order.ID).Status())
}

// A query is no snapshot: the lock may be read newer than the attempts.
func TestAnAttemptIsMadeOnceThoughItsLockWasReadNewer(t *testing.T) {
	t.Parallel()
	w := setup(t)
	before := w.order("o", start)
	out, _ := payments.Begin(before, banks.Card, payments.Through{}, "", nil, start)
	after := w.save(out)
	torn := before
	torn.State.Version = after.State.Version
	second, _ := payments.Begin(torn, banks.SBP, payments.Through{}, "", nil, start)
	require.ErrorIs(t, w.Save(t.Context(), second), ErrRaced)
	require.Equal(t, after, w.load(after.Order.ID), "the first attempt stands as it was")
}

func TestAReceiptIsMadeOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	whole := w.paid("o")
	attached := func(address string) payments.Outcome {
		out, _, err := payments.AttachReceipt(whole, receipts.Fiscal{URL: address}, start)
		require.NoError(t, err)
		return out
	}
	first := attached("https://ofd.example/1")
	require.NoError(t, w.Save(t.Context(), first))
	require.ErrorIs(t, w.Save(t.Context(), attached("https://ofd.example/2")), ErrRaced)
	require.Equal(t, first.After.Receipts, w.load(whole.Order.ID).Receipts)
}

func TestAnOrderWithAMissingAttemptIsNotDecidedUpon(t *testing.T) {
	t.Parallel()
	w := setup(t)
	out, _ := payments.Begin(w.opened("o"), banks.SBP, payments.Through{}, "", nil, start)
	whole := w.save(out)
	require.NoError(t, w.table.Write(t.Context(), table.Delete(paymentKey(ids.Test, whole.Order.ID, 1))))
	_, err := w.Load(t.Context(), ids.Test, whole.Order.ID)
	require.ErrorContains(t, err, "an attempt is missing")
	require.NotErrorIs(t, err, payments.ErrOrderNotFound)
}

func TestARefundIsMadeOnceThoughItsLockWasReadNewer(t *testing.T) {
	t.Parallel()
	w := setup(t)
	before := w.paid("o")
	first, _, err := payments.BeginRefund(before, 1, payments.RefundWish{Amount: 60_000, Keyed: true}, start)
	require.NoError(t, err)
	after := w.save(first)
	torn := before
	torn.State = after.State
	second, _, err := payments.BeginRefund(torn, 1, payments.RefundWish{Amount: 1, Keyed: true}, start)
	require.NoError(t, err)
	require.ErrorIs(t, w.Save(t.Context(), second), ErrRaced)
	require.Equal(t, after, w.load(after.Order.ID), "the first refund stands as it was")
}

func TestAnOrderWithAMissingRefundIsNotDecidedUpon(t *testing.T) {
	t.Parallel()
	w := setup(t)
	whole := w.paid("o")
	for range 2 {
		out, _, err := payments.BeginRefund(whole, 1, payments.RefundWish{Amount: 1, Keyed: true}, start)
		require.NoError(t, err)
		whole = w.save(out)
	}
	require.NoError(t, w.table.Write(t.Context(), table.Delete(refundKey(whole.Refunds[0]))))
	_, err := w.Load(t.Context(), ids.Test, whole.Order.ID)
	require.ErrorContains(t, err, "a refund is missing")
}
