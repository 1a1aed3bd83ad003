package page_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/page"
)

var signer = page.Signer{Key: []byte("a key of the house")}

func TestCursor(t *testing.T) {
	t.Parallel()
	t.Run("ThereAndBack", func(t *testing.T) {
		t.Parallel()
		for _, position := range []string{"", "x", "2026-03-01#t#order", strings.Repeat("p", 700), "\x00\xff"} {
			got, err := signer.Open("orders", signer.Sign("orders", position))
			require.NoError(t, err)
			require.Equal(t, position, got)
		}
	})
	t.Run("NoCursorIsTheBeginning", func(t *testing.T) {
		t.Parallel()
		got, err := signer.Open("orders", "")
		require.NoError(t, err)
		require.Empty(t, got)
	})
	t.Run("TheKeyIsFetchedByTheFirstOpen", func(t *testing.T) {
		t.Parallel()
		calls := 0
		late := page.Signer{Source: func() ([]byte, error) { calls++; return signer.Key, nil }}
		require.Zero(t, calls)
		_, err := late.Open("orders", "")
		require.NoError(t, err)
		require.Equal(t, 1, calls, "a page that could not be continued is not begun")
		got, err := signer.Open("orders", late.Sign("orders", "x"))
		require.NoError(t, err)
		require.Equal(t, "x", got)
	})
	t.Run("ErrOfTheSource", func(t *testing.T) {
		t.Parallel()
		gone := errors.New("no key")
		without := page.Signer{Source: func() ([]byte, error) { return nil, gone }}
		for _, cursor := range []string{"", signer.Sign("orders", "x")} {
			_, err := without.Open("orders", cursor)
			require.ErrorIs(t, err, gone)
		}
		require.Panics(t, func() { without.Sign("orders", "x") }, "rather than sign with no key")
	})
	t.Run("ErrOfAnotherList", func(t *testing.T) {
		t.Parallel()
		cursor := signer.Sign("orders/partner-1", "x")
		for _, scope := range []string{"orders/partner-2", "", "orders/partner-1\x00"} {
			_, err := signer.Open(scope, cursor)
			require.ErrorIs(t, err, page.ErrCursor)
		}
		_, err := signer.Open("a", signer.Sign("a\x00b", "c"))
		require.ErrorIs(t, err, page.ErrCursor)
	})
	t.Run("ErrOfAnotherKey", func(t *testing.T) {
		t.Parallel()
		_, err := page.Signer{Key: []byte("another")}.Open("orders", signer.Sign("orders", "x"))
		require.Equal(t, "invalid_cursor", fault.Code(err))
	})
	t.Run("ErrChanged", func(t *testing.T) {
		t.Parallel()
		cursor := signer.Sign("orders", "position")
		for i := range len(cursor) {
			letter := "A"
			if cursor[i] == 'A' {
				letter = "B"
			}
			_, err := signer.Open("orders", cursor[:i]+letter+cursor[i+1:])
			require.ErrorIs(t, err, page.ErrCursor)
			_, err = signer.Open("orders", cursor[:i]+cursor[i+1:])
			require.ErrorIs(t, err, page.ErrCursor)
		}
		_, err := signer.Open("orders", strings.Repeat("A", 1025))
		require.ErrorIs(t, err, page.ErrCursor)
	})
	t.Run("AScopeCannotRunIntoThePosition", func(t *testing.T) {
		t.Parallel()
		stolen := signer.Sign("a\x00b", "c") // with a mere NUL between them both would be signed alike
		moved := signer.Sign("a", "b\x00c")
		require.NotEqual(t, stolen[:20], moved[:20])
	})
}

func TestList(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(page.List[int]{Items: []int{1}})
	require.NoError(t, err)
	require.Equal(t, `{"items":[1]}`, string(text))
}

func FuzzCursor(f *testing.F) {
	f.Add("orders", signer.Sign("orders", "x"))
	f.Add("orders", "")
	f.Add("", "AAAA")
	f.Fuzz(func(t *testing.T, scope, cursor string) {
		position, err := signer.Open(scope, cursor)
		if err == nil && cursor != "" && signer.Sign(scope, position) != cursor {
			t.Fatalf("%q was not signed by us", cursor)
		}
	})
}
