package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
)

// line is the connection of one message. The library leaves a connection open when the greeting fails, so it is closed here
// whatever happens, and at once when the time is over.
type line struct {
	config Config

	mu     sync.Mutex
	conn   net.Conn
	closed bool
}

// maxHeard is as much as a server may say during one message, in bytes; an honest one says a few thousand.
const maxHeard = 64 << 10

// errChatter ends a talk with a server that does not stop speaking.
var errChatter = errors.New("smtp: the server says more than is listened to")

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, l.config.Connect)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if !l.hold(conn) {
		return nil, context.Cause(ctx)
	}
	heard := &bounded{Conn: conn, left: maxHeard}
	if l.config.Security != TLS {
		return heard, nil
	}
	secured := tls.Client(heard, l.config.tls())
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	return secured, nil
}

// hold keeps the connection for close; false where close came first.
func (l *line) hold(conn net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conn = conn
	if l.closed {
		_ = conn.Close()
	}
	return !l.closed
}

func (l *line) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.conn != nil {
		_ = l.conn.Close()
	}
}

// bounded is a connection that is read only so far.
type bounded struct {
	net.Conn
	left int
}

// Read fails with errChatter once the bound is reached.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errChatter
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
