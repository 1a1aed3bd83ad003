package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments/api"
)

// givingBack is an operator's refund of a payment in test mode.
func givingBack(payment ids.ID, body string) call {
	return post("/api/v1/admin/payment/"+payment.String()+"/refund?mode=test", body).by(operator).keyed("refund-1")
}

func TestRefundForPartner(t *testing.T) {
	t.Parallel()
	t.Run("ForAnyPartner", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		got := read[api.Refund](t, w.do(givingBack(p.UUID, amountBody("100"))), 201)
		require.Equal(t, "operator", got.Source)
		require.Equal(t, "succeeded", got.Status)
		require.Equal(t, got, w.getRefund(t, got.UUID), "the partner sees it")
		require.Equal(t, annaID.String(), w.whole(t, ids.Test, p.OrderUUID).Refunds[0].Author)
	})
	t.Run("LiveIsTheDefault", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		c := givingBack(p.UUID, "")
		c.path = "/api/v1/admin/payment/" + p.UUID.String() + "/refund"
		w.changesNothing(t, func() { refused(t, w.do(c), 404, "payment_not_found") })
	})
	t.Run("ReplaySameBytes", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		first := w.do(givingBack(p.UUID, amountBody("100")))
		w.clock.Advance(time.Hour)
		w.changesNothing(t, func() {
			same(t, first, w.do(givingBack(p.UUID, amountBody("100"))))
			same(t, first, w.do(givingBack(p.UUID, amountBody("100")).by(anna2)))
			refused(t, w.do(givingBack(p.UUID, amountBody("101"))), 422, "idempotency_mismatch")
		})
		require.Len(t, w.bank.gave(), 1)
	})
	t.Run("KeysOfPeopleAreTheirOwn", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		seen := map[ids.ID]bool{}
		for _, c := range []call{givingBack(p.UUID, amountBody("100")), givingBack(p.UUID, amountBody("100")).by(boris), refundOf(p, amountBody("100"))} {
			seen[read[api.Refund](t, w.do(c), 201).UUID] = true
		}
		require.Len(t, seen, 3)
	})
	t.Run("ThePartnersLimitHoldsForHimToo", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.accounts.limits(99)
		require.Equal(t, "pending_approval", read[api.Refund](t, w.do(givingBack(p.UUID, amountBody("100"))), 201).Status)
		require.Empty(t, w.bank.gave())
	})
	t.Run("ErrWithoutAKey", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.changesNothing(t, func() { refused(t, w.do(givingBack(p.UUID, "").keyed("")), 400, "idempotency_key_required") })
	})
	for name, token := range map[string]string{"Partner": shop, "OperatorWithoutTheScope": clerk} {
		t.Run("ErrOfA"+name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			p := w.bought(t)
			w.changesNothing(t, func() { refused(t, w.do(givingBack(p.UUID, "").by(token)), 403, "forbidden_scope") })
			require.Empty(t, w.bank.gave())
		})
	}
	for name, c := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"ErrMoreThanPaid":   {amountBody("160000"), 409, "amount_exceeds_refundable"},
		"ErrZero":           {amountBody("0"), 422, "validation_failed"},
		"ErrOtherCurrency":  {`{"amount":{"amount":1,"currency":"KZT"}}`, 422, "currency_mixed"},
		"ErrNoSuchLine":     {`{"items":[{"line":3,"quantity":1}]}`, 422, "validation_failed"},
		"ErrMoreThanBought": {`{"items":[{"line":2,"quantity":4}]}`, 422, "validation_failed"},
		"ErrUnknownField":   {`{"partner":"x"}`, 422, "validation_failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			p := w.bought(t)
			w.changesNothing(t, func() { refused(t, w.do(givingBack(p.UUID, c.body)), c.status, c.code) })
			require.Empty(t, w.bank.gave())
		})
	}
	t.Run("ErrNotPaid", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.held(t)
		refused(t, w.do(givingBack(p.UUID, "")), 409, "not_refundable")
	})
	t.Run("ErrTheBankCannot", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.bank.noRefund = true
		refused(t, w.do(givingBack(p.UUID, "")), 409, "operation_not_supported")
	})
	foreign(t, "/api/v1/admin/payment/%s/refund?mode=%s", "payment_not_found", "")
}
