package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGetAccount(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := w.account()
	acc := w.call("GET", "/account/"+id, "").ok(200)
	require.Equal(t, "test", acc["mode"])
	require.Equal(t, []any{}, acc["grants"])
	w.call("GET", "/account/"+nobody, "").refused(404, "account_not_found")
}
