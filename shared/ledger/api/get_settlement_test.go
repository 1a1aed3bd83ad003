package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/api"
)

func TestGetSettlement(t *testing.T) {
	t.Parallel()
	const template = "/api/v1/settlement/{id}"
	t.Run("Closed", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 0, 2)
		own, err := ledger.Paid(payment(9, true), start)
		require.NoError(t, err)
		w.post(t, own)
		made := w.settled(t)
		got := read[api.Settlement](t, w.trips(t, 1, get(settlementPath(made.ID))), 200)
		zero, carried := roubles(0), roubles(0)
		require.Equal(t, api.Settlement{
			ID: made.ID, Status: "closed", Day: "2026-03-02", Currency: "RUB", Entries: 3, Paid: roubles(300_000), Refunded: zero,
			Fees: roubles(7_500), Adjusted: &zero, Carried: &carried, Payable: roubles(292_500), Payout: roubles(292_500),
			Own:  &api.OwnAccounts{Paid: roubles(150_000), Refunded: zero, Charge: roubles(3_750)},
			Hash: made.Hash.String(), ClosedAt: "2026-03-03T09:00:00.000Z",
		}, got)
	})
	t.Run("Open", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 0, 1)
		got := read[api.Settlement](t, w.do(get(settlementPath(ledger.SettlementID(book, today)))), 200)
		require.Equal(t, "open", got.Status)
		require.Equal(t, roubles(146_250), got.Payable)
		require.Zero(t, got.Payout.Amount)
		require.Empty(t, got.Hash)
	})
	t.Run("OpenWithThePartnersOwnAccounts", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 0, 2)
		own, err := ledger.Paid(payment(9, true), start)
		require.NoError(t, err)
		w.post(t, own)
		open := read[api.Settlement](t, w.do(get(settlementPath(ledger.SettlementID(book, today)))), 200)
		require.Equal(t, roubles(300_000), open.Paid)
		require.Equal(t, roubles(7_500), open.Fees)
		require.Equal(t, &api.OwnAccounts{Paid: roubles(150_000), Refunded: roubles(0), Charge: roubles(3_750)}, open.Own)
		waits := func(day ledger.Day) api.Settlement {
			_, err := w.store.CloseDay(t.Context(), book, day, day.Next(), w.clock.Now())
			require.NoError(t, err)
			return read[api.Settlement](t, w.do(get(settlementPath(ledger.SettlementID(book, day)))), 200)
		}
		require.Equal(t, open, waits(today), "a day that is over and waits is what it was")
		require.Equal(t, []api.Settlement{open}, read[settlements](t, w.do(get("/api/v1/settlements")), 200).Items)
		made := w.settled(t)
		closed := read[api.Settlement](t, w.do(get(settlementPath(made.ID))), 200)
		require.Equal(t, open.Own, closed.Own)
		require.Equal(t, open.Paid, closed.Paid)
	})
	t.Run("OpenHoldsTheDebtAndNotOlderPayouts", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 0, 2)
		w.settled(t) // its reserve falls into the next day
		w.paid(t, 10, 1)
		got := read[api.Settlement](t, w.do(get(settlementPath(ledger.SettlementID(book, today.Next())))), 200)
		require.Equal(t, roubles(146_250), got.Payable)
	})
	t.Run("TheBanksFeeIsNotThePartnersAffair", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 0, 1)
		require.NotContains(t, w.do(get(settlementPath(w.settled(t).ID))).Body.String(), "provider")
	})
	t.Run("ErrSettlementNotFound", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 0, 1)
		made := w.settled(t)
		for _, c := range []call{
			get(settlementPath(made.ID)).by(rival), get(settlementPath(made.ID)).by(shopLive), get(settlementPath(ids.FromParts("x"))),
			get(settlementPath(ledger.SettlementID(book, "2026-03-03"))), get(settlementPath(ledger.SettlementID(book, today))).by(rival),
		} {
			refused(t, w, c, 404, template, "settlement_not_found")
		}
	})
	t.Run("ErrID", func(t *testing.T) {
		t.Parallel()
		refused(t, setup(t), get("/api/v1/settlement/x"), 422, template, "validation_failed")
	})
}
