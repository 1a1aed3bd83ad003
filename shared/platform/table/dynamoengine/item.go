package dynamoengine

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"giberno.ru/shared/platform/table"
)

// The attributes of an item that belong to the table.
const (
	pkAttr       = "pk"
	skAttr       = "sk"
	firstPKAttr  = "g1pk"
	firstSKAttr  = "g1sk"
	secondPKAttr = "g2pk"
	secondSKAttr = "g2sk"
	ttlAttr      = "ttl"
)

// errForeign is an item that this platform did not write.
var errForeign = errors.New("dynamoengine: an item of a shape that this platform does not write")

type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func encodeKey(k table.Key) item { return item{pkAttr: text(k.PK), skAttr: text(k.SK)} }

// encodeRow writes a whole row. The row is validated by the caller; here a text that is no UTF-8 is refused, for JSON would
// change it silently.
func encodeRow(row table.Row) (item, error) {
	to := make(item, len(row.Attrs)+7)
	to[pkAttr], to[skAttr] = text(row.Key.PK), text(row.Key.SK)
	if !row.First.IsZero() {
		to[firstPKAttr], to[firstSKAttr] = text(row.First.PK), text(row.First.SK)
	}
	if !row.Second.IsZero() {
		to[secondPKAttr], to[secondSKAttr] = text(row.Second.PK), text(row.Second.SK)
	}
	if row.TTL != 0 {
		to[ttlAttr] = number(row.TTL)
	}
	for name, v := range row.Attrs {
		encoded, err := encodeValue(name, v)
		if err != nil {
			return nil, err
		}
		to[name] = encoded
	}
	return to, nil
}

func encodeValue(name string, v table.Value) (types.AttributeValue, error) {
	switch v.Kind() {
	case table.TextKind:
		s := v.Text()
		if !utf8.ValidString(s) {
			return nil, fmt.Errorf("%w: the text of %q is no UTF-8", table.ErrLimit, name)
		}
		return text(s), nil
	case table.NumberKind:
		return number(v.Number()), nil
	case table.BytesKind:
		return &types.AttributeValueMemberB{Value: v.Bytes()}, nil
	case table.FlagKind:
		return &types.AttributeValueMemberBOOL{Value: v.True()}, nil
	default:
		return nil, fmt.Errorf("%w: %q has no value", table.ErrLimit, name)
	}
}

func validKey(k table.Key) error {
	if err := table.ValidKey(k); err != nil {
		return err
	}
	return validText(k)
}

// validText refuses a key that is no UTF-8. The zero key passes.
func validText(k table.Key) error {
	if !utf8.ValidString(k.PK) || !utf8.ValidString(k.SK) {
		return fmt.Errorf("%w: the key %s is no text", table.ErrLimit, k)
	}
	return nil
}

func decodeRow(from item) (table.Row, error) {
	row := table.Row{Attrs: make(table.Attrs, len(from))}
	for name, a := range from {
		v, err := decodeValue(a)
		if err == nil {
			err = place(&row, name, v)
		}
		if err != nil {
			return table.Row{}, fmt.Errorf("%w: attribute %q", err, name)
		}
	}
	return row, whole(row)
}

func decodeValue(a types.AttributeValue) (table.Value, error) {
	switch a := a.(type) {
	case *types.AttributeValueMemberS:
		return table.S(a.Value), nil
	case *types.AttributeValueMemberN:
		return decodeNumber(a.Value)
	case *types.AttributeValueMemberB:
		return table.B(a.Value), nil
	case *types.AttributeValueMemberBOOL:
		return table.Flag(a.Value), nil
	default:
		return table.Value{}, fmt.Errorf("%w: a value of type %T", errForeign, a)
	}
}

// decodeNumber reads a whole number as the service may write it: plainly, or a large one with an exponent ("1.5E+18").
func decodeNumber(s string) (table.Value, error) {
	mantissa, exponent, scaled := strings.Cut(strings.ToUpper(s), "E")
	if scaled {
		whole, fraction, _ := strings.Cut(mantissa, ".")
		e, err := strconv.Atoi(exponent)
		if err != nil || whole == "" || e < len(fraction) || e > maxExponent {
			return table.Value{}, fmt.Errorf("%w: a number outside of int64", errForeign)
		}
		s = whole + fraction + strings.Repeat("0", e-len(fraction))
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return table.Value{}, fmt.Errorf("%w: a number outside of int64", errForeign)
	}
	return table.N(n), nil
}

// maxExponent is the greatest of an int64.
const maxExponent = 18

// place puts one attribute of an item where it belongs in the row.
func place(row *table.Row, name string, v table.Value) error {
	var at *string
	switch name {
	case pkAttr:
		at = &row.Key.PK
	case skAttr:
		at = &row.Key.SK
	case firstPKAttr:
		at = &row.First.PK
	case firstSKAttr:
		at = &row.First.SK
	case secondPKAttr:
		at = &row.Second.PK
	case secondSKAttr:
		at = &row.Second.SK
	case ttlAttr:
		if v.Kind() != table.NumberKind || v.Number() < 0 {
			return fmt.Errorf("%w: it is no time", errForeign)
		}
		row.TTL = v.Number()
		return nil
	default:
		row.Attrs[name] = v
		return nil
	}
	if v.Kind() != table.TextKind {
		return fmt.Errorf("%w: it is no text", errForeign)
	}
	*at = v.Text()
	return nil
}

// whole refuses an item without its key, or with half a place in an index.
func whole(row table.Row) error {
	for _, k := range []table.Key{row.Key, row.First, row.Second} {
		if (k.PK == "") != (k.SK == "") {
			return fmt.Errorf("%w: half a key", errForeign)
		}
	}
	if row.Key.IsZero() {
		return fmt.Errorf("%w: no key", errForeign)
	}
	return nil
}
