package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUngrantAccount(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id, partner := w.account(), w.partner()
	w.call("POST", "/account/"+id+"/grants", `{"partner":"`+partner+`"}`).ok(200)
	for range 2 {
		require.Empty(t, w.call("DELETE", "/account/"+id+"/grants/"+partner, "").ok(200)["grants"])
	}
	w.call("DELETE", "/account/"+nobody+"/grants/"+partner, "").refused(404, "account_not_found")
}
