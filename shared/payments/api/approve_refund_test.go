package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/api"
)

// awaiting makes a refund that waits for a second operator, asked for by a caller.
func (w *world) awaiting(t testing.TB, c func(api.Payment) call) (api.Payment, api.Refund) {
	t.Helper()
	p := w.bought(t)
	w.accounts.limits(1)
	got := read[api.Refund](t, w.do(c(p)), 201)
	require.Equal(t, "pending_approval", got.Status)
	return p, got
}

func byPartner(p api.Payment) call { return refundOf(p, amountBody("100")) }
func byAnna(p api.Payment) call    { return givingBack(p.UUID, amountBody("100")) }

func TestApproveRefund(t *testing.T) {
	t.Parallel()
	t.Run("OfAPartner", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p, r := w.awaiting(t, byPartner)
		w.clock.Advance(time.Hour)
		got := read[api.Refund](t, w.do(approving(r.UUID)), 200)
		require.Equal(t, "succeeded", got.Status)
		require.Equal(t, roubles(100), w.bank.gave()[0].Amount)
		require.Equal(t, "partially_refunded", w.getOrder(t, p.OrderUUID).Status)
		require.Equal(t, annaID.String(), w.whole(t, ids.Test, p.OrderUUID).Refunds[0].Approver)
		require.Equal(t, "pending_approval", read[api.Refund](t, w.do(byPartner(p)), 201).Status, "the first answer stays what it was")
	})
	t.Run("OfAnotherOperator", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, r := w.awaiting(t, byAnna)
		for _, token := range []string{operator, anna2} {
			w.changesNothing(t, func() { refused(t, w.do(approving(r.UUID).by(token)), 403, "approver_is_author") })
		}
		require.Empty(t, w.bank.gave())
		require.Equal(t, "succeeded", read[api.Refund](t, w.do(approving(r.UUID).by(boris)), 200).Status)
	})
	t.Run("ALostAnswerStaysUnknown", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, r := w.awaiting(t, byPartner)
		w.bank.refund = func(banks.Ref, banks.Return) (banks.News, error) { return banks.News{}, lost }
		got := read[api.Refund](t, w.do(approving(r.UUID)), 200)
		require.Equal(t, "unknown", got.Status)
		require.NotEmpty(t, got.NextCheckAt)
		refused(t, w.do(approving(r.UUID)), 409, "approval_not_pending")
	})
	t.Run("TheBanksRefusal", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p, r := w.awaiting(t, byPartner)
		w.bank.refuses(banks.DeclinedNow, banks.NotPermitted)
		require.Equal(t, "failed", read[api.Refund](t, w.do(approving(r.UUID)), 200).Status)
		require.Equal(t, p.Amount, w.getPayment(t, p.UUID).Refundable)
	})
	t.Run("OneOfTwoAtOnce", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, r := w.awaiting(t, byPartner)
		answers := make(chan answer, 2)
		for _, token := range []string{operator, boris} {
			go func() { answers <- w.do(approving(r.UUID).by(token)) }()
		}
		made := 0
		for range 2 {
			if a := <-answers; a.Code == 200 {
				made++
			} else {
				refused(t, a, 409, "approval_not_pending")
			}
		}
		require.Equal(t, 1, made)
		require.Len(t, w.bank.gave(), 1)
	})
	t.Run("ErrTwice", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, r := w.awaiting(t, byPartner)
		w.do(approving(r.UUID))
		w.changesNothing(t, func() { refused(t, w.do(approving(r.UUID).by(boris)), 409, "approval_not_pending") })
		require.Len(t, w.bank.gave(), 1)
	})
	t.Run("ErrRejectedBefore", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, r := w.awaiting(t, byPartner)
		w.do(rejecting(r.UUID, "no"))
		w.changesNothing(t, func() { refused(t, w.do(approving(r.UUID)), 409, "approval_not_pending") })
		require.Empty(t, w.bank.gave())
	})
	t.Run("ErrNeedsNoApproval", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		got := w.refund(t, w.bought(t), "")
		refused(t, w.do(approving(got.UUID)), 409, "approval_not_pending")
	})
	t.Run("ErrADayLater", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, r := w.awaiting(t, byPartner)
		w.clock.Advance(payments.ApprovalLife)
		w.changesNothing(t, func() { refused(t, w.do(approving(r.UUID)), 409, "approval_not_pending") })
		require.Empty(t, w.bank.gave())
	})
	t.Run("ErrTheBankTakesOneAtATime", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p, r := w.awaiting(t, byPartner)
		w.bank.underway()
		w.accounts.limits(0)
		read[api.Refund](t, w.do(refundOf(p, amountBody("100")).keyed("another")), 201)
		w.changesNothing(t, func() {
			a := w.do(approving(r.UUID))
			refused(t, a, 409, "refund_in_progress")
			require.NotEmpty(t, a.Header().Get("Retry-After"))
		})
		w.clock.Advance(time.Minute)
		w.returned(t, p, "partly_refunded")
		w.bank.refund = nil
		require.Equal(t, "succeeded", read[api.Refund](t, w.do(approving(r.UUID)), 200).Status)
	})
	for name, token := range map[string]string{"Partner": shop, "OperatorWithoutTheScope": clerk} {
		t.Run("ErrOfA"+name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			_, r := w.awaiting(t, byPartner)
			w.changesNothing(t, func() { refused(t, w.do(approving(r.UUID).by(token)), 403, "forbidden_scope") })
			require.Empty(t, w.bank.gave())
		})
	}
	foreign(t, "/api/v1/admin/refund/%s/approve?mode=%s", "refund_not_found", "")
}

// foreign asserts of an operator's call on one object that what is not there, or of the other mode, does not exist. path has
// places for the object's id and for the mode.
func foreign(t *testing.T, path, code, body string) {
	t.Helper()
	refuses := func(name, mode string, change func(ids.ID) ids.ID) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			p, r := w.awaiting(t, byPartner)
			id := r.UUID
			if strings.HasPrefix(code, "payment") {
				id = p.UUID
			}
			id = change(id)
			c := post(fmt.Sprintf(path, id, mode), body).by(boris).keyed("another")
			w.changesNothing(t, func() { refused(t, w.do(c), 404, code) })
			require.Empty(t, w.bank.gave())
		})
	}
	same := func(id ids.ID) ids.ID { return id }
	refuses("ErrOfTheOtherMode", "live", same)
	refuses("ErrUnknown", "test", func(id ids.ID) ids.ID { id[0] ^= 1; return id })
	refuses("ErrAnotherNumber", "test", func(id ids.ID) ids.ID { return id.Root().Child(id.Family(), 2) })
	refuses("ErrIDOfAnOrder", "test", ids.ID.Root)
	refuses("ErrIDOfAReceipt", "test", func(id ids.ID) ids.ID { return id.Root().Child(ids.RefundReceipt, 1) })
	t.Run("ErrNotAnID", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for _, id := range []string{"1", "0f8fad5b-d9cb-469f-a165-70867728950e"} {
			p := refused(t, w.do(post(fmt.Sprintf(path, id, "test"), body).by(boris).keyed("k")), 422, "validation_failed")
			require.Equal(t, "path.uuid", p.Errors[0].Location)
		}
	})
	t.Run("ErrMode", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, r := w.awaiting(t, byPartner)
		refused(t, w.do(post(fmt.Sprintf(path, r.UUID, "both"), body).by(boris).keyed("k")), 422, "validation_failed")
	})
}
