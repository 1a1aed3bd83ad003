package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestListOperators(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.clock.Advance(time.Second)
	w.call("POST", "/operator", `{"name":"Анна"}`).ok(201)
	items := w.call("GET", "/operators", "").ok(200)["items"].([]any)
	require.Len(t, items, 2) // the first operator is the one of the bootstrap
	require.Equal(t, "Анна", items[0].(map[string]any)["name"])
}
