package web

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	t.Run("QuotedAndBareAreTheSame", func(t *testing.T) {
		t.Parallel()
		for header, want := range map[string]string{
			`abc`: "abc", `"abc"`: "abc", ` abc `: "abc", `"a b"`: "a b", `a b`: "a b", `"a\"b"`: `a"b`, `"a\\b"`: `a\b`, `a\b`: `a\b`,
			strings.Repeat("k", 128): strings.Repeat("k", 128), `"` + strings.Repeat("k", 128) + `"`: strings.Repeat("k", 128),
		} {
			got, err := parseIdempotencyKey(header)
			require.NoError(t, err, header)
			require.Equal(t, want, got)
		}
	})
	t.Run("ErrKey", func(t *testing.T) {
		t.Parallel()
		for _, header := range []string{
			``, ` `, `""`, `"`, `"abc`, `abc"`, `a"b`, `"a"b"`, `"a";q=1`, `"a","b"`, `"a\b"`, `"a\`, "a\tb", "a\x00", "клюю", "\xff", strings.Repeat("k", 129), `" a"`, `"a "`,
		} {
			_, err := parseIdempotencyKey(header)
			require.Error(t, err, header)
		}
	})
}

func TestBodyHash(t *testing.T) {
	t.Parallel()
	type body struct {
		A int               `json:"a"`
		M map[string]string `json:"m"`
	}
	one := BodyHash(body{1, map[string]string{"x": "1", "y": "2"}})
	require.Equal(t, one, BodyHash(body{1, map[string]string{"y": "2", "x": "1"}}))
	require.NotEqual(t, one, BodyHash(body{2, map[string]string{"x": "1", "y": "2"}}))
}

func TestRenderedKeepsItsBytes(t *testing.T) {
	t.Parallel()
	first, err := Render(map[string]string{"a": "<&>\u2028"})
	require.NoError(t, err)
	again, err := Render(Rendered[string]{JSON: first})
	require.NoError(t, err)
	require.Equal(t, string(first), string(again))
}

// FuzzIdempotencyKey: a key that was read is one we allow, and reads back as itself in both forms.
func FuzzIdempotencyKey(f *testing.F) {
	for _, seed := range []string{`abc`, `"abc"`, `"a\"b"`, ``, `""`, `"a`, "a\x00", strings.Repeat("k", 129)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		key, err := parseIdempotencyKey(header)
		if err != nil {
			return
		}
		if key == "" || len(key) > MaxIdempotencyKey {
			t.Fatalf("%q has length %d", key, len(key))
		}
		quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key) + `"`
		if same, err := parseIdempotencyKey(quoted); err != nil || same != key {
			t.Fatalf("%q became %q, %v", key, same, err)
		}
		if !strings.Contains(key, `"`) {
			if same, err := parseIdempotencyKey(key); err != nil || same != key {
				t.Fatalf("%q became %q, %v", key, same, err)
			}
		}
	})
}
