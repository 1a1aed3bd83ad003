package store

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/table/counting"
)

// TestCost counts what settling N payments of one partner costs: one round trip for a transaction, and at most 2(N + rows × T)
// units of writing (DESIGN §4), on a poster that knows its shard.
func TestCost(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 25, 88, 200} {
		w := setup(t)
		w.post(paids(book, 0, 1)...)
		trips := (n + MaxBatch - 1) / MaxBatch
		w.count.Reset()
		w.post(paids(book, 1, n)...)
		got := w.count.Snapshot().Total
		t.Logf("%d payments: %d round trips, %d base and %d index units: %d.%02d base units for each payment",
			n, got.Trips, got.WriteUnits, got.IndexUnits, got.WriteUnits/n, got.WriteUnits*100/n%100)
		require.Equal(t, trips, got.Trips)
		require.LessOrEqual(t, got.WriteUnits, 2*(n+trips))
		require.LessOrEqual(t, got.IndexUnits, n)
		require.Zero(t, got.ReadHalves)
	}
}

// TestCostOfOtherRoads counts what is rarer: the first posting of a process and of a book, reading, closing.
func TestCostOfOtherRoads(t *testing.T) {
	t.Parallel()
	w := setup(t)
	cost := func(name string, trips, units int, do func()) {
		t.Helper()
		w.count.Reset()
		do()
		got := w.count.Snapshot().Total
		t.Logf("%s: %d round trips, %d base and %d index units", name, got.Trips, got.WriteUnits, got.IndexUnits)
		require.LessOrEqual(t, got.Trips, trips, name)
		require.LessOrEqual(t, got.WriteUnits, units, name)
	}
	cost("the first posting of a book", 4, 2*Shards+4, func() { w.post(paid(book, 1)) })
	w.Poster = w.poster()
	cost("the first posting of a process", 2, 4, func() { w.post(paid(book, 2)) })
	cost("a posting that is there already", 2, 8, func() { w.post(paid(book, 2)) })
	cost("balances", 1, 0, func() { w.balances() })
	cost("closing a day", 6, 2*(Shards+1)+2*(2+2), func() { w.close(today, today.Next()) })
	cost("closing it again", 2, 0, func() { w.close(today, today.Next()) })
}

// BenchmarkUnits prints the units of a batch, for the table of the platform's benchmarks.
func BenchmarkUnits(b *testing.B) {
	for _, n := range []int{1, 25, 88} {
		b.Run(map[int]string{1: "batch-1", 25: "batch-25", 88: "batch-88"}[n], func(b *testing.B) {
			w := setup(b)
			w.post(paid(book, 0))
			w.count.Reset()
			total := counting.Count{}
			for i := range b.N {
				w.post(paids(book, 1+i*n, n)...)
			}
			total = w.count.Snapshot().Total
			b.ReportMetric(float64(total.WriteUnits)/float64(b.N*n), "base-units/payment")
			b.ReportMetric(float64(total.IndexUnits)/float64(b.N*n), "index-units/payment")
		})
	}
}
