package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestShowChecklist(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := w.partner()
	require.Equal(t, map[string]any{"complete": false, "steps": []any{}}, w.call("GET", "/partner/"+id+"/checklist", "").ok(200))
	w.steps["test_order_paid"], w.steps["test_order_refunded"] = true, false
	list := w.call("GET", "/partner/"+id+"/checklist", "").ok(200)
	require.Equal(t, false, list["complete"])
	require.Len(t, list["steps"], 2)
	w.steps["test_order_refunded"] = true
	require.Equal(t, true, w.call("GET", "/partner/"+id+"/checklist", "").ok(200)["complete"])
	w.call("GET", "/partner/"+nobody+"/checklist", "").refused(404, "partner_not_found")
}
