package mail_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/notify/mail"
)

func letter(change ...func(*mail.Message)) mail.Message {
	m := mail.Message{
		To: "buyer@example.com", Subject: "Чек", Text: "Спасибо", HTML: "<p>Спасибо</p>", Lang: "ru", Key: "receipt/1",
		Headers: map[string]string{"List-Id": "receipts", "X-Kind": "receipt", "Auto-Submitted": "auto-generated"},
	}
	for _, c := range change {
		c(&m)
	}
	return m
}

func TestCheck(t *testing.T) {
	t.Parallel()
	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		require.NoError(t, letter().Check())
		require.NoError(t, letter(func(m *mail.Message) { m.HTML, m.Lang, m.Headers = "", "", nil }).Check())
		for _, to := range []string{"a@b.kz", "покупатель@почта.рф", "o'neil+tag@example.co.uk", strings.Repeat("a", 64) + "@example.com"} {
			require.NoError(t, letter(func(m *mail.Message) { m.To = to }).Check(), to)
		}
	})
	wrong := map[string]func(*mail.Message){
		"ErrNoAddress":        func(m *mail.Message) { m.To = "" },
		"ErrTwoAddresses":     func(m *mail.Message) { m.To = "a@example.com, b@example.com" },
		"ErrNamedAddress":     func(m *mail.Message) { m.To = "Buyer <a@example.com>" },
		"ErrQuotedAddress":    func(m *mail.Message) { m.To = `"a b"@example.com` },
		"ErrAddressOfNumbers": func(m *mail.Message) { m.To = "a@[127.0.0.1]" },
		"ErrAddressTwoLines":  func(m *mail.Message) { m.To = "a@example.com\r\nBcc: b@example.com" },
		"ErrLongLocalPart":    func(m *mail.Message) { m.To = strings.Repeat("a", 65) + "@example.com" },
		"ErrLongAddress":      func(m *mail.Message) { m.To = "a@" + strings.Repeat("b.", 130) + "com" },
		"ErrNoSubject":        func(m *mail.Message) { m.Subject = " " },
		"ErrSubjectTwoLines":  func(m *mail.Message) { m.Subject = "Чек\r\nBcc: b@example.com" },
		"ErrSubjectSeparator": func(m *mail.Message) { m.Subject = "Чек\u2028x" },
		"ErrLongSubject":      func(m *mail.Message) { m.Subject = strings.Repeat("я", 256) },
		"ErrNoText":           func(m *mail.Message) { m.Text = "\n" },
		"ErrLongText":         func(m *mail.Message) { m.Text = strings.Repeat("a", mail.MaxText+1) },
		"ErrTextNotUTF8":      func(m *mail.Message) { m.Text = "\xff" },
		"ErrLongHTML":         func(m *mail.Message) { m.HTML = strings.Repeat("a", mail.MaxHTML+1) },
		"ErrHTMLWithNUL":      func(m *mail.Message) { m.HTML = "a\x00b" },
		"ErrLang":             func(m *mail.Message) { m.Lang = "ru\r\nX: y" },
		"ErrNoKey":            func(m *mail.Message) { m.Key = "" },
		"ErrKeyTwoLines":      func(m *mail.Message) { m.Key = "a\nb" },
		"ErrLongKey":          func(m *mail.Message) { m.Key = strings.Repeat("k", 201) },
		"ErrHeaderOfOurs":     func(m *mail.Message) { m.Headers = map[string]string{"bCC": "b@example.com"} },
		"ErrHeaderOfForm":     func(m *mail.Message) { m.Headers = map[string]string{"Content-Type": "text/plain"} },
		"ErrHeaderName":       func(m *mail.Message) { m.Headers = map[string]string{"X-A: b\r\nBcc": "c"} },
		"ErrHeaderNoName":     func(m *mail.Message) { m.Headers = map[string]string{"": "c"} },
		"ErrHeaderTwoLines":   func(m *mail.Message) { m.Headers = map[string]string{"X-A": "b\nBcc: c"} },
		"ErrHeaderEmpty":      func(m *mail.Message) { m.Headers = map[string]string{"X-A": ""} },
		"ErrHeaderLong":       func(m *mail.Message) { m.Headers = map[string]string{"X-A": strings.Repeat("b", 501)} },
		"ErrManyHeaders": func(m *mail.Message) {
			for i := range 11 {
				m.Headers["X-"+strings.Repeat("a", i+1)] = "b"
			}
		},
	}
	for name, change := range wrong {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := letter(change)
			err := m.Check()
			require.ErrorIs(t, err, mail.ErrRefused)
			require.NotContains(t, err.Error(), "example.com", "an error names no address")
		})
	}
}

func TestID(t *testing.T) {
	t.Parallel()
	t.Run("OneKeyOneName", func(t *testing.T) {
		t.Parallel()
		first := letter().ID("giberno.example")
		require.Regexp(t, `^[0-9a-v]{32}@giberno\.example$`, first)
		require.Equal(t, first, letter(func(m *mail.Message) { m.Text = "other"; m.To = "x@example.com" }).ID("giberno.example"))
	})
	t.Run("OtherKeyOtherName", func(t *testing.T) {
		t.Parallel()
		require.NotEqual(t, letter().ID("d"), letter(func(m *mail.Message) { m.Key = "receipt/2" }).ID("d"))
	})
}

// FuzzCheck: whatever passes has one address and no line that could be a header of its own.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{"buyer@example.com", "a@b\r\nBcc: c@d", "Имя <a@b.c>", "a@b,c@d", "\"a\"@b.c", "a@b\u0085c", "@", "a@"} {
		f.Add(seed, "Чек", "X-A", "b")
	}
	f.Add("a@b.c", "a\nb", "Bcc", "x\r\ny")
	f.Fuzz(func(t *testing.T, to, subject, name, value string) {
		m := mail.Message{To: to, Subject: subject, Text: "x", Key: "k", Headers: map[string]string{name: value}}
		if m.Check() != nil {
			return
		}
		for _, line := range []string{to, subject, name, value} {
			if strings.ContainsAny(line, "\r\n\x00") {
				t.Fatalf("%q passed", line)
			}
		}
		if strings.ContainsAny(to, ",; <>") || strings.Count(to, "@") < 1 {
			t.Fatalf("%q passed for an address", to)
		}
	})
}
