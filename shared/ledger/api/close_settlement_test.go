package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/api"
)

func closing(partner ids.ID, day ledger.Day) string {
	return `{"partner":"` + partner.String() + `","mode":"test","currency":"RUB","day":"` + string(day) + `"}`
}

func TestCloseSettlement(t *testing.T) {
	t.Parallel()
	const path = "/api/v1/admin/settlement/close"
	t.Run("ADayThatNobodyClosed", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 0, 1)
		w.clock.Advance(24 * time.Hour)
		for range 2 {
			got := read[api.Closing](t, w.do(post(path, closing(shopID, today))), 202)
			require.Equal(t, api.Closing{Settlement: ledger.SettlementID(book, today), Day: "2026-03-02"}, got)
		}
		require.Len(t, w.queue.jobs, 2)
		for _, j := range w.queue.jobs {
			require.NoError(t, w.service.Worker.Do(t.Context(), j))
		}
		require.Equal(t, "closed", read[api.Settlement](t, w.do(get(settlementPath(ledger.SettlementID(book, today)))), 200).Status)
		require.Equal(t, 202, w.do(post(path, closing(shopID, today))).Code, "a day that is settled stays as it is")
	})
	t.Run("ErrDayNotOver", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 0, 1)
		refused(t, w, post(path, closing(shopID, today)), 409, path, "day_not_over")
		require.Empty(t, w.queue.jobs)
	})
	t.Run("ErrNothingWasPosted", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		refused(t, w, post(path, closing(shopID, "2026-03-01")), 404, path, "ledger_day_not_found")
		w.paid(t, 0, 1)
		refused(t, w, post(path, closing(shopID, "2026-03-01")), 404, path, "ledger_day_not_found")
	})
	t.Run("ErrPartnerNotFound", func(t *testing.T) {
		t.Parallel()
		refused(t, setup(t), post(path, closing(accountID, today)), 404, path, "partner_not_found")
	})
	t.Run("ErrDay", func(t *testing.T) {
		t.Parallel()
		refused(t, setup(t), post(path, closing(shopID, "2026-02-30")), 422, path, "validation_failed")
	})
	t.Run("ErrScope", func(t *testing.T) {
		t.Parallel()
		refused(t, setup(t), post(path, closing(shopID, today)).by(clerk), 403, path, "forbidden_scope")
	})
}
