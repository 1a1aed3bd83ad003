// Package outbound is the only way out of the house: every HTTP call to a bank, a partner or a fiscal service goes
// through its Client, which bounds time and size, follows no redirect, and says whether a lost call can have had an effect.
package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"
)

// The limits that apply where Options name none.
const (
	DefaultTimeout     = 30 * time.Second
	DefaultDialTimeout = 5 * time.Second
	DefaultMaxBody     = 1 << 20
)

// ErrTooLarge is an answer longer than the limit. The call was made.
var ErrTooLarge = errors.New("outbound: the answer is too large")

// NotSentError is a call of which surely no byte left: the address could not be dialled, or the TLS handshake failed.
type NotSentError struct{ Cause error }

func (e *NotSentError) Error() string { return "outbound: not sent: " + e.Cause.Error() }

// Unwrap gives the cause.
func (e *NotSentError) Unwrap() error { return e.Cause }

// NotSent reports whether err proves that the call had no effect. Every other error leaves that open.
func NotSent(err error) bool {
	var e *NotSentError
	return errors.As(err, &e)
}

// Answer is a whole HTTP answer, its body read and bounded.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Doer makes one call. Its errors are NotSentError where nothing can have happened, and anything else where it can.
type Doer interface {
	Do(req *http.Request) (Answer, error)
}

// Options choose the limits of a Client. The zero value is right for a bank.
type Options struct {
	Timeout     time.Duration // of the whole call, body included; 0: DefaultTimeout
	DialTimeout time.Duration // 0: DefaultDialTimeout; it bounds the TLS handshake too
	MaxBody     int64         // bytes of an answer; 0: DefaultMaxBody
	RootsPEM    []byte        // certificates trusted besides the system's: the Russian Trusted CA
	PublicOnly  bool          // refuse loopback, private and reserved addresses when dialled: for partners' addresses
	// Transport replaces the network, so that tests can put faults or a handler in its place. It must return NotSentError
	// where it means that. PublicOnly and RootsPEM are the network's and mean nothing beside it.
	Transport http.RoundTripper
}

// Client is the Doer of production. It is safe for many goroutines.
type Client struct {
	http    http.Client
	timeout time.Duration
	maxBody int64
}

// New makes a client. It fails when RootsPEM holds no certificate.
func New(o Options) (*Client, error) {
	transport := o.Transport
	if transport == nil {
		network, err := Network(o)
		if err != nil {
			return nil, err
		}
		transport = network
	}
	return &Client{
		http: http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		timeout: positive(o.Timeout, DefaultTimeout),
		maxBody: positive(o.MaxBody, DefaultMaxBody),
	}, nil
}

// Do makes the call and reads the whole answer, whatever its status. A redirect is an answer like any other.
func (c *Client) Do(req *http.Request) (Answer, error) {
	ctx, cancel := context.WithTimeout(req.Context(), c.timeout)
	defer cancel()
	resp, err := c.http.Do(req.WithContext(ctx))
	if err != nil {
		return Answer{}, withoutAddress(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, c.maxBody+1))
	if err != nil {
		return Answer{}, fmt.Errorf("outbound: read the answer: %w", err)
	}
	if int64(len(body)) > c.maxBody {
		return Answer{}, ErrTooLarge
	}
	return Answer{Status: resp.StatusCode, Header: resp.Header, Body: body}, nil
}

// withoutAddress drops the address that net/http writes into its errors: a partner's may carry a secret.
func withoutAddress(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// Network is the real transport of a Client made with these options, for tests that wrap it.
func Network(o Options) (http.RoundTripper, error) {
	roots, err := rootPool(o.RootsPEM)
	if err != nil {
		return nil, err
	}
	dial := positive(o.DialTimeout, DefaultDialTimeout)
	dialer := &net.Dialer{Timeout: dial, KeepAlive: 30 * time.Second}
	if o.PublicOnly {
		dialer.Control = refusePrivate
	}
	// No proxy from the environment: the address that is checked must be the address that is dialled.
	return &network{http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    dial,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    32,
		IdleConnTimeout:        60 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}}, nil
}

// network adds to the standard transport the knowledge whether a failed call can have been sent.
type network struct{ http.Transport }

// RoundTrip makes the call. Until a connection is there, with its handshake done, no byte of a request can have left.
func (n *network) RoundTrip(req *http.Request) (*http.Response, error) {
	var connected atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }}
	resp, err := n.Transport.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err != nil && !connected.Load() {
		return nil, &NotSentError{Cause: err}
	}
	return resp, err
}

func rootPool(pem []byte) (*x509.CertPool, error) {
	if len(pem) == 0 {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("outbound: the file of roots holds no certificate")
	}
	return pool, nil
}

func positive[T time.Duration | int64](value, otherwise T) T {
	if value > 0 {
		return value
	}
	return otherwise
}
