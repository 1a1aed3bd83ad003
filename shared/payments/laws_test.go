package payments_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/payments"
)

// edges are the steps that a payment may take. Only a later success leaves a final status.
var edges = map[payments.Status][]payments.Status{
	payments.Created:    {payments.Pending, payments.Held, payments.Unknown, payments.Paid, payments.Declined, payments.Cancelled, payments.Expired, payments.Superseded, payments.Failed},
	payments.Pending:    {payments.Held, payments.Unknown, payments.Paid, payments.Declined, payments.Cancelled, payments.Expired, payments.Superseded},
	payments.Held:       {payments.Unknown, payments.Paid, payments.Declined, payments.Cancelled, payments.Expired},
	payments.Unknown:    {payments.Pending, payments.Held, payments.Paid, payments.Declined, payments.Cancelled, payments.Expired, payments.Superseded, payments.Failed},
	payments.Superseded: {payments.Held, payments.Paid, payments.Declined, payments.Cancelled, payments.Expired, payments.Failed},
	payments.Paid:       {},
	payments.Declined:   {payments.Held, payments.Paid},
	payments.Cancelled:  {payments.Held, payments.Paid},
	payments.Expired:    {payments.Held, payments.Paid},
	payments.Failed:     {payments.Held, payments.Paid},
}

// lawful holds an outcome to what is true of every decision.
func lawful(t require.TestingT, out payments.Outcome) {
	if h, ok := t.(testing.TB); ok {
		h.Helper()
	}
	before, after := out.Before, out.After
	if out.Empty() {
		require.Equal(t, before, after)
		return
	}
	if out.StateChanged() {
		require.Equal(t, before.State.Version+1, after.State.Version)
	} else {
		require.Equal(t, before.State, after.State)
	}
	changed := map[int]bool{}
	for _, p := range out.Changed() {
		changed[p.N] = true
	}
	winners := 0
	for _, p := range after.Payments {
		was, existed := before.Payment(p.N)
		switch {
		case !changed[p.N]:
			require.Equal(t, was, p, "what is not written has not changed")
		case existed:
			require.Equal(t, was.Version+1, p.Version)
			require.True(t, was.Status == p.Status || slices.Contains(edges[was.Status], p.Status), "%s → %s", was.Status, p.Status)
		default:
			require.Equal(t, int64(1), p.Version)
			require.Equal(t, payments.Created, p.Status)
		}
		if p.Watched() {
			require.False(t, p.Due.IsZero(), "attempt %d is %s and nobody looks after it", p.N, p.Status)
		}
		if p.Status == payments.Paid && existed && was.Status != payments.Paid {
			require.False(t, p.Due.IsZero(), "a payment that was taken is looked at again")
			require.True(t, out.StateChanged(), "taking money is under the order's lock")
		}
		if endsRoad(was.Status, p.Status) {
			require.True(t, out.StateChanged(), "%s → %s is under the order's lock", was.Status, p.Status)
		}
		if p.N == after.State.Winner {
			winners++
			require.Equal(t, payments.Paid, p.Status)
			require.Equal(t, p.Captured, after.State.Paid)
		}
	}
	if before.State.Winner != 0 {
		require.Equal(t, before.State.Winner, after.State.Winner, "a winner is never lost")
	}
	if after.State.Winner != 0 {
		require.Equal(t, 1, winners)
	}
	lawfulRefunds(t, out)
	lawfulMarks(t, out)
}

// refundEdges are the steps that a refund may take.
var refundEdges = map[payments.RefundStatus][]payments.RefundStatus{
	payments.RefundAwaitsApproval: {payments.RefundPending, payments.RefundFailed},
	payments.RefundPending:        {payments.RefundUnknown, payments.RefundSucceeded, payments.RefundFailed},
	payments.RefundUnknown:        {payments.RefundPending, payments.RefundSucceeded, payments.RefundFailed},
}

// lawfulRefunds holds what is true of every decision about money that goes back.
func lawfulRefunds(t require.TestingT, out payments.Outcome) {
	before, after := out.Before, out.After
	changed := map[int]bool{}
	for _, r := range out.ChangedRefunds() {
		changed[r.N] = true
	}
	promised, back := map[int]int64{}, map[int]int64{}
	for _, r := range after.Refunds {
		was, existed := before.Refund(r.N)
		switch {
		case !changed[r.N]:
			require.Equal(t, was, r, "what is not written has not changed")
		case existed:
			require.Equal(t, was.Version+1, r.Version)
			require.Equal(t, was.Amount, r.Amount)
			require.True(t, was.Status == r.Status || slices.Contains(refundEdges[was.Status], r.Status), "%s → %s", was.Status, r.Status)
		default:
			require.Equal(t, int64(1), r.Version)
		}
		if changed[r.N] && r.Status.Final() && was.Status != r.Status {
			require.True(t, out.StateChanged(), "the end of a refund is under the order's lock")
		}
		if !existed {
			require.True(t, out.StateChanged(), "a refund begins under the order's lock")
		}
		if !r.Status.Final() {
			require.False(t, r.Due.IsZero(), "refund %d is %s and nobody carries it on", r.N, r.Status)
		}
		if r.Status != payments.RefundFailed {
			promised[r.Payment] += r.Amount.Amount
		}
		if r.Status == payments.RefundSucceeded {
			back[r.Payment] += r.Amount.Amount
		}
	}
	kept := map[int]int64{}
	for _, p := range after.State.Promised {
		kept[p.N] = p.Amount
	}
	for _, p := range after.Payments {
		require.Equal(t, promised[p.N], kept[p.N], "STATE promises what the refunds of attempt %d do", p.N)
		require.LessOrEqual(t, promised[p.N], p.Captured, "attempt %d gives back more than it took", p.N)
	}
	if w := after.State.Winner; w != 0 {
		require.Equal(t, back[w], after.State.Refunded)
		want := payments.OrderPaid
		switch {
		case after.State.Refunded == after.State.Paid && after.State.Refunded > 0:
			want = payments.OrderRefunded
		case after.State.Refunded > 0:
			want = payments.OrderPartiallyRefunded
		}
		require.Equal(t, want, after.State.Status)
	}
}

// endsRoad: the attempt held the payer's road and does not any more.
func endsRoad(was, is payments.Status) bool { return was.Open() && !is.Open() }
