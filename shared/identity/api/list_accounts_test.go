package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestListAccounts(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, terminal := range []string{"a", "b", "c"} {
		w.call("POST", "/account", with(accountBody, "terminal", `"`+terminal+`"`)).ok(201)
	}
	page := w.call("GET", "/accounts?limit=2", "").ok(200)
	require.Len(t, page["items"], 2)
	rest := w.call("GET", "/accounts?limit=2&cursor="+page["next_cursor"].(string), "").ok(200)
	require.Len(t, rest["items"], 1)
	require.NotContains(t, rest, "next_cursor")
	require.Empty(t, w.call("GET", "/accounts?mode=live", "").ok(200)["items"])
	w.call("GET", "/accounts?mode=live&cursor="+page["next_cursor"].(string), "").refused(422, "invalid_cursor")
}
