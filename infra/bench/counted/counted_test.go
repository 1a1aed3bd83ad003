package counted

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/table/counting"
)

func TestUnits(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	kept, err := Units(t.Context(), &out, []int{1, BudgetBatch})
	require.NoError(t, err)
	t.Log("\n" + out.String())
	require.True(t, kept, "a paid payment takes more than its budget")
	t.Run("ALargerBatchIsCheaper", func(t *testing.T) {
		t.Parallel()
		one, err := countUnits(t.Context(), 1)
		require.NoError(t, err)
		five, err := countUnits(t.Context(), 5)
		require.NoError(t, err)
		dear, _ := one.paid()
		cheap, _ := five.paid()
		require.Less(t, cheap, 5*dear)
		require.Equal(t, 5*one.notices.WriteUnits, five.notices.WriteUnits)
		require.Equal(t, 5*one.letting.WriteUnits, five.letting.WriteUnits)
		require.Equal(t, one.posting.WriteUnits+4*2, five.posting.WriteUnits, "an entry more is its row, twice")
	})
}

func TestBudgets(t *testing.T) {
	t.Parallel()
	all, err := costs(t.Context())
	require.NoError(t, err)
	var names []string
	for _, c := range all {
		names = append(names, c.name)
		require.True(t, c.kept(), c)
		require.LessOrEqual(t, c.spent.WriteUnits, c.units, c)
	}
	require.Subset(t, names, []string{"create order", "get order with all its children", "create payment", "bank notification applied",
		"receipt notification with its look-up rows", "refund of a part, by card", lettingGo, lettingRefundGo, "settle 88 payments of one partner"})
	var out bytes.Buffer
	_, err = Budgets(t.Context(), &out)
	require.NoError(t, err)
	t.Log("\n" + out.String())
}

func TestCost(t *testing.T) {
	t.Parallel()
	within := cost{spent: counting.Count{Trips: 2, WriteUnits: 4, IndexUnits: 3}, trips: 2, units: 4, index: 3}
	require.True(t, within.kept())
	for _, more := range []counting.Count{{Trips: 3}, {WriteUnits: 5}, {IndexUnits: 4}} {
		over := within
		over.spent = more
		require.False(t, over.kept())
		require.Contains(t, over.String(), "OVER")
	}
	unbound := within
	unbound.index = noBudget
	require.True(t, unbound.kept())
	require.Equal(t, "8.04", hundredths(201, 25))
	require.Equal(t, "0.34", hundredths(1, 3), "a share is rounded up")
}
