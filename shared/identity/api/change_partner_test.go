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
	t.Run("TheRefundLimit", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.partner()
		require.NotContains(t, w.call("GET", "/partner/"+id, "").ok(200), "refund_limit", "none at first: any amount")
		require.EqualValues(t, 50_000, w.call("PATCH", "/partner/"+id, `{"refund_limit":50000}`).ok(200)["refund_limit"])
		require.EqualValues(t, 50_000, w.call("PATCH", "/partner/"+id, `{"phone":"+79000000000"}`).ok(200)["refund_limit"], "it stays until it is named")
		require.NotContains(t, w.call("PATCH", "/partner/"+id, `{"refund_limit":0}`).ok(200), "refund_limit")
		for _, wrong := range []string{"-1", "1000000000001"} {
			require.Equal(t, []string{"body.refund_limit"}, w.call("PATCH", "/partner/"+id, `{"refund_limit":`+wrong+`}`).refused(422, "validation_failed"))
		}
		w.call("PATCH", "/partner/"+id, `{"refund_limit":1.5}`).refused(422, "validation_failed")
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
