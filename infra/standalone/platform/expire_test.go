package platform

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/table"
)

// TestExpire: each payment leaves events that go after a month, some thousands of rows a minute on a good day.
func TestExpire(t *testing.T) {
	t.Parallel()
	p, err := Open(t.Context(), Config{Dir: t.TempDir(), NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	const all = 2*expireBatch + 1
	var last table.Key
	for n := 0; n < all; {
		var rows []table.Action
		for ; len(rows) < 100 && n < all; n++ {
			last = table.Key{PK: fmt.Sprintf("EVT#t#%d", n), SK: "EVENT"}
			rows = append(rows, table.Put(table.Row{Key: last, TTL: int64(n + 1)}))
		}
		require.NoError(t, p.table.Write(t.Context(), rows...))
	}
	require.NoError(t, p.expire(t.Context()))
	_, found, err := p.table.Get(t.Context(), last)
	require.NoError(t, err)
	require.False(t, found)
}
