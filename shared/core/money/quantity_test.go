package money_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/core/money"
)

func ExampleLine() {
	half, _ := money.ParseQuantity("0.5")
	line, _ := money.Line(money.Of(99, money.RUB), half)
	fmt.Println(line)
	// Output: 0.50 RUB
}

func TestParseQuantity(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]money.Quantity{
		"1": 1000, "2.0": 2000, "0.5": 500, "0.001": 1, "1.250": 1250, "1.25000": 1250, "007": 7000, "99999.999": money.MaxQuantity,
		"99999": 99_999_000, "0.10": 100, "000000000001": 1000,
	} {
		got, err := money.ParseQuantity(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "0", "0.0", "0.000", "-1", "+1", "1e3", "1E3", ".5", "5.", ".", "1.0001", "100000", "99999.9991", "1,5",
		" 1", "1 ", "1_000", "0x10", "NaN", "Inf", "null", `"1"`, "1.2.3", "١", strings.Repeat("0", 33)} {
		_, err := money.ParseQuantity(text)
		require.ErrorIs(t, err, money.ErrQuantity, text)
	}
}

func TestQuantityInJSON(t *testing.T) {
	t.Parallel()
	var item struct{ Quantity money.Quantity }
	require.NoError(t, json.Unmarshal([]byte(`{"Quantity":1.250}`), &item))
	text, err := json.Marshal(item)
	require.NoError(t, err)
	require.Equal(t, `{"Quantity":1.25}`, string(text))
	for _, bad := range []string{`{"Quantity":"1"}`, `{"Quantity":1e2}`, `{"Quantity":null}`, `{"Quantity":0}`, `{"Quantity":[1]}`} {
		require.Error(t, json.Unmarshal([]byte(bad), &item), bad)
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	t.Run("HalfUpAsBigIntegersDo", rapid.MakeCheck(func(t *rapid.T) {
		price := rapid.Int64Range(0, math.MaxInt64).Draw(t, "price")
		quantity := money.Quantity(rapid.Int64Range(1, int64(money.MaxQuantity)).Draw(t, "quantity"))
		want := new(big.Int).Mul(big.NewInt(price), big.NewInt(int64(quantity)))
		want.Add(want, big.NewInt(500)).Div(want, big.NewInt(1000))
		got, err := money.Line(money.Of(price, money.RUB), quantity)
		requireExact(t, want, got, err)
	}))
}

func FuzzQuantity(f *testing.F) {
	for _, seed := range []string{"1", "0.5", "99999.999", "1e5", "00.10", "-1", "1.2500000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := money.ParseQuantity(text)
		if err != nil {
			return
		}
		exact, ok := new(big.Rat).SetString(text)
		if !ok || exact.Cmp(big.NewRat(int64(q), 1000)) != 0 || q <= 0 || q > money.MaxQuantity {
			t.Fatalf("%q was read as %d thousandths", text, q)
		}
		again, err := money.ParseQuantity(q.String())
		if err != nil || again != q {
			t.Fatalf("%d is written as %q", q, q)
		}
		if !json.Valid([]byte(q.String())) {
			t.Fatalf("%q is no JSON number", q)
		}
	})
}
