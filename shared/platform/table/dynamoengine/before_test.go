package dynamoengine

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/platform/table"
)

// Nothing lies between a bound and the key before it.
func TestBefore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		characters := rapid.SampledFrom([]rune{0, 1, 'a', 'b', 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff})
		bound := rapid.StringOfN(characters, 1, 5, -1).Filter(func(s string) bool { return s != "\x00" }).Draw(t, "bound")
		other := rapid.StringOfN(characters, 1, 5, -1).Draw(t, "other")
		is := before(bound)
		require.Less(t, is, bound)
		require.True(t, utf8.ValidString(is))
		require.LessOrEqual(t, len(is), table.MaxSKBytes)
		if other < bound {
			require.LessOrEqual(t, other, is)
		}
	})
}

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
