package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/reconciling/api"
	"giberno.ru/shared/platform/table/faulty"
)

func TestResolveBreak(t *testing.T) {
	t.Parallel()
	at := func(id ids.ID) string { return "/api/v1/admin/break/" + id.String() + "/resolve" }
	const forgive = `{"mode":"test","note":"the bank will not pay","posting":"forgive"}`
	t.Run("WithAPosting", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		b := w.broke(t)
		got := read[api.Break](t, w.do(post(at(b.ID), forgive)))
		require.Equal(t, "resolved", got.State)
		require.Equal(t, &api.BreakResolution{Posting: "forgive", Entry: b.ID.String() + ":corrected", Note: "the bank will not pay",
			Operator: annaID.String(), At: "2026-11-22T09:00:00.000Z"}, got.Resolution)
		book, err := w.store.Balances(t.Context(), ledger.Book{Mode: ids.Test, Partner: partner, Currency: money.RUB})
		require.NoError(t, err)
		require.Equal(t, ledger.Balances{ledger.Payable: 100, ledger.WriteOff: -100}, book.Balances)
		require.Equal(t, got, read[api.Break](t, w.do(post(at(b.ID), forgive))), "again it is the same")
		refused(t, w.do(post(at(b.ID), strings.Replace(forgive, "forgive", "suspend", 1))), 409, "break_not_open")
	})
	t.Run("ANoteAlone", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		got := read[api.Break](t, w.do(post(at(w.broke(t).ID), `{"mode":"test","note":"seen"}`)))
		require.Equal(t, "none", got.Resolution.Posting)
		require.Empty(t, got.Resolution.Entry)
	})
	t.Run("ATableThatIsAwayIsATryAgain", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		b := w.broke(t)
		w.faults.SetPlan(func(c faulty.Call) faulty.Fault {
			if c.Op == faulty.OpWrite {
				return faulty.ErrorAfter
			}
			return faulty.None
		})
		refused(t, w.do(post(at(b.ID), forgive)), 503, "unavailable")
		w.faults.SetPlan(nil)
		require.Equal(t, "resolved", read[api.Break](t, w.do(post(at(b.ID), forgive))).State)
	})
	t.Run("ErrWhose", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		read[api.Reconciliation](t, w.do(send(period(), heading+line(0))))
		id := w.open(t)
		suspend := `{"mode":"test","note":"whose?","posting":"suspend"}`
		p := refused(t, w.do(post(at(id), suspend)), 422, "break_partner_unknown")
		require.Equal(t, "partner_id", p.Errors[0].Location)
		suspend = strings.Replace(suspend, "{", `{"partner_id":"`+partner.String()+`",`, 1)
		require.Equal(t, "resolved", read[api.Break](t, w.do(post(at(id), suspend))).State)
	})
	for name, c := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"ErrNotFound": {forgive, 404, "break_not_found"},
		"ErrNoNote":   {`{"mode":"test"}`, 422, "validation_failed"},
		"ErrLongNote": {`{"mode":"test","note":"` + strings.Repeat("я", 201) + `"}`, 422, "validation_failed"},
		"ErrPosting":  {`{"mode":"test","note":"x","posting":"burn"}`, 422, "validation_failed"},
		"ErrPartner":  {`{"mode":"test","note":"x","partner_id":"x"}`, 422, "validation_failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, setup(t).do(post(at(ids.FromParts("x")), c.body)), c.status, c.code)
		})
	}
}

// open gives the only open break.
func (w *world) open(t testing.TB) ids.ID {
	t.Helper()
	list, _, err := w.store.Breaks(t.Context(), ids.Test, "open", "", 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
	return list[0].ID
}
