package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// budget is what an operation may cost at the table (DESIGN.md §4): round trips exactly, write units at most.
type budget struct {
	reads, writes     int
	units, indexUnits int
}

// spent asserts what was spent since the last reset of the counts.
func (w *world) spent(t *testing.T, b budget) {
	t.Helper()
	counts := w.table.Snapshot()
	writes := counts.ByOp["write"].Trips
	require.Equal(t, b.writes, writes, "writes")
	require.Equal(t, b.reads, counts.Total.Trips-writes, "reads")
	require.LessOrEqual(t, counts.Total.WriteUnits, b.units, "write units of the table")
	require.LessOrEqual(t, counts.Total.IndexUnits, b.indexUnits, "write units of the indexes")
}
