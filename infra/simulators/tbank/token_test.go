package tbank

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestToken(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]struct{ password, body, want string }{
		"1 Init documented":         {"11111111111111", `{"TerminalKey":"MerchantTerminalKey","Amount":"19200","OrderId":"00000","Description":"Подарочная карта на 1000 рублей"}`, "72dd466f8ace0a37a1f740ce5fb78101712bc0665d91a8108c7c8a0ccd426db2"},
		"2 Init older":              {"usaf8fw8fsw21g", `{"TerminalKey":"MerchantTerminalKey","Amount":19200,"OrderId":"21090","Description":"Подарочная карта на 1000 рублей"}`, "0024a00af7c350a3a67ca168ce06502aa72772456662e38696d48b56ee9c97d9"},
		"3 Notification documented": {"11111111111", `{"TerminalKey":"1234567890DEMO","OrderId":"000000","Success":true,"Status":"AUTHORIZED","PaymentId":"0000000","ErrorCode":"0","Amount":"1111","CardId":"000000","Pan":"200000******0000","ExpDate":"1111","RebillId":"000000"}`, "1c0964277d0213349243065a0d5b838b8e90d2d25f740d0f2767836e710e80c8"},
		"4 Notification older":      {"Dfsfh56dgKl", `{"TerminalKey":"1321054611234DEMO","OrderId":"201709","Success":true,"Status":"AUTHORIZED","PaymentId":8742591,"ErrorCode":"0","Amount":9855,"CardId":322264,"Pan":"430000******0777","ExpDate":"1122","RebillId":101709}`, "b906d28e76c6428e37b25fcf86c0adc52c63d503013fdd632e300593d165766b"},
		"5 Init":                    {"TinkoffBankTest", `{"TerminalKey":"TinkoffBankTest","Amount":1000,"OrderId":"15","Description":"test"}`, "8ee842bfe2499994d703f7e710275fc7eda03f7a661442bea9991e2b523c0fb7"},
		"6 Init no description":     {"TinkoffBankTest", `{"TerminalKey":"TinkoffBankTest","Amount":1000,"OrderId":"15"}`, "5e71b996239804bff41d01d727e90f83059b07ff46b78c45a63f16ae88a56ec6"},
		"7 nested receipt ignored":  {"asd21dsas2", `{"TerminalKey":"15180119216597","PaymentId":"5353155","Amount":851500,"Receipt":{"Email":"a@b.c"}}`, "a2804ae88b7a71d6bf831ea497f8df0768864002459eaeef7a0c50835d72810a"},
		"8 Receipt and DATA":        {"s3cr3t-pass", `{"TerminalKey":"GibernoTestDEMO","Amount":149900,"OrderId":"ord-7f3a","Description":"Заказ №7","Recurrent":"Y","CustomerKey":"u-42","Receipt":{},"DATA":{"a":"b"}}`, "2e390d22e95dfeb0f80b753a27517bf32777b86f29812d4807da32b2aa6a7ea1"},
		"9 Notification declined":   {"s3cr3t-pass", `{"TerminalKey":"GibernoTestDEMO","OrderId":"ord-7f3a","Success":false,"Status":"REJECTED","PaymentId":13660,"ErrorCode":"1051","Amount":149900,"CardId":3224,"Pan":"430000******0777","ExpDate":"1228","Message":"Недостаточно средств","Details":"","Data":{"x":1}}`, "090564d83d3b1107cf5fe383ead7c560d37409eaea1aec2898a28da184f164ae"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, err := parseObject([]byte(v.body))
			require.NoError(t, err)
			require.Equal(t, v.want, o.token(v.password))
			for _, token := range []string{v.want, strings.ToUpper(v.want)} {
				signed, err := parseObject([]byte(strings.TrimSuffix(v.body, "}") + `,"Token":"` + token + `"}`))
				require.NoError(t, err)
				require.True(t, signed.signed(v.password))
				require.False(t, signed.signed(v.password+"x"))
			}
		})
	}
	t.Run("DataAsStringIsSigned", func(t *testing.T) {
		t.Parallel()
		plain, err := parseObject([]byte(`{"Amount":1}`))
		require.NoError(t, err)
		text, err := parseObject([]byte(`{"Amount":1,"DATA":"{}"}`))
		require.NoError(t, err)
		require.NotEqual(t, plain.token("p"), text.token("p"))
	})
	t.Run("NumberAsWritten", func(t *testing.T) {
		t.Parallel()
		a, err := parseObject([]byte(`{"Amount":10.50}`))
		require.NoError(t, err)
		b, err := parseObject([]byte(`{"Amount":"10.50"}`))
		require.NoError(t, err)
		require.Equal(t, a.token("p"), b.token("p"))
	})
	t.Run("NullPasswordAndTokenStayOut", func(t *testing.T) {
		t.Parallel()
		a, err := parseObject([]byte(`{"Amount":1,"IP":null,"Password":"p","Token":"x","Empty":""}`))
		require.NoError(t, err)
		b, err := parseObject([]byte(`{"Amount":1}`))
		require.NoError(t, err)
		require.Equal(t, a.token("p"), b.token("p"))
	})
	t.Run("ErrNotOneObject", func(t *testing.T) {
		t.Parallel()
		for _, raw := range []string{``, `null`, `[]`, `"x"`, `{`, `{"a":1`, `{"a":1}{}`, `{"a":1,"a":2}`, `{"a"}`, `{a:1}`, `{"a":1}x`, "\xff"} {
			_, err := parseObject([]byte(raw))
			require.Error(t, err, raw)
		}
	})
}

// FuzzToken: whatever strangers send, a changed scalar never keeps its token, and nothing panics.
func FuzzToken(f *testing.F) {
	f.Add([]byte(`{"TerminalKey":"A","Amount":1000,"OrderId":"15","Receipt":{"a":[1]},"Token":"x"}`), "p")
	f.Add([]byte(`{"Success":true,"Details":"","PaymentId":1e5,"X":null}`), "")
	f.Add([]byte(`{"a":"\ud800","b":-0.10}`), "пароль")
	f.Fuzz(func(t *testing.T, raw []byte, password string) {
		o, err := parseObject(raw)
		if err != nil || o["Injected"] != nil {
			return
		}
		token := o.token(password)
		require.Len(t, token, 64)
		o["Token"] = marshal(token)
		require.True(t, o.signed(password))
		o["Injected"] = []byte(`"something"`)
		require.False(t, o.signed(password))
	})
}
