package tbank

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// vectors are the known answers: 1–4 of the bank's texts, 5–7 of client libraries, 8–9 our own.
var vectors = []struct{ name, json, password, token string }{
	{"1 Init", `{"TerminalKey":"MerchantTerminalKey","Amount":19200,"OrderId":"00000","Description":"Подарочная карта на 1000 рублей"}`,
		"11111111111111", "72dd466f8ace0a37a1f740ce5fb78101712bc0665d91a8108c7c8a0ccd426db2"},
	{"2 Init older", `{"TerminalKey":"MerchantTerminalKey","Amount":19200,"OrderId":"21090","Description":"Подарочная карта на 1000 рублей"}`,
		"usaf8fw8fsw21g", "0024a00af7c350a3a67ca168ce06502aa72772456662e38696d48b56ee9c97d9"},
	{"3 Notice", `{"TerminalKey":"1234567890DEMO","OrderId":"000000","Success":true,"Status":"AUTHORIZED","PaymentId":"0000000","ErrorCode":"0","Amount":1111,"CardId":"000000","Pan":"200000******0000","ExpDate":"1111","RebillId":"000000"}`,
		"11111111111", "1c0964277d0213349243065a0d5b838b8e90d2d25f740d0f2767836e710e80c8"},
	{"4 Notice older", `{"TerminalKey":"1321054611234DEMO","OrderId":"201709","Success":true,"Status":"AUTHORIZED","PaymentId":8742591,"ErrorCode":"0","Amount":9855,"CardId":322264,"Pan":"430000******0777","ExpDate":"1122","RebillId":101709}`,
		"Dfsfh56dgKl", "b906d28e76c6428e37b25fcf86c0adc52c63d503013fdd632e300593d165766b"},
	{"5 Init of a library", `{"TerminalKey":"TinkoffBankTest","Amount":"1000","OrderId":"15","Description":"test"}`,
		"TinkoffBankTest", "8ee842bfe2499994d703f7e710275fc7eda03f7a661442bea9991e2b523c0fb7"},
	{"6 Init without description", `{"TerminalKey":"TinkoffBankTest","Amount":"1000","OrderId":"15"}`,
		"TinkoffBankTest", "5e71b996239804bff41d01d727e90f83059b07ff46b78c45a63f16ae88a56ec6"},
	{"7 Cancel with Receipt", `{"TerminalKey":"15180119216597","PaymentId":"5353155","Amount":851500,"Receipt":{"Email":"a@b.c","Items":[{"Name":"x"}]}}`,
		"asd21dsas2", "a2804ae88b7a71d6bf831ea497f8df0768864002459eaeef7a0c50835d72810a"},
	{"8 Init with objects", `{"TerminalKey":"GibernoTestDEMO","Amount":149900,"OrderId":"ord-7f3a","Description":"Заказ №7","Recurrent":"Y","CustomerKey":"u-42","DATA":{"a":"b"},"Receipt":{"Items":[]}}`,
		"s3cr3t-pass", "2e390d22e95dfeb0f80b753a27517bf32777b86f29812d4807da32b2aa6a7ea1"},
	{"9 Notice of a refusal", `{"TerminalKey":"GibernoTestDEMO","OrderId":"ord-7f3a","Success":false,"Status":"REJECTED","PaymentId":13660,"ErrorCode":"1051","Amount":149900,"CardId":3224,"Pan":"430000******0777","ExpDate":"1228","Message":"Недостаточно средств","Details":"","Data":{"Route":"ACQ"}}`,
		"s3cr3t-pass", "090564d83d3b1107cf5fe383ead7c560d37409eaea1aec2898a28da184f164ae"},
}

func tokenOf(t *testing.T, raw, password string) string {
	t.Helper()
	o, err := parseObject([]byte(raw))
	require.NoError(t, err)
	token := sign(o, password)
	return hex.EncodeToString(token[:])
}

