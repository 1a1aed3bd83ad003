package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLetPartnerLive(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := w.partner()
	w.call("POST", "/partner/"+id+"/live", "").refused(409, "checklist_incomplete")
	w.steps["test_order_paid"], w.steps["test_order_refunded"] = true, false
	require.Equal(t, []string{"checklist.test_order_refunded"}, w.call("POST", "/partner/"+id+"/live", "").refused(409, "checklist_incomplete"))
	w.call("POST", "/partner/"+id+"/tokens", `{"mode":"live","name":"shop"}`).refused(409, "livemode_not_enabled")

	w.steps["test_order_refunded"] = true
	require.Equal(t, true, w.call("POST", "/partner/"+id+"/live", "").ok(200)["live"])
	require.Equal(t, true, w.call("POST", "/partner/"+id+"/live", "").ok(200)["live"])
	require.Contains(t, w.call("POST", "/partner/"+id+"/tokens", `{"mode":"live","name":"shop"}`).ok(201)["secret"], "gb_live_")
	w.call("POST", "/partner/"+nobody+"/live", "").refused(404, "partner_not_found")
}
