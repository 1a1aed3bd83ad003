package money

import (
	"strconv"
	"strings"

	"giberno.ru/shared/core/fault"
)

// Quantity counts thousandths of a unit of goods: 1 piece is 1000. FFD allows five integer digits and three decimals.
type Quantity int64

// MaxQuantity is 99 999.999, the widest quantity a fiscal receipt can hold (tag 1023, T-Bank §4).
const MaxQuantity Quantity = 99_999_999

// ErrQuantity is the fault of a quantity that a receipt cannot hold.
var ErrQuantity = fault.Invalid("quantity_out_of_range", "The quantity must be above 0, at most 99999.999, with at most three decimals.")

// ParseQuantity reads a plain decimal text such as "2", "0.5" or "1.250". It never goes through a float, and refuses
// exponents, signs and a fourth significant decimal.
func ParseQuantity(text string) (Quantity, error) {
	whole, frac, dotted := strings.Cut(text, ".")
	if dotted && frac == "" || whole == "" || len(text) > 32 || !digits(whole) || !digits(frac) {
		return 0, ErrQuantity
	}
	frac = strings.TrimRight(frac, "0")
	whole = strings.TrimLeft(whole, "0")
	if len(frac) > 3 || len(whole) > 5 {
		return 0, ErrQuantity
	}
	n, _ := strconv.ParseInt("0"+whole+(frac + "000")[:3], 10, 64)
	if n <= 0 || Quantity(n) > MaxQuantity {
		return 0, ErrQuantity
	}
	return Quantity(n), nil
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// String writes the shortest decimal text: 1000 is "1", 500 is "0.5".
func (q Quantity) String() string {
	text := strconv.FormatInt(int64(q/1000), 10)
	if rest := int64(q % 1000); rest != 0 {
		text += "." + strings.TrimRight(strconv.FormatInt(1000+rest, 10)[1:], "0")
	}
	return text
}

// MarshalJSON writes a JSON number.
func (q Quantity) MarshalJSON() ([]byte, error) { return []byte(q.String()), nil }

// UnmarshalJSON reads a JSON number from its own text.
func (q *Quantity) UnmarshalJSON(text []byte) error {
	parsed, err := ParseQuantity(string(text))
	if err != nil {
		return err
	}
	*q = parsed
	return nil
}

// Line is price × quantity in minor units, rounded half up.
func Line(price Money, q Quantity) (Money, error) {
	minor, err := MulDivRound(price.Amount, int64(q), 1000)
	return Money{minor, price.Currency}, err
}
