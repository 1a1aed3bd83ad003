package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
)

func TestSwitchAccount(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := w.account()
	acc := w.call("POST", "/account/"+id+"/switch", `{"on":false,"code":"sbp"}`).ok(200)
	require.Equal(t, true, acc["on"])
	require.Equal(t, false, acc["methods"].([]any)[1].(map[string]any)["on"])
	require.Equal(t, true, acc["methods"].([]any)[0].(map[string]any)["on"])
	require.Equal(t, false, w.call("POST", "/account/"+id+"/switch", `{"on":false}`).ok(200)["on"])
	w.clock.Advance(time.Minute)
	list, err := w.store.Accounts(t.Context(), ids.Test)
	require.NoError(t, err)
	require.False(t, list[0].On)
	w.call("POST", "/account/"+id+"/switch", `{"on":true,"code":"instalments"}`).refused(404, "method_not_found")
	w.call("POST", "/account/"+id+"/switch", `{}`).refused(422, "validation_failed")
}
