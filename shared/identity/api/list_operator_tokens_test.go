package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/identity/store"
)

func TestListOperatorTokens(t *testing.T) {
	t.Parallel()
	w := setup(t)
	listed := w.call("GET", "/operator/"+store.FirstOperator().String()+"/tokens", "")
	items := listed.ok(200)["items"].([]any)
	require.Len(t, items, 1)
	require.Equal(t, "2026-11-22", items[0].(map[string]any)["last_used"])
	require.NotContains(t, items[0], "mode")
	require.NotContains(t, listed.body, w.token)
}
