package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestListPartnerTokens(t *testing.T) {
	t.Parallel()
	w := setup(t)
	one, two := w.partner(), w.partner()
	for _, name := range []string{"a", "b", "c"} {
		w.call("POST", "/partner/"+one+"/tokens", `{"mode":"test","name":"`+name+`"}`).ok(201)
		w.clock.Advance(time.Second)
	}
	page := w.call("GET", "/partner/"+one+"/tokens?limit=2", "").ok(200)
	items := page["items"].([]any)
	require.Equal(t, "c", items[0].(map[string]any)["name"])
	require.Len(t, items, 2)
	require.Empty(t, w.call("GET", "/partner/"+two+"/tokens", "").ok(200)["items"])
	w.call("GET", "/partner/"+two+"/tokens?cursor="+page["next_cursor"].(string), "").refused(422, "invalid_cursor")
	w.call("GET", "/partner/"+nobody+"/tokens", "").refused(404, "partner_not_found")
}
