package ids_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
)

func random(seed byte) *rand.ChaCha8 { return rand.NewChaCha8([32]byte{seed}) }

func newID(t *testing.T, seed byte) ids.ID {
	t.Helper()
	id, err := ids.New(random(seed))
	require.NoError(t, err)
	return id
}

func TestID(t *testing.T) {
	t.Parallel()
	t.Run("ARootIsItsOwnRoot", func(t *testing.T) {
		t.Parallel()
		id := newID(t, 1)
		require.Equal(t, id, id.Root())
		require.Equal(t, ids.Root, id.Family())
		require.Zero(t, id.N())
		require.False(t, id.IsZero())
		require.Equal(t, byte('8'), id.String()[14], "version 8")
		require.Contains(t, "89ab", id.String()[19:20], "the variant of RFC 9562")
		require.True(t, strings.HasSuffix(id.String(), "0000"))
	})
	t.Run("AChildFindsItsRoot", func(t *testing.T) {
		t.Parallel()
		order := newID(t, 2)
		for f := ids.Payment; f <= ids.CorrectionReceipt; f++ {
			for _, n := range []int{1, 42, ids.MaxChild} {
				child := order.Child(f, n)
				require.Equal(t, order, child.Root())
				require.Equal(t, f, child.Family())
				require.Equal(t, n, child.N())
				parsed, err := ids.Parse(child.String())
				require.NoError(t, err)
				require.Equal(t, child, parsed)
			}
		}
	})
	t.Run("ErrNoRandomness", func(t *testing.T) {
		t.Parallel()
		_, err := ids.New(bytes.NewReader(make([]byte, 13)))
		require.Equal(t, "internal", fault.Code(err))
	})
	t.Run("TheSamePartsNameTheSameObject", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, ids.FromParts("a", "b"), ids.FromParts("a", "b"))
		seen := map[ids.ID][]string{}
		for _, parts := range [][]string{{"ab"}, {"a", "b"}, {"", "ab"}, {"ab", ""}, {"b", "a"}, {}, {""}, {"a\x00b"}} {
			id := ids.FromParts(parts...)
			require.NotContains(t, seen, id)
			seen[id] = parts
		}
	})
}

func TestParse(t *testing.T) {
	t.Parallel()
	t.Run("UpperCaseIsRead", func(t *testing.T) {
		t.Parallel()
		id := newID(t, 3)
		parsed, err := ids.Parse(strings.ToUpper(id.String()))
		require.NoError(t, err)
		require.Equal(t, id, parsed)
	})
	t.Run("ErrNotOurs", func(t *testing.T) {
		t.Parallel()
		good := newID(t, 4).String()
		for _, text := range []string{"", good[1:], good + "0", strings.ReplaceAll(good, "-", ""), "{" + good[1:35] + "}",
			good[:14] + "4" + good[15:], good[:19] + "c" + good[20:], good[:32] + "0700", good[:32] + "0164", good[:32] + "0100", good[:32] + "0001",
			strings.Repeat("0", 8) + "-0000-0000-0000-000000000000", "g" + good[1:]} {
			_, err := ids.Parse(text)
			require.ErrorIs(t, err, ids.ErrID, text)
		}
	})
	t.Run("InJSON", func(t *testing.T) {
		t.Parallel()
		type row struct{ ID, None ids.ID }
		in := row{ID: newID(t, 5)}
		text, err := json.Marshal(in)
		require.NoError(t, err)
		require.JSONEq(t, `{"ID":"`+in.ID.String()+`","None":""}`, string(text))
		var out row
		require.NoError(t, json.Unmarshal(text, &out))
		require.Equal(t, in, out)
		require.Error(t, json.Unmarshal([]byte(`{"ID":"x"}`), &out))
	})
}