func TestToken(t *testing.T) {
	t.Parallel()
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, v.token, tokenOf(t, v.json, v.password))
		})
	}
	const plain = `{"TerminalKey":"T","Amount":10,"Success":true}`
	want := tokenOf(t, plain, "pass")
	t.Run("NullsAndTheTokenItselfAreLeftOut", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, want, tokenOf(t, `{"Amount":10,"Token":"x","Nothing":null,"Success":true,"TerminalKey":"T"}`, "pass"))
	})
	t.Run("APasswordInTheBodyIsNotSignedTwice", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, want, tokenOf(t, `{"TerminalKey":"T","Amount":10,"Success":true,"Password":"pass"}`, "pass"))
		require.Equal(t, want, tokenOf(t, `{"TerminalKey":"T","Amount":10,"Success":true,"Password":"theirs"}`, "pass"))
	})
	t.Run("UnknownScalarsBelongToIt", func(t *testing.T) {
		t.Parallel()
		require.NotEqual(t, want, tokenOf(t, `{"TerminalKey":"T","Amount":10,"Success":true,"New":"x"}`, "pass"))
	})
	t.Run("ADATAThatIsTextBelongsToIt", func(t *testing.T) {
		t.Parallel()
		text := tokenOf(t, `{"TerminalKey":"T","DATA":"{\"Route\":\"ACQ\"}"}`, "p")
		require.Equal(t, tokenOf(t, `{"A":"{\"Route\":\"ACQ\"}","TerminalKey":"T"}`, "p"), tokenOf(t, `{"A":"{\u0022Route\u0022:\"ACQ\"}","TerminalKey":"T"}`, "p"))
		require.NotEqual(t, tokenOf(t, `{"TerminalKey":"T","DATA":{"Route":"ACQ"}}`, "p"), text)
	})
	t.Run("NumbersAreSignedAsTheyAreWritten", func(t *testing.T) {
		t.Parallel()
		require.NotEqual(t, tokenOf(t, `{"A":1.50}`, "p"), tokenOf(t, `{"A":1.5}`, "p"))
	})
	t.Run("HexInEitherCase", func(t *testing.T) {
		t.Parallel()
		o, err := parseObject([]byte(strings.TrimSuffix(plain, "}") + `,"Token":"` + strings.ToUpper(want) + `"}`))
		require.NoError(t, err)
		require.True(t, signedBy(o, "pass"))
		require.False(t, signedBy(o, "pas"))
		require.False(t, signedBy(o, ""))
	})
}

func TestParseObject(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"ErrTwice":          `{"Amount":1,"Amount":2}`,
		"ErrTwiceByEscape":  `{"Amount":1,"\u0041mount":2}`,
		"ErrInvalidUTF8":    "{\"A\":\"\xff\"}",
		"ErrArray":          `[{"A":1}]`,
		"ErrTwoObjects":     `{"A":1}{"B":2}`,
		"ErrTrailingComma":  `{"A":1,}`,
		"ErrSingleQuotes":   `{'A':1}`,
		"ErrLeadingZero":    `{"A":01}`,
		"ErrByteOrderMark":  "\ufeff{}",
		"ErrTooManyMembers": "{" + manyMembers(maxMembers+1) + "}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parseObject([]byte(raw))
			require.Error(t, err)
		})
	}
	t.Run("EveryKind", func(t *testing.T) {
		t.Parallel()
		o, err := parseObject([]byte(" {\n\"s\" : \"a\\\"}\\u00e9\" , \"n\":-1.5e3,\"t\":true,\"f\":false,\"z\":null,\"o\":{\"x\":[\"}\",{}]},\"a\":[1,\"]\"] ,\"e\":{}}\t"))
		require.NoError(t, err)
		require.Equal(t, object{
			{"s", scalarText, "a\"}é"}, {"n", scalarNumber, "-1.5e3"}, {"t", scalarBool, "true"}, {"f", scalarBool, "false"},
			{"z", null, ""}, {"o", nested, `{"x":["}",{}]}`}, {"a", nested, `[1,"]"]`}, {"e", nested, "{}"},
		}, o)
	})
	t.Run("AsManyMembersAsAllowed", func(t *testing.T) {
		t.Parallel()
		o, err := parseObject([]byte("{" + manyMembers(maxMembers) + "}"))
		require.NoError(t, err)
		require.Len(t, o, maxMembers)
	})
}

func manyMembers(n int) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = `"m` + strings.Repeat("x", i) + `":1`
	}
	return strings.Join(parts, ",")
}
