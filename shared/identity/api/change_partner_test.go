package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChangePartner(t *testing.T) {
	t.Parallel()
	t.Run("OnlyGivenFieldsChange", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.partner()
		p := w.call("PATCH", "/partner/"+id, `{"fee_bp":0,"phone":"+79000000000"}`).ok(200)
		require.NotContains(t, p, "fee_bp")
		require.Equal(t, "+79000000000", p["phone"])
		require.Equal(t, "Ромашка", p["name"])
		require.Equal(t, p, w.call("GET", "/partner/"+id, "").ok(200))
	})
	t.Run("ErrFields", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.partner()
		require.Equal(t, []string{"body.inn"}, w.call("PATCH", "/partner/"+id, `{"country":"KZ"}`).refused(422, "validation_failed"))
		require.Equal(t, []string{"body.live"}, w.call("PATCH", "/partner/"+id, `{"live":true}`).refused(422, "validation_failed"))
		w.call("PATCH", "/partner/"+nobody, `{}`).refused(404, "partner_not_found")
	})
}
