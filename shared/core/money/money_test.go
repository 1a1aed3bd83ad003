package money_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/core/money"
)

func ExampleMoney_String() {
	fmt.Println(money.Of(150_000, money.RUB))
	// Output: 1500.00 RUB
}

// minor draws amounts that like the edges of int64.
func minor() *rapid.Generator[int64] {
	return rapid.OneOf(rapid.Int64(), rapid.Int64Range(-200, 200),
		rapid.SampledFrom([]int64{math.MaxInt64, math.MaxInt64 - 1, math.MinInt64, math.MinInt64 + 1, 0, 1, -1}))
}

func requireExact(t *rapid.T, want *big.Int, got money.Money, err error) {
	if want.IsInt64() {
		if err != nil || got.Amount != want.Int64() || got.Currency != money.RUB {
			t.Fatalf("got %v, %v; want %v", got, err, want)
		}
		return
	}
	if !errors.Is(err, money.ErrOverflow) {
		t.Fatalf("got %v, %v; %v does not fit", got, err, want)
	}
}

func TestAddAndSub(t *testing.T) {
	t.Parallel()
	t.Run("AsBigIntegersDo", rapid.MakeCheck(func(t *rapid.T) {
		a, b := minor().Draw(t, "a"), minor().Draw(t, "b")
		sum, err := money.Of(a, money.RUB).Add(money.Of(b, money.RUB))
		requireExact(t, new(big.Int).Add(big.NewInt(a), big.NewInt(b)), sum, err)
		difference, err := money.Of(a, money.RUB).Sub(money.Of(b, money.RUB))
		requireExact(t, new(big.Int).Sub(big.NewInt(a), big.NewInt(b)), difference, err)
	}))
	t.Run("SubOfTheLeast", func(t *testing.T) {
		t.Parallel()
		got, err := money.Of(-1, money.RUB).Sub(money.Of(math.MinInt64, money.RUB))
		require.NoError(t, err)
		require.Equal(t, int64(math.MaxInt64), got.Amount)
	})
	t.Run("ErrMixed", func(t *testing.T) {
		t.Parallel()
		_, err := money.Of(1, money.RUB).Add(money.Of(1, money.KZT))
		require.ErrorIs(t, err, money.ErrMixed)
		_, err = money.Of(1, money.RUB).Sub(money.Of(math.MinInt64, money.KZT))
		require.ErrorIs(t, err, money.ErrMixed)
	})
}

func TestMulDivRound(t *testing.T) {
	t.Parallel()
	t.Run("HalfUpAsBigIntegersDo", rapid.MakeCheck(func(t *rapid.T) {
		a, b := minor().Draw(t, "a"), minor().Draw(t, "b")
		d := rapid.OneOf(rapid.Int64Range(1, 10_000), minor()).Draw(t, "d")
		got, err := money.MulDivRound(a, b, d)
		if a < 0 || b < 0 || d <= 0 {
			if err == nil {
				t.Fatalf("%d × %d ÷ %d was accepted", a, b, d)
			}
			return
		}
		// floor((2ab + d) ÷ 2d) is ab ÷ d rounded half up.
		twice := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
		twice.Lsh(twice, 1).Add(twice, big.NewInt(d)).Div(twice, new(big.Int).Lsh(big.NewInt(d), 1))
		requireExact(t, twice, money.Of(got, money.RUB), err)
	}))
	for _, fact := range [][4]int64{{10, 1, 4, 3}, {10, 1, 5, 2}, {1, 1, 2, 1}, {1, 1, 3, 0}, {2, 1, 3, 1}, {0, 5, 7, 0},
		{150_000, 250, 10_000, 3_750}, {150_000, 190, 10_000, 2_850}, {math.MaxInt64, 1, 1, math.MaxInt64}} {
		got, err := money.MulDivRound(fact[0], fact[1], fact[2])
		require.NoError(t, err)
		require.Equal(t, fact[3], got, fact)
	}
}

func TestDecimal(t *testing.T) {
	t.Parallel()
	for amount, want := range map[int64]string{
		0: "0.00", 1: "0.01", 99: "0.99", 100: "1.00", 150_000: "1500.00", 10_009: "100.09", -1: "-0.01", -12_345: "-123.45",
		math.MaxInt64: "92233720368547758.07", math.MinInt64: "-92233720368547758.08",
	} {
		require.Equal(t, want, money.Of(amount, money.RUB).Decimal())
	}
	require.Equal(t, "-1.00 KZT", money.Of(-100, money.KZT).String())
}

func TestCurrency(t *testing.T) {
	t.Parallel()
	require.Len(t, money.Currencies, 12)
	for _, c := range money.Currencies {
		require.True(t, c.Known())
	}
	for _, c := range []money.Currency{"", "rub", "JPY", "RUB "} {
		require.False(t, c.Known())
	}
	require.True(t, money.Of(0, money.RUB).IsZero())
	text, err := json.Marshal(money.Of(150_000, money.RUB))
	require.NoError(t, err)
	require.JSONEq(t, `{"amount":150000,"currency":"RUB"}`, string(text))
}
