package ids_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
)

func TestOneNameHasOneSpelling(t *testing.T) {
	t.Parallel()
	t.Run("ErrAFamilyThatDoesNotExist", func(t *testing.T) {
		t.Parallel()
		text := newID(t, 4).String()
		for _, child := range []string{"0701", "0763", "ff01"} {
			_, err := ids.Parse(text[:32] + child)
			require.ErrorIs(t, err, ids.ErrID, child)
		}
	})
	t.Run("ErrALinkWithItsSpareBitsSet", func(t *testing.T) {
		t.Parallel()
		const letters = "abcdefghijklmnopqrstuvwxyz234567"
		link := ids.Link(ids.Test, newID(t, 5), ids.LinkKey{1, 2, 3})
		_, _, _, ok := ids.ParseLink(link)
		require.True(t, ok)
		for _, last := range []int{23, len(link) - 1} { // the last letter of each half has bits that no byte takes
			next := letters[strings.IndexByte(letters, link[last])+1]
			_, _, _, ok := ids.ParseLink(link[:last] + string(next) + link[last+1:])
			require.False(t, ok, "letter %d", last)
		}
	})
}
