package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGrantAccount(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id, partner := w.account(), w.partner()
	for range 2 {
		require.Equal(t, []any{partner}, w.call("POST", "/account/"+id+"/grants", `{"partner":"`+partner+`"}`).ok(200)["grants"])
	}
	w.call("POST", "/account/"+id+"/grants", `{"partner":"`+nobody+`"}`).refused(404, "partner_not_found")
	w.call("POST", "/account/"+nobody+"/grants", `{"partner":"`+partner+`"}`).refused(404, "account_not_found")
}
