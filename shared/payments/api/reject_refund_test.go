package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/api"
)

func rejecting(refund ids.ID, why string) call {
	return post("/api/v1/admin/refund/"+refund.String()+"/reject?mode=test", `{"reason":"`+why+`"}`).by(operator)
}

func TestRejectRefund(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]func(api.Payment) call{"OfAPartner": byPartner, "OfHisOwn": byAnna} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			p, r := w.awaiting(t, c)
			got := read[api.Refund](t, w.do(rejecting(r.UUID, "the course is over")), 200)
			require.Equal(t, "failed", got.Status)
			require.Equal(t, &banks.Decline{Code: payments.Rejected, Message: "the course is over"}, got.Failure)
			require.Equal(t, got, w.getRefund(t, r.UUID), "the partner reads why")
			require.Equal(t, p.Amount, w.getPayment(t, p.UUID).Refundable, "the promise is taken back")
			require.Equal(t, "paid", w.getOrder(t, p.OrderUUID).Status)
			require.Equal(t, annaID.String(), w.whole(t, ids.Test, p.OrderUUID).Refunds[0].Approver)
			require.Empty(t, w.bank.gave())
			require.Empty(t, w.approvals(t, "").Items)
			require.Equal(t, "pending_approval", read[api.Refund](t, w.do(c(p)), 201).Status, "the first answer stays what it was")
		})
	}
	t.Run("ErrTwice", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, r := w.awaiting(t, byPartner)
		w.do(rejecting(r.UUID, "no"))
		w.changesNothing(t, func() { refused(t, w.do(rejecting(r.UUID, "no")), 409, "approval_not_pending") })
	})
	t.Run("ErrApprovedBefore", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, r := w.awaiting(t, byPartner)
		w.do(approving(r.UUID))
		w.changesNothing(t, func() { refused(t, w.do(rejecting(r.UUID, "no")), 409, "approval_not_pending") })
	})
	for name, token := range map[string]string{"Partner": shop, "OperatorWithoutTheScope": clerk} {
		t.Run("ErrOfA"+name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			_, r := w.awaiting(t, byPartner)
			w.changesNothing(t, func() { refused(t, w.do(rejecting(r.UUID, "no").by(token)), 403, "forbidden_scope") })
		})
	}
	for name, body := range map[string]string{"ErrNoReason": `{}`, "ErrEmptyReason": `{"reason":""}`, "ErrLongReason": `{"reason":"` + long(256) + `"}`,
		"ErrUnknownField": `{"reason":"x","by":"me"}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			_, r := w.awaiting(t, byPartner)
			c := rejecting(r.UUID, "")
			c.body = body
			w.changesNothing(t, func() { refused(t, w.do(c), 422, "validation_failed") })
		})
	}
	foreign(t, "/api/v1/admin/refund/%s/reject?mode=%s", "refund_not_found", `{"reason":"no"}`)
}