func TestReference(t *testing.T) {
	t.Parallel()
	t.Run("ThereAndBack", rapid.MakeCheck(func(t *rapid.T) {
		order := ids.FromParts(rapid.String().Draw(t, "part"))
		mode := rapid.SampledFrom([]ids.Mode{ids.Test, ids.Live}).Draw(t, "mode")
		n := rapid.IntRange(1, ids.MaxAttempts).Draw(t, "attempt")
		text := ids.Reference(mode, order, n)
		m, o, a, ok := ids.ParseReference(text)
		if !ok || m != mode || o != order || a != n || len(text) > 30 || strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			t.Fatalf("%q is read as %s %s %d %t", text, m, o, a, ok)
		}
	}))
	t.Run("ErrNotOurs", func(t *testing.T) {
		t.Parallel()
		good := ids.Reference(ids.Test, newID(t, 6), 7)
		for _, text := range []string{"", good[:25], good + "0", "x" + good[1:], strings.ToUpper(good), good[:24] + "00", good[:24] + "21", good[:24] + "7x",
			good[:23] + "b" + good[24:], "t" + strings.Repeat("a", 23) + "01", good[:10] + "0" + good[11:], good[:5] + "\n" + good[6:]} {
			_, _, _, ok := ids.ParseReference(text)
			require.False(t, ok, text)
		}
	})
}

func TestLink(t *testing.T) {
	t.Parallel()
	order := newID(t, 8)
	key, err := ids.NewLinkKey(random(9))
	require.NoError(t, err)
	t.Run("ThereAndBack", func(t *testing.T) {
		t.Parallel()
		for _, mode := range []ids.Mode{ids.Test, ids.Live} {
			m, o, k, ok := ids.ParseLink(ids.Link(mode, order, key))
			require.True(t, ok)
			require.Equal(t, mode, m)
			require.Equal(t, order, o)
			require.True(t, key.Equal(k))
		}
	})
	t.Run("AKeyIsComparedWhole", func(t *testing.T) {
		t.Parallel()
		other := key
		other[15] ^= 1
		require.False(t, key.Equal(other))
	})
	t.Run("AsText", func(t *testing.T) {
		t.Parallel()
		text, err := key.MarshalText()
		require.NoError(t, err)
		var back ids.LinkKey
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, key, back)
		require.Error(t, back.UnmarshalText(text[1:]))
		require.Error(t, back.UnmarshalText(bytes.ReplaceAll(text, text[:1], []byte("x"))))
	})
	t.Run("ErrNoRandomness", func(t *testing.T) {
		t.Parallel()
		_, err := ids.NewLinkKey(bytes.NewReader(nil))
		require.Equal(t, "internal", fault.Code(err))
	})
}

func TestMode(t *testing.T) {
	t.Parallel()
	require.True(t, ids.Test.Valid() && ids.Live.Valid())
	require.False(t, ids.Mode("").Valid() || ids.Mode("T").Valid() || ids.Mode("test").Valid())
}

// The fuzz targets hold that one thing has one name: whatever is accepted is exactly what this package would write.

func FuzzID(f *testing.F) {
	f.Add(ids.FromParts("a").String())
	f.Add(ids.FromParts("a").Child(ids.Refund, 99).String())
	f.Add("00000000-0000-8000-8000-000000000000")
	f.Fuzz(func(t *testing.T, text string) {
		if id, err := ids.Parse(text); err == nil && id.String() != strings.ToLower(text) {
			t.Fatalf("%q was read as %s", text, id)
		}
	})
}

func FuzzReference(f *testing.F) {
	f.Add(ids.Reference(ids.Test, ids.FromParts("a"), 1))
	f.Add(ids.Reference(ids.Live, ids.FromParts("b"), 20))
	f.Fuzz(func(t *testing.T, text string) {
		if m, o, n, ok := ids.ParseReference(text); ok && ids.Reference(m, o, n) != text {
			t.Fatalf("%q was read as %s %s %d", text, m, o, n)
		}
	})
}

func FuzzLink(f *testing.F) {
	f.Add(ids.Link(ids.Test, ids.FromParts("a"), ids.LinkKey{1}))
	f.Add(ids.Link(ids.Live, ids.FromParts("b"), ids.LinkKey{}))
	f.Fuzz(func(t *testing.T, text string) {
		if m, o, k, ok := ids.ParseLink(text); ok && ids.Link(m, o, k) != text {
			t.Fatalf("%q was read as %s %s", text, m, o)
		}
	})
}
