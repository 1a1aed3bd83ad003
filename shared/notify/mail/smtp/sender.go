package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	netmail "net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/notify/mail"
	"giberno.ru/shared/platform/log"
)

// Sender sends messages through one server. It is safe for many goroutines.
type Sender struct {
	config Config
	clock  clock.Clock
}

// New makes a sender. Nothing is dialled before the first message. It fails with ErrConfig.
func New(c Config, clock clock.Clock) (*Sender, error) {
	c, err := c.ready()
	if err != nil {
		return nil, err
	}
	if c.Login != "" && c.Password == "" {
		return nil, wrong("a login without a password")
	}
	return &Sender{config: c, clock: clock}, nil
}

// Send has the server take a message. mail.ErrRefused is the server's word that the recipient's box is none or that the
// content is not to be had, and a message that is wrong in itself; everything else is mail.ErrLater: 4xx, the network, and
// what the server has against us rather than against this message. A connection that was lost after the content is ErrLater, too: the server may have taken it,
// and a repetition carries the same Message-ID.
func (s *Sender) Send(ctx context.Context, m mail.Message) error {
	letter, err := compose(m, netmail.Address{Name: s.config.FromName, Address: s.config.From}, s.clock.Now())
	if err != nil {
		return err
	}
	if _, err := written(letter); err != nil {
		return err // before the server has heard of it
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.Whole)
	defer cancel()
	line := &line{config: s.config}
	defer line.close()
	stop := context.AfterFunc(ctx, line.close)
	defer stop()

	client, err := s.client(m, line)
	if err != nil {
		return fmt.Errorf("%w: %w", mail.ErrLater, err)
	}
	talk, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return later("connecting", err, m)
	}
	err = client.SendWithSMTPClient(talk, letter)
	if !letter.IsDelivered() {
		// No QUIT here: within a content that broke off it would be read as its end.
		return verdict(err, m)
	}
	// The message is the server's now; how it takes leave changes nothing, and it is not waited for long.
	leave, left := context.WithTimeout(ctx, parting)
	defer left()
	defer context.AfterFunc(leave, line.close)()
	_ = talk.Quit()
	return nil
}

// parting is as long as a server may take to say goodbye.
const parting = 2 * time.Second

// client is made for each message: the library's own changes while it signs in.
func (s *Sender) client(m mail.Message, l *line) (*gomail.Client, error) {
	c := s.config
	options := []gomail.Option{
		gomail.WithPort(c.Port), gomail.WithTimeout(c.Whole), gomail.WithHELO(c.domain()), gomail.WithTLSConfig(c.tls()),
		gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithDialContextFunc(l.dial), gomail.WithoutNoop(), gomail.WithoutRset(),
	}
	switch c.Security {
	case TLS:
		options = append(options, gomail.WithSSL()) // the line itself is encrypted
	case Plain:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if c.Login != "" {
		options = append(options, gomail.WithSMTPAuthCustom(&signIn{config: c}))
	}
	if !strings.ContainsFunc(ascii(m.To), func(r rune) bool { return r > unicode.MaxASCII }) {
		options = append(options, gomail.WithoutSMTPUTF8()) // servers further on may not know it
	}
	return gomail.NewClient(c.Host, options...)
}

func (c Config) tls() *tls.Config {
	return &tls.Config{ServerName: c.Host, MinVersion: tls.VersionTLS12, RootCAs: c.Roots}
}

// verdict reads what became of a message that the server did not take.
func verdict(err error, m mail.Message) error {
	var refusal *gomail.SendError
	if !errors.As(err, &refusal) {
		return later("sending", err, m)
	}
	if final(refusal) {
		return fmt.Errorf("%w: %s", mail.ErrRefused, shown(err, m))
	}
	return later("sending", err, m)
}

// extended finds the code of RFC 3463 behind the reply's own. The library gives it only of servers that announce it.
var extended = regexp.MustCompile(`\b5\d\d "?5\.(\d{1,3}\.\d{1,3})\b`)

// final reports a refusal of this very recipient or of this very content. A server that wants us to sign in, does not relay
// for us, has blocked us or counts our letters answers with 5xx as well, and mostly with 5.7.x (RFC 3463, security or
// policy): that says nothing of the message, and somebody may mend it before the letter is given up.
func final(refusal *gomail.SendError) bool {
	code, detail := refusal.ErrorCode(), ""
	if found := extended.FindStringSubmatch(refusal.Error()); found != nil {
		detail = found[1]
	}
	if code < 500 || code > 599 || strings.HasPrefix(detail, "7.") {
		return false
	}
	switch refusal.Reason {
	case gomail.ErrSMTPRcptTo:
		return code == 550 || code == 551 || code == 553 || slices.Contains(noBox, detail)
	case gomail.ErrSMTPData, gomail.ErrSMTPDataClose:
		return code == 552 || code == 554
	}
	return false
}

// noBox are the extended codes of a recipient to whom nothing can be delivered, whatever code stands before them: no such
// box, no such domain, an address that is none, a box that has moved, a domain that takes no mail (RFC 3463, RFC 7505).
var noBox = []string{"1.1", "1.2", "1.3", "1.6", "1.10"}

func later(doing string, err error, m mail.Message) error {
	return fmt.Errorf("%w: %s: %s", mail.ErrLater, doing, shown(err, m))
}

// shown is what of an error may be read in a log: no address, in whatever form the server repeats it, on one line.
func shown(err error, m mail.Message) string {
	text := err.Error()
	for _, address := range []string{m.To, ascii(m.To)} {
		text = strings.ReplaceAll(text, address, log.Masked)
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(log.Scrub(text), "?"))
	const most = 400
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return text
}
