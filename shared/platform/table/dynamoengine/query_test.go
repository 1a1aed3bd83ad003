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
