package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChangeAccount(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := w.account()
	acc := w.call("PATCH", "/account/"+id, `{"address":"https://other.example","methods":[{"code":"sbp","on":false}],"options":{"a":"b"}}`).ok(200)
	require.Equal(t, "https://other.example", acc["address"])
	require.Equal(t, map[string]any{"a": "b"}, acc["options"])
	require.Len(t, acc["methods"], 1)
	require.Equal(t, []any{"RUB"}, acc["currencies"])
	require.Equal(t, acc, w.call("GET", "/account/"+id, "").ok(200))
	require.Equal(t, []string{"body.terminal"}, w.call("PATCH", "/account/"+id, `{"terminal":"x"}`).refused(422, "validation_failed"))
	require.Equal(t, []string{"body.address"}, w.call("PATCH", "/account/"+id, `{"address":"ftp://x"}`).refused(422, "validation_failed"))
	require.Equal(t, []string{"body.settles_to"}, w.call("PATCH", "/account/"+id, `{"settles_to":"`+nobody+`"}`).refused(404, "partner_not_found"))
	require.NotContains(t, acc, "receipt_within_min", "nothing else than the usual hour is agreed")
	require.EqualValues(t, 1440, w.call("PATCH", "/account/"+id, `{"receipt_within_min":1440}`).ok(200)["receipt_within_min"])
	for _, within := range []string{"-5", "4", "1441"} {
		require.Equal(t, []string{"body.receipt_within_min"}, w.call("PATCH", "/account/"+id, `{"receipt_within_min":`+within+`}`).refused(422, "validation_failed"), within)
	}
	require.EqualValues(t, 1440, w.call("PATCH", "/account/"+id, `{"address":"https://third.example"}`).ok(200)["receipt_within_min"])
	require.NotContains(t, w.call("PATCH", "/account/"+id, `{"receipt_within_min":0}`).ok(200), "receipt_within_min")
	partner := w.partner()
	require.Equal(t, partner, w.call("PATCH", "/account/"+id, `{"settles_to":"`+partner+`"}`).ok(200)["settles_to"])
	w.call("PATCH", "/account/"+nobody, `{}`).refused(404, "account_not_found")
}
