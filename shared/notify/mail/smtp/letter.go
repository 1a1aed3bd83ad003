package smtp

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

	"giberno.ru/shared/notify/mail"
)

// maxLetter is as much as a letter may weigh on the wire, in bytes: what a message may hold, in base64, with its headers.
const maxLetter = 300 << 10

// Letter writes a message as it travels (RFC 5322): the bytes of an .eml file. Bytes of the same message at the same time
// are the same.
func Letter(m mail.Message, from netmail.Address, at time.Time) ([]byte, error) {
	letter, err := compose(m, from, at)
	if err != nil {
		return nil, err
	}
	return written(letter)
}

func written(letter *gomail.Msg) ([]byte, error) {
	var out bytes.Buffer
	if _, err := letter.WriteTo(&out); err != nil {
		return nil, fmt.Errorf("%w: it cannot be written: %w", mail.ErrRefused, err)
	}
	if out.Len() > maxLetter {
		return nil, fmt.Errorf("%w: it weighs %d bytes, %d are allowed", mail.ErrRefused, out.Len(), maxLetter)
	}
	return out.Bytes(), nil
}

// compose makes the library's message. Everything by which two sendings could differ is made from the key.
func compose(m mail.Message, from netmail.Address, at time.Time) (*gomail.Msg, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	letter := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(gomail.EncodingB64), gomail.WithBoundary(boundary(m.Key)))
	letter.FromMailAddress(&from)
	letter.ToMailAddress(&netmail.Address{Address: ascii(m.To)})
	letter.Subject(m.Subject)
	letter.SetDateWithValue(at.UTC())
	_, domain, _ := strings.Cut(from.Address, "@")
	letter.SetMessageIDWithValue(m.ID(domain))
	if m.Lang != "" {
		letter.SetGenHeader(gomail.HeaderContentLang, m.Lang)
	}
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // nobody's holiday answers it (RFC 3834)
	for name, value := range m.Headers {
		letter.SetGenHeader(gomail.Header(textproto.CanonicalMIMEHeaderKey(name)), value)
	}
	letter.SetBodyString(gomail.TypeTextPlain, strings.ReplaceAll(m.Text, "\r\n", "\n"))
	if m.HTML != "" {
		letter.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return letter, nil
}

// boundary stands between the parts. No line of base64 begins with «--», so it cannot occur within one; the library writes it
// without quotes, so it has letters and digits only.
func boundary(key string) string {
	sum := sha256.Sum256([]byte("boundary\x00" + key))
	return "part" + hex.EncodeToString(sum[:16])
}

// ascii writes the domain of an address in the form that every server understands. The part before it stays: a server that
// cannot take it says so.
func ascii(address string) string {
	at := strings.LastIndexByte(address, '@')
	domain, err := idna.Lookup.ToASCII(address[at+1:])
	if err != nil {
		return address
	}
	return address[:at+1] + domain
}
