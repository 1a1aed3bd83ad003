// Package mail is the port through which the platform writes to people: a message, who sends it, and which of the two
// failures a sender may end in. It knows neither SMTP nor templates, so that whoever enqueues a letter links neither.
package mail

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Message is one letter to one person. The text is always there; HTML is the same letter for programs that show it.
type Message struct {
	To      string            // a bare address: «buyer@example.com»
	Subject string            // one line, at most 255 characters
	Text    string            // at most 64 KB
	HTML    string            // at most 128 KB; "": text only
	Lang    string            // BCP 47: "ru", "kk", "en"; "": not said
	Key     string            // same key, same letter: it becomes the Message-ID, by which mailboxes drop a repetition
	Headers map[string]string // Auto-Submitted, Feedback-ID, List-… and X-… only; a letter without Auto-Submitted is «auto-generated»
}

// Sender sends messages. Sending the same message again is harmless: it has the same Message-ID. An error is ErrRefused or
// ErrLater, by errors.Is.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// The two ways in which a message is not sent. Their texts name no address.
var (
	// ErrRefused: never again. The message is wrong, or the server has refused it for good.
	ErrRefused = errors.New("mail: refused for good")
	// ErrLater: not sent, or not known to be sent. The same message may be sent again.
	ErrLater = errors.New("mail: not sent, or not known to be sent")
)

// The limits of a message.
const (
	MaxSubject = 255 // characters
	MaxText    = 64 << 10
	MaxHTML    = 128 << 10
	MaxHeaders = 10
	maxHeader  = 500 // bytes of a value; a line of mail holds 998
	maxAddress = 254 // RFC 5321 with its erratum
	maxLocal   = 64
	maxKey     = 200
)

// Check refuses, with ErrRefused, a message that no sender would take.
func (m Message) Check() error {
	switch {
	case !validAddress(m.To):
		return refused("the address is none")
	case !oneLine(m.Subject) || strings.TrimSpace(m.Subject) == "" || utf8.RuneCountInString(m.Subject) > MaxSubject:
		return refused("the subject is not one line of 1 to %d characters", MaxSubject)
	case strings.TrimSpace(m.Text) == "" || len(m.Text) > MaxText || !readable(m.Text):
		return refused("the text is empty, not readable or longer than %d bytes", MaxText)
	case len(m.HTML) > MaxHTML || !readable(m.HTML):
		return refused("the HTML is not readable or longer than %d bytes", MaxHTML)
	case !validLang(m.Lang):
		return refused("the language is none")
	case m.Key == "" || len(m.Key) > maxKey || !oneLine(m.Key):
		return refused("the key is not one line of 1 to %d bytes", maxKey)
	case len(m.Headers) > MaxHeaders:
		return refused("more than %d headers", MaxHeaders)
	}
	for name, value := range m.Headers {
		if !openHeader(name) || value == "" || len(value) > maxHeader || !oneLine(value) {
			return refused("the header %.40q is not one that a message may bring", name)
		}
	}
	return nil
}

func refused(reason string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrRefused, fmt.Sprintf(reason, args...))
}

// ID is the Message-ID without its angle brackets: made from the key alone, under the sender's domain.
func (m Message) ID(domain string) string {
	sum := sha256.Sum256([]byte(m.Key))
	return strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:20])) + "@" + domain
}

// validAddress wants a bare address, which is the only form that nobody can read as two.
func validAddress(text string) bool {
	a, err := netmail.ParseAddress(text)
	if err != nil || a.Address != text || a.Name != "" || len(text) > maxAddress || !oneLine(text) || strings.ContainsAny(text, " ,;<>\"()[]\\") {
		return false
	}
	at := strings.LastIndexByte(text, '@')
	return at > 0 && at <= maxLocal && at < len(text)-1
}

// oneLine reports a text without control characters and line separators: nothing that could begin another header.
func oneLine(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' })
}

func readable(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

func validLang(tag string) bool {
	if tag == "" {
		return true
	}
	return len(tag) >= 2 && len(tag) <= 3 && strings.Trim(tag, "abcdefghijklmnopqrstuvwxyz") == ""
}

// openHeader reports a header that a message may bring itself. Those that say who writes to whom, when and in what form are
// the sender's alone.
func openHeader(name string) bool {
	if name == "" || len(name) > 60 || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return false
	}
	name = textproto.CanonicalMIMEHeaderKey(name)
	return name == "Auto-Submitted" || name == "Feedback-Id" || strings.HasPrefix(name, "List-") || strings.HasPrefix(name, "X-")
}
