package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger/reconciling/api"
)

func TestAssignBreak(t *testing.T) {
	t.Parallel()
	at := func(id ids.ID) string { return "/api/v1/admin/break/" + id.String() + "/assign" }
	t.Run("ToAnOperatorAndBack", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		b := w.broke(t)
		for range 2 {
			require.Equal(t, "boris", read[api.Break](t, w.do(post(at(b.ID), `{"mode":"test","operator":"boris"}`))).Owner)
		}
		require.Empty(t, read[api.Break](t, w.do(post(at(b.ID), `{"mode":"test","operator":""}`))).Owner)
	})
	t.Run("ErrNotFound", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		refused(t, w.do(post(at(w.broke(t).ID), `{"mode":"live","operator":"boris"}`)), 404, "break_not_found")
	})
	t.Run("ErrNotOpen", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		b := w.broke(t)
		read[api.Reconciliation](t, w.do(send(period(), heading+line(0))))
		refused(t, w.do(post(at(b.ID), `{"mode":"test","operator":"boris"}`)), 409, "break_not_open")
	})
	for name, body := range map[string]string{"ErrNoOperator": `{"mode":"test"}`, "ErrMode": `{"mode":"x","operator":"b"}`, "ErrEmpty": `{}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, setup(t).do(post(at(ids.FromParts("x")), body)), 422, "validation_failed")
		})
	}
}
