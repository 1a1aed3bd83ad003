// Package smtp sends messages through a mail server, with the library wneessen/go-mail. Every message travels on a
// connection of its own, encrypted unless the server is this very machine, and bounded in time and bytes.
package smtp

import (
	"crypto/x509"
	"errors"
	"fmt"
	netmail "net/mail"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Security is how the connection is kept from strangers.
type Security int

// The kinds of security. Plain is for a server on this machine alone; the zero value is the safe one.
const (
	StartTLS Security = iota // begins in clear and must turn to TLS before anything is said (port 587)
	TLS                      // from the first byte (port 465)
	Plain
)

// Config says through which server, and as whom. Host and From are required.
type Config struct {
	Host            string
	Port            int // 0: 587, or 465 with TLS
	Security        Security
	Login, Password string         // "": the server knows us by our address
	From, FromName  string         // a bare address, and the name before it
	Connect         time.Duration  // at most, to reach the server; 0: 10 s
	Whole           time.Duration  // at most, for one message from dialling to the server's word; 0: 30 s
	Roots           *x509.CertPool // who may vouch for the server; nil: those of the system
}

const (
	defaultConnect = 10 * time.Second
	defaultWhole   = 30 * time.Second
	maxName        = 128 // characters of FromName
)

// ErrConfig is the refusal of a configuration. Its text never holds a password.
var ErrConfig = errors.New("smtp: the configuration is wrong")

// Parse reads a configuration from two settings. The address is smtps://login:password@host:465, or smtp://login:password@host:587
// for STARTTLS; on loopback smtp:// stays in clear. Login and port may be left out. A password that is kept elsewhere is
// left out, too, and set on the result. from is «Name <address>» or a bare address.
func Parse(address, from string) (Config, error) {
	u, err := url.Parse(address)
	if err != nil || u.Opaque != "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return Config{}, wrong("the address is not smtps://login:password@host:port")
	}
	c := Config{Host: u.Hostname()}
	switch u.Scheme {
	case "smtps":
		c.Security = TLS
	case "smtp":
		if loopback(c.Host) {
			c.Security = Plain
		}
	default:
		return Config{}, wrong("the address begins with neither smtps:// nor smtp://")
	}
	if port := u.Port(); port != "" {
		if c.Port, err = strconv.Atoi(port); err != nil || c.Port < 1 {
			return Config{}, wrong("the port is none")
		}
	}
	if u.User != nil {
		c.Login = u.User.Username()
		c.Password, _ = u.User.Password()
	}
	sender, err := netmail.ParseAddress(from)
	if err != nil {
		return Config{}, wrong("the sender is neither an address nor «Name <address>»")
	}
	c.From, c.FromName = sender.Address, sender.Name
	return c.ready()
}

func wrong(reason string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrConfig, fmt.Sprintf(reason, args...))
}

// ready fills in what may be left out and refuses what cannot work, or would send a password in clear.
func (c Config) ready() (Config, error) {
	if c.Port == 0 {
		c.Port = 587
		if c.Security == TLS {
			c.Port = 465
		}
	}
	if c.Connect == 0 {
		c.Connect = defaultConnect
	}
	if c.Whole == 0 {
		c.Whole = defaultWhole
	}
	switch {
	case c.Host == "" || len(c.Host) > 253 || strings.ContainsFunc(c.Host, unfit):
		return c, wrong("the host is none")
	case c.Port < 1 || c.Port > 65535:
		return c, wrong("the port %d is none", c.Port)
	case c.Security < StartTLS || c.Security > Plain:
		return c, wrong("the security %d is none", c.Security)
	case c.Security == Plain && !loopback(c.Host):
		return c, wrong("only a server on this machine may be spoken to in clear")
	case c.Security == Plain && c.Login != "":
		return c, wrong("a password is not sent in clear")
	case c.Login == "" && c.Password != "":
		return c, wrong("a password without a login")
	case c.Connect < 0 || c.Whole < c.Connect:
		return c, wrong("the whole time is shorter than the time to connect")
	case utf8.RuneCountInString(c.FromName) > maxName || !utf8.ValidString(c.FromName) || strings.ContainsFunc(c.FromName, unicode.IsControl):
		return c, wrong("the sender's name is not one line of at most %d characters", maxName)
	case c.domain() == "":
		return c, wrong("the sender's address is none")
	}
	return c, nil
}

// unfit reports what no host has: it would leave the line of the command.
func unfit(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune("/\\@<>\"", r) }

// domain is the sender's domain, under which messages are named and by which we greet; "" where the address is none.
func (c Config) domain() string {
	a, err := netmail.ParseAddress(c.From)
	if err != nil || a.Address != c.From {
		return ""
	}
	_, domain, _ := strings.Cut(c.From, "@")
	if strings.ContainsFunc(domain, func(r rune) bool { return unfit(r) || r > unicode.MaxASCII }) {
		return ""
	}
	return domain
}

// loopback reports this very machine, by its name: no name service is asked.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
