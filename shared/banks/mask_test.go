package banks

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMaskPan(t *testing.T) {
	t.Parallel()
	for pan, want := range map[string]string{
		"430000******0777":            "430000******0777",
		"4300 00** **** 0777":         "430000******0777",
		"430000XXXXXX0777":            "430000******0777",
		"22003808****1234":            "22003808****1234",
		"****0777":                    "****0777",
		"4300000000000777":            "430000******0777",
		"4300-0000-0000-0777":         "430000******0777",
		"430000000000077*":            "430000******077*",
		"43000000000*0777":            "430000******0777",
		"9112345678":                  "",
		"+79112345678":                "",
		"Иванов":                      "",
		"":                            "",
		"4300000000000777<script>":    "",
		"111111111111111111111111111": "",
	} {
		require.Equal(t, want, maskPan(pan), pan)
	}
}

func TestBrand(t *testing.T) {
	t.Parallel()
	for pan, want := range map[string]string{
		"430000******0777": "visa", "510000******1": "mastercard", "559900******1": "mastercard", "560000******1": "",
		"222100******1": "mastercard", "272099******1": "mastercard", "272100******1": "", "220000******1": "mir",
		"220499******1": "mir", "220500******1": "", "620000******1": "unionpay", "****0777": "", "43": "", "": "",
	} {
		require.Equal(t, want, Brand(pan), pan)
	}
}

func TestMaskCards(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"карта 4300000000000777 нет":  "карта 430000******0777 нет",
		"4300 0000 0000 0777":         "4300 00** **** 0777",
		"order 1234567890123456":      "order 1234567890123456", // no card's check digit
		"PaymentId 4100001234":        "PaymentId 4100001234",
		"":                            "",
		"4300000000000777 4300000000": "430000******0777 4300000000",
	} {
		require.Equal(t, want, maskCards(text), text)
	}
}

func FuzzMaskPan(f *testing.F) {
	f.Add("4300000000000777")
	f.Add("430000******0777")
	f.Fuzz(func(t *testing.T, pan string) {
		masked, digits := maskPan(pan), 0
		for i := range len(masked) {
			if isDigit(masked[i]) {
				digits++
			}
		}
		if digits > 12 || digits == len(masked) && masked != "" {
			t.Fatalf("%q is no mask of %q", masked, pan)
		}
		if maskPan(masked) != masked {
			t.Fatalf("masking twice changes %q", masked)
		}
		_ = maskCards(pan)
	})
}
