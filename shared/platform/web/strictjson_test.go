package web

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/fault"
)

func TestCheckJSON(t *testing.T) {
	t.Parallel()
	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		for _, body := range []string{
			`{}`, ` [ ] `, `null`, `true`, `-0`, `0.5e-3`, `"Ж\"\\\/\ud83d\ude00"`, `{"a":{"a":1},"b":[{"a":1},{"a":2}]}`, "\r\n\t{\"a\" : 1 }",
		} {
			require.NoError(t, checkJSON([]byte(body)), body)
		}
	})
	t.Run("ErrMalformed", func(t *testing.T) {
		t.Parallel()
		for _, body := range []string{
			``, ` `, `{`, `}`, `[1,]`, `{"a":1,}`, `{a:1}`, `{"a" 1}`, `01`, `-`, `1.`, `.5`, `1e`, `+1`, `nul`, `"a`, `"\x"`, `"\u12"`, `"\u12zz"`, `1 2`, `[1 2]`, `NaN`, "\ufeff{}", `'a'`,
		} {
			require.ErrorIs(t, checkJSON([]byte(body)), ErrMalformedBody, body)
		}
	})
	t.Run("TwiceAmongMany", func(t *testing.T) {
		t.Parallel()
		var b strings.Builder
		for i := range 60 {
			b.WriteString(`"k` + strings.Repeat("x", i) + `":1,`)
		}
		require.NoError(t, checkJSON([]byte("{"+b.String()+`"last":1}`)))
		require.Equal(t, "validation_failed", fault.Code(checkJSON([]byte("{"+b.String()+`"kx":1}`))))
	})
	t.Run("DepthIsBounded", func(t *testing.T) {
		t.Parallel()
		require.NoError(t, checkJSON([]byte(strings.Repeat("[", 32)+strings.Repeat("]", 32))))
		require.Equal(t, "validation_failed", fault.Code(checkJSON([]byte(strings.Repeat(`{"a":`, 34)+"1"+strings.Repeat("}", 34)))))
	})
}

// FuzzStrictJSON: what the scanner lets through is JSON, of plain text only; what it calls malformed is not JSON.
func FuzzStrictJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.5e3,"\u0416",null,true]}`, `{"a":1,"a":2}`, `"\ud800"`, `[[[[`, "\"\x00\"", "{\"\xff\":1}", `1e999`, `{"a\"b":"c"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		err := checkJSON(body)
		switch fault.Code(err) {
		case "":
			if !json.Valid(body) || !utf8.Valid(body) {
				t.Fatalf("accepted %q", body)
			}
			var v any
			if json.Unmarshal(body, &v) != nil {
				t.Fatalf("accepted what cannot be read: %q", body)
			}
		case "malformed_body":
			if json.Valid(body) {
				t.Fatalf("refused %q", body)
			}
		case "validation_failed":
			if !plainText(fault.As(err).Fields[0].Location) {
				t.Fatalf("location of %q", body)
			}
		default:
			t.Fatal(err)
		}
	})
}
