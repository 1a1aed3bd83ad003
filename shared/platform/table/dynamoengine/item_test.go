package dynamoengine

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/limits"
)

// A row comes back from its item as it was.
func TestRowsAndItems(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(1, 20, 60)
		key := func(name string) table.Key {
			return table.Key{PK: text.Draw(t, name+" pk"), SK: text.Draw(t, name+" sk")}
		}
		row := table.Row{Key: key("key"), TTL: rapid.Int64Min(0).Draw(t, "ttl"), Attrs: table.Attrs{
			"txt": table.S(rapid.String().Draw(t, "txt")), "num": table.N(rapid.Int64().Draw(t, "num")),
			"raw": table.B(rapid.SliceOf(rapid.Byte()).Draw(t, "raw")), "yes": table.Flag(rapid.Bool().Draw(t, "yes")),
		}}
		if rapid.Bool().Draw(t, "placed") {
			row.First, row.Second = key("first"), key("second")
		}
		encoded, err := encodeRow(row)
		require.NoError(t, err)
		back, err := decodeRow(encoded)
		require.NoError(t, err)
		require.True(t, row.Equal(back))
	})
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"0": 0, "-7": -7, "1E+18": 1_000_000_000_000_000_000, "1.5E+3": 1500, "-9.2E18": -9_200_000_000_000_000_000, "12e0": 12,
		"9223372036854775807": math.MaxInt64, "-9223372036854775808": math.MinInt64,
	} {
		v, err := decodeNumber(text)
		require.NoError(t, err, text)
		require.Equal(t, table.N(want), v)
	}
	for _, text := range []string{"", "1.5", "1.55E+1", "1E+19", "1E-1", "9E18E1", "E1", "1E999999999", "9223372036854775808", "0x1", "1_0", "NaN"} {
		_, err := decodeNumber(text)
		require.ErrorIs(t, err, errForeign, text)
	}
}

// What expressions name without an alias is no reserved word.
func TestOwnNamesAreFree(t *testing.T) {
	t.Parallel()
	for _, name := range append([]string{nothing}, append(table.OwnNames, table.Projected...)...) {
		require.Equal(t, name == ttlAttr, limits.Reserved(name), name)
		require.Equal(t, name != ttlAttr, plainName(name), name)
	}
}
