package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/api"
)

func TestPayOutSettlement(t *testing.T) {
	t.Parallel()
	const template = "/api/v1/admin/settlement/{id}/paid-out"
	told := func(id ids.ID, reference string) call {
		return post("/api/v1/admin/settlement/"+id.String()+"/paid-out?mode=test", `{"reference":"`+reference+`"}`)
	}
	t.Run("ToldTwiceBookedOnce", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 0, 1)
		made := w.settled(t)
		a := w.do(told(made.ID, "P-1").keyed("k1"))
		got := read[api.PartnerSettlement](t, a, 200)
		require.Equal(t, "paid_out", got.Status)
		require.Equal(t, "P-1", got.Reference)
		require.Equal(t, "2026-03-03T09:00:00.000Z", got.PaidOutAt)
		require.Empty(t, a.Header().Get("Idempotent-Replayed"))
		again := w.do(told(made.ID, "P-1").keyed("k2"))
		require.Equal(t, a.Body.String(), again.Body.String())
		require.Equal(t, "true", again.Header().Get("Idempotent-Replayed"))
		held, err := w.store.Balances(t.Context(), book)
		require.NoError(t, err)
		require.Equal(t, int64(146_250), held.Balances[ledger.BankSettlement])
		require.Equal(t, "paid_out", read[api.Settlement](t, w.do(get(settlementPath(made.ID))), 200).Status)
	})
	t.Run("ErrAnotherReference", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 0, 1)
		made := w.settled(t)
		require.Equal(t, 200, w.do(told(made.ID, "P-1")).Code)
		refused(t, w, told(made.ID, "P-2"), 409, template, "settlement_already_paid_out")
	})
	t.Run("ErrNothingToPayOut", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		own, err := ledger.Paid(payment(9, true), start)
		require.NoError(t, err)
		w.post(t, own)
		refused(t, w, told(w.settled(t).ID, "P-1"), 409, template, "nothing_to_pay_out")
	})
	t.Run("ErrSettlementNotFound", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 0, 1) // the running day has no settlement yet
		refused(t, w, told(ledger.SettlementID(book, today), "P-1"), 404, template, "settlement_not_found")
	})
	t.Run("ErrScope", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for _, who := range []string{clerk, shop} {
			refused(t, w, told(shopID, "P-1").by(who), 403, template, "forbidden_scope")
		}
	})
	t.Run("ErrNoReference", func(t *testing.T) {
		t.Parallel()
		refused(t, setup(t), told(shopID, ""), 422, template, "validation_failed")
	})
}
