package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/payments/api"
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

// TestBudgetOfARefund: one query, the intent {refund, STATE} before the bank is called, the same after (DESIGN.md §4).
func TestBudgetOfARefund(t *testing.T) {
	t.Parallel()
	within := budget{reads: 1, writes: 2, units: 8, indexUnits: 4}
	for name, c := range map[string]struct {
		body string
		play func(*world)
		want string
		b    budget
	}{
		"Whole":       {"", nil, "succeeded", within},
		"ByAmount":    {amountBody("100"), nil, "succeeded", within},
		"ByLines":     {`{"items":[{"line":2,"quantity":1}],"reason":"a torn one"}`, nil, "succeeded", within},
		"OnlyBegun":   {amountBody("100"), func(w *world) { w.bank.underway() }, "pending", within},
		"Refused":     {"", func(w *world) { w.bank.refuses(banks.DeclinedNow, banks.NotPermitted) }, "failed", within},
		"ToBeTried":   {"", func(w *world) { w.bank.refuses(banks.Unavailable, "") }, "pending", within},
		"ForApproval": {"", func(w *world) { w.accounts.limits(1) }, "pending_approval", budget{reads: 1, writes: 1, units: 4, indexUnits: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			p := w.bought(t)
			if c.play != nil {
				c.play(w)
			}
			w.table.Reset()
			a := w.do(refundOf(p, c.body))
			require.Equal(t, c.want, read[api.Refund](t, a, 201).Status)
			counts := w.table.Snapshot().Total
			t.Logf("%d trips, %d write units of the table, %d of the indexes", counts.Trips, counts.WriteUnits, counts.IndexUnits)
			w.spent(t, c.b)
			w.table.Reset()
			same(t, a, w.do(refundOf(p, c.body)))
			w.spent(t, budget{reads: 1})
		})
	}
	t.Run("Approved", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, r := w.awaiting(t, byPartner)
		w.table.Reset()
		require.Equal(t, "succeeded", read[api.Refund](t, w.do(approving(r.UUID)), 200).Status)
		counts := w.table.Snapshot().Total
		t.Logf("%d trips, %d write units of the table, %d of the indexes", counts.Trips, counts.WriteUnits, counts.IndexUnits)
		w.spent(t, budget{reads: 1, writes: 2, units: 8, indexUnits: 6})
	})
	t.Run("Got", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		got := w.refund(t, w.bought(t), "")
		w.table.Reset()
		w.getRefund(t, got.UUID)
		w.spent(t, budget{reads: 1})
	})
	t.Run("Fulfilled", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.table.Reset()
		require.Equal(t, 200, w.do(fulfilling(p.OrderUUID, "")).Code)
		counts := w.table.Snapshot().Total
		t.Logf("%d trips, %d write units of the table, %d of the indexes", counts.Trips, counts.WriteUnits, counts.IndexUnits)
		w.spent(t, budget{reads: 1, writes: 2, units: 8, indexUnits: 2})
	})
}
