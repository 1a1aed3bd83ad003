package money_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/money"
)

func TestMulDivRoundAtItsEdges(t *testing.T) {
	t.Parallel()
	t.Run("RoundingUpCarriesIntoTheUpperHalf", func(t *testing.T) {
		t.Parallel()
		got, err := money.MulDivRound(4_294_967_295, 4_294_967_297, 10) // 2⁶⁴ − 1
		require.NoError(t, err)
		require.Equal(t, int64(1_844_674_407_370_955_162), got)
	})
	t.Run("ErrBetweenInt64AndUint64", func(t *testing.T) {
		t.Parallel()
		_, err := money.MulDivRound(math.MaxInt64, 3, 2)
		require.ErrorIs(t, err, money.ErrOverflow)
		got, err := money.MulDivRound(math.MaxInt64, 2, 2)
		require.NoError(t, err)
		require.Equal(t, int64(math.MaxInt64), got)
	})
}
