// Package money is the arithmetic of amounts: integer minor units of one currency, never a float.
package money

import (
	"math"
	"math/bits"
	"strconv"

	"giberno.ru/shared/core/fault"
)

// Currency is an ISO 4217 code. Every currency of the platform has two decimal places.
type Currency string

// The currencies that the platform accepts.
const (
	RUB Currency = "RUB"
	KZT Currency = "KZT"
	USD Currency = "USD"
	EUR Currency = "EUR"
	GBP Currency = "GBP"
	KGS Currency = "KGS"
	UZS Currency = "UZS"
	AZN Currency = "AZN"
	GEL Currency = "GEL"
	TRY Currency = "TRY"
	CNY Currency = "CNY"
	AMD Currency = "AMD"
)

// Currencies lists every accepted currency, the home currencies first.
var Currencies = []Currency{RUB, KZT, USD, EUR, GBP, KGS, UZS, AZN, GEL, TRY, CNY, AMD}

// Known reports whether the platform accepts c.
func (c Currency) Known() bool {
	for _, k := range Currencies {
		if k == c {
			return true
		}
	}
	return false
}

// Money is an amount in minor units (kopecks, tiyin, cents) of one currency.
type Money struct {
	Amount   int64    `json:"amount" doc:"Minor units: 150000 is 1500.00" example:"150000"`
	Currency Currency `json:"currency" doc:"ISO 4217 code" example:"RUB"`
}

// Of makes an amount of minor units.
func Of(minor int64, c Currency) Money { return Money{Amount: minor, Currency: c} }

// ErrOverflow is the fault of a sum or product that int64 cannot hold.
var ErrOverflow = fault.Invalid("amount_out_of_range", "The amount is too large.")

// ErrMixed is the fault of an operation on two currencies.
var ErrMixed = fault.Invalid("currency_mixed", "All amounts must have one currency.")

// Add returns m + o. It fails on different currencies and on overflow.
func (m Money) Add(o Money) (Money, error) {
	if m.Currency != o.Currency {
		return Money{}, ErrMixed
	}
	sum := m.Amount + o.Amount
	if (sum > m.Amount) != (o.Amount > 0) {
		return Money{}, ErrOverflow
	}
	return Money{sum, m.Currency}, nil
}

// Sub returns m − o. It fails on different currencies and on overflow.
func (m Money) Sub(o Money) (Money, error) {
	if m.Currency != o.Currency {
		return Money{}, ErrMixed
	}
	difference := m.Amount - o.Amount
	if (difference < m.Amount) != (o.Amount > 0) {
		return Money{}, ErrOverflow
	}
	return Money{difference, m.Currency}, nil
}

// IsZero reports whether there is nothing to pay.
func (m Money) IsZero() bool { return m.Amount == 0 }

// Decimal writes the amount in major units with two decimals: 150000 is "1500.00".
func (m Money) Decimal() string {
	sign, abs := "", uint64(m.Amount)
	if m.Amount < 0 {
		sign, abs = "-", uint64(-(m.Amount+1))+1
	}
	cents := abs % 100
	pad := ""
	if cents < 10 {
		pad = "0"
	}
	return sign + strconv.FormatUint(abs/100, 10) + "." + pad + strconv.FormatUint(cents, 10)
}

// String writes the amount for people and logs: "1500.00 RUB".
func (m Money) String() string { return m.Decimal() + " " + string(m.Currency) }

// MulDivRound returns round-half-up(a × b ÷ d) for a, b ≥ 0 and d > 0, exact in 128 bits. It fails on overflow.
func MulDivRound(a, b, d int64) (int64, error) {
	if a < 0 || b < 0 || d <= 0 {
		return 0, ErrOverflow
	}
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	lo, carry := bits.Add64(lo, uint64(d)/2, 0)
	hi += carry
	if hi >= uint64(d) {
		return 0, ErrOverflow
	}
	// With d odd, d/2 rounds down, so that exactly one half cannot occur and the sum still rounds half up.
	q, _ := bits.Div64(hi, lo, uint64(d))
	if q > math.MaxInt64 {
		return 0, ErrOverflow
	}
	return int64(q), nil
}
