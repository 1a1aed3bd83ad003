package smtp_test

import (
	"bytes"
	netmail "net/mail"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/notify/mail"
	"giberno.ru/shared/notify/mail/smtp"
)

var from = netmail.Address{Name: "Гиберно", Address: "receipts@giberno.example"}

func TestLetter(t *testing.T) {
	t.Parallel()
	t.Run("SameMessageSameBytes", func(t *testing.T) {
		t.Parallel()
		first, err := smtp.Letter(message(), from, start)
		require.NoError(t, err)
		second, err := smtp.Letter(message(), from, start)
		require.NoError(t, err)
		require.Equal(t, string(first), string(second))
	})
	t.Run("NoLineIsTooLong", func(t *testing.T) {
		t.Parallel()
		long := message(func(m *mail.Message) {
			m.Subject = strings.Repeat("длинно ", 36)
			m.Text, m.HTML = strings.Repeat("слово", 5000), "<p>"+strings.Repeat("слово", 5000)+"</p>"
			m.Headers = map[string]string{"X-Long": strings.Repeat("a", 500)}
		})
		letter, err := smtp.Letter(long, from, start)
		require.NoError(t, err)
		for line := range bytes.SplitSeq(letter, []byte("\r\n")) {
			require.LessOrEqual(t, len(line), 998)
			require.NotContains(t, string(line), "\n")
		}
		_, parts := read(t, letter)
		require.Equal(t, long.Text, parts["text/plain"])
		require.Equal(t, long.HTML, parts["text/html"])
	})
	t.Run("TheLargestMessageFits", func(t *testing.T) {
		t.Parallel()
		_, err := smtp.Letter(message(func(m *mail.Message) {
			m.Text, m.HTML = strings.Repeat("a", mail.MaxText), strings.Repeat("a", mail.MaxHTML)
		}), from, start)
		require.NoError(t, err)
	})
	t.Run("ErrWrong", func(t *testing.T) {
		t.Parallel()
		_, err := smtp.Letter(message(func(m *mail.Message) { m.To = "x" }), from, start)
		require.ErrorIs(t, err, mail.ErrRefused)
	})
}

// FuzzLetter: whatever a shop is called and a buyer has for an address, a letter has one recipient and no foreign header.
func FuzzLetter(f *testing.F) {
	for _, seed := range []string{"Чек", "a\r\nBcc: x@y.z", "=?utf-8?q?=0ABcc:_x?=", "\u2028", strings.Repeat("=", 255), " x", "a  b"} {
		f.Add("buyer@example.com", seed, "<p>"+seed)
	}
	f.Add("a@b\r\nBcc: c@d", "s", "h")
	f.Fuzz(func(t *testing.T, to, subject, body string) {
		letter, err := smtp.Letter(mail.Message{To: to, Subject: subject, Text: "t" + body, HTML: body, Key: "k"}, from, start)
		if err != nil {
			require.ErrorIs(t, err, mail.ErrRefused)
			return
		}
		header, parts := read(t, letter)
		for name := range header {
			require.Contains(t, []string{"Date", "From", "To", "Subject", "Message-Id", "Mime-Version", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding"}, name)
		}
		list, err := header.AddressList("To")
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.Contains(t, parts, "text/plain")
	})
}
