package smtp

import (
	"errors"
	"slices"

	wire "github.com/wneessen/go-mail/smtp"
)

// errNoSignIn is a server that asks for a password in no way of ours.
var errNoSignIn = errors.New("smtp: the server takes neither PLAIN nor LOGIN")

// signIn shows the password in the first way that the server knows, and over TLS only. The library's own choice would fall
// back to ways that can be broken by listening.
type signIn struct {
	config Config
	wire.Auth
}

// Start chooses the way.
func (s *signIn) Start(server *wire.ServerInfo) (string, []byte, error) {
	switch {
	case slices.Contains(server.Auth, "PLAIN"):
		s.Auth = wire.PlainAuth("", s.config.Login, s.config.Password, s.config.Host, false)
	case slices.Contains(server.Auth, "LOGIN"):
		s.Auth = wire.LoginAuth(s.config.Login, s.config.Password, s.config.Host, false)
	default:
		return "", nil, errNoSignIn
	}
	return s.Auth.Start(server)
}
