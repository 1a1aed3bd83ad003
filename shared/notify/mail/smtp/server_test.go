package smtp_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// server is a mail server on loopback that speaks as it is told.
type server struct {
	t     *testing.T
	port  int
	certs *tls.Config

	// Set before the first connection.
	encrypted bool              // from the first byte
	offers    []string          // extensions; STARTTLS is done where it is offered
	says      map[string]string // verb, or "greeting", "within" and "content" → the line instead of the usual one; "drop" hangs up
	password  string            // "": nobody signs in

	mu      sync.Mutex
	heard   []string // commands, in order
	letters []letter
}

type letter struct {
	from, to string
	content  []byte
}

func serve(t *testing.T, change ...func(*server)) *server {
	t.Helper()
	vouched := httptest.NewUnstartedServer(http.NotFoundHandler()) // for its certificate alone, which names 127.0.0.1
	vouched.StartTLS()
	t.Cleanup(vouched.Close)
	s := &server{t: t, certs: &tls.Config{Certificates: vouched.TLS.Certificates}, offers: []string{"8BITMIME", "ENHANCEDSTATUSCODES"}, says: map[string]string{}}
	for _, c := range change {
		c(s)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.port = listener.Addr().(*net.TCPAddr).Port
	var talks sync.WaitGroup
	talks.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			talks.Go(func() { s.talk(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		talks.Wait()
	})
	return s
}

func (s *server) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	cert, err := x509.ParseCertificate(s.certs.Certificates[0].Certificate[0])
	require.NoError(s.t, err)
	pool.AddCert(cert)
	return pool
}

// talk is one connection, to its end.
func (s *server) talk(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	if s.encrypted {
		conn = tls.Server(conn, s.certs)
	}
	text := textproto.NewConn(conn)
	var now letter
	if !s.answer(text, "greeting", "220 mail.example ESMTP") {
		return
	}
	for {
		command, err := text.ReadLine()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.heard = append(s.heard, command)
		s.mu.Unlock()
		verb, rest, _ := strings.Cut(command, " ")
		switch verb {
		case "EHLO":
			if !s.answer(text, verb, s.greeting()) {
				return
			}
		case "STARTTLS":
			if !s.answer(text, verb, "220 2.0.0 go on") {
				return
			}
			conn = tls.Server(conn, s.certs)
			text = textproto.NewConn(conn)
		case "AUTH":
			if !s.answer(text, verb, s.auth(text, rest)) {
				return
			}
		case "MAIL":
			now = letter{from: rest}
			if !s.answer(text, verb, "250 2.1.0 ok") {
				return
			}
		case "RCPT":
			now.to = rest
			if !s.answer(text, verb, "250 2.1.5 ok") {
				return
			}
		case "DATA":
			if !s.answer(text, verb, "354 go on") || !s.take(text, now) {
				return
			}
		case "QUIT":
			s.answer(text, verb, "221 2.0.0 bye")
			return
		default:
			if !s.answer(text, verb, "250 2.0.0 ok") {
				return
			}
		}
	}
}

func (s *server) take(text *textproto.Conn, now letter) bool {
	if s.says["within"] == "drop" {
		return false
	}
	content, err := text.ReadDotBytes()
	if err != nil {
		return false
	}
	now.content = content
	s.mu.Lock()
	s.letters = append(s.letters, now)
	s.mu.Unlock()
	return s.answer(text, "content", "250 2.0.0 taken")
}

// answer says the usual line or the one that the test wants; false where it hangs up.
func (s *server) answer(text *textproto.Conn, verb, usual string) bool {
	if own, ok := s.says[verb]; ok {
		if usual = own; own == "drop" {
			return false
		}
	}
	return text.PrintfLine("%s", usual) == nil
}

func (s *server) greeting() string {
	lines := append([]string{"mail.example"}, s.offers...)
	for i, l := range lines {
		joint := "-"
		if i == len(lines)-1 {
			joint = " "
		}
		lines[i] = "250" + joint + l
	}
	return strings.Join(lines, "\r\n")
}

// auth asks for the password in the way that the client has chosen.
func (s *server) auth(text *textproto.Conn, rest string) string {
	way, given, _ := strings.Cut(rest, " ")
	want := base64.StdEncoding.EncodeToString([]byte("\x00giberno\x00" + s.password))
	if way == "LOGIN" {
		_ = text.PrintfLine("334 %s", base64.StdEncoding.EncodeToString([]byte("Username:")))
		login, _ := text.ReadLine()
		_ = text.PrintfLine("334 %s", base64.StdEncoding.EncodeToString([]byte("Password:")))
		password, _ := text.ReadLine()
		given = login + " " + password
		want = base64.StdEncoding.EncodeToString([]byte("giberno")) + " " + base64.StdEncoding.EncodeToString([]byte(s.password))
	}
	if given == want {
		return "235 2.7.0 welcome"
	}
	return "535 5.7.8 no"
}

func (s *server) taken() []letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]letter(nil), s.letters...)
}

func (s *server) commands() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.heard, "\n")
}

// read takes a letter apart as a mail program does.
func read(t *testing.T, content []byte) (header netmail.Header, parts map[string]string) {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(content))
	require.NoError(t, err)
	parts = map[string]string{}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	require.NoError(t, err)
	if !strings.HasPrefix(kind, "multipart/") {
		parts[kind] = decoded(t, m.Body)
		return m.Header, parts
	}
	require.Equal(t, "multipart/alternative", kind)
	reader := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return m.Header, parts
		}
		require.NoError(t, err)
		require.Equal(t, "base64", part.Header.Get("Content-Transfer-Encoding"))
		kind, params, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		require.NoError(t, err)
		require.Equal(t, "UTF-8", strings.ToUpper(params["charset"]))
		parts[kind] = decoded(t, part)
	}
}

func decoded(t *testing.T, body io.Reader) string {
	t.Helper()
	text, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, body))
	require.NoError(t, err)
	return string(text)
}
