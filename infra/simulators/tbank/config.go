package tbank

import (
	"crypto/rand"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/fault"
)

// Terminal is a shop's contract with the bank.
type Terminal struct {
	Key             string `json:"key"`                        // ≤ 64 characters; one that ends in DEMO may use SbpPayTest
	Password        string `json:"password"`                   // signs both ways, never sent
	NotificationURL string `json:"notification_url,omitempty"` // for payments that name none, and for every RECEIPT
	SuccessURL      string `json:"success_url,omitempty"`
	FailURL         string `json:"fail_url,omitempty"`
	TwoStageDefault bool   `json:"two_stage_default,omitempty"` // hold unless Init says PayType O
	Fiscal          bool   `json:"fiscal,omitempty"`            // a till is attached: Receipt is required and receipts are made
	NoSBP           bool   `json:"no_sbp,omitempty"`            // GetQr answers 3001
	NoCharge        bool   `json:"no_charge,omitempty"`         // Charge answers 10, as the bank does until a manager allows it
	RepeatOrders    bool   `json:"repeat_orders,omitempty"`     // several payments may have one OrderId; else the second Init is error 20
	QuietExpiry     bool   `json:"quiet_expiry,omitempty"`      // DEADLINE_EXPIRED is not notified
	Messages        bool   `json:"messages,omitempty"`          // declines are notified with Message and Details, which some clients leave out of the token
}

// Config says what a Bank needs from the world.
type Config struct {
	Terminals        []Terminal
	Clock            clock.Clock         // nil: the machine's
	Random           io.Reader           // nil: crypto/rand
	BaseURL          string              // own address as payers see it, without a closing slash; may have a path
	StatePath        string              // bbolt file; "" keeps everything in memory
	Deliver          http.RoundTripper   // carries notifications; nil: http.DefaultTransport
	NumbersInAnswers bool                // PaymentId and ErrorCode typed as in the bank's OpenAPI, not as most clients want
	NoMagicAmounts   bool                // amounts never cause faults; for simulations with random amounts
	Advance          func(time.Duration) // moves Clock for POST /control/clock; nil: refused
	Log              *slog.Logger        // nil: slog.Default
}

// Bank is the simulator. All its methods may be called by many at once.
type Bank struct {
	clock   clock.Clock
	client  *http.Client
	numbers bool
	magic   bool
	advance func(time.Duration)
	log     *slog.Logger
	store   *store
	faults  faultBook
	calls   callLog
	wake    chan struct{}

	mu        sync.Mutex // guards what follows
	base      string
	random    io.Reader
	delivered map[string]chan struct{} // by payment: closed when its deliveries of now are over
}

// New opens the bank with the state it left behind in StatePath. It fails when the file cannot be read, is held by
// another process, or a terminal has no key or password.
func New(c Config) (*Bank, error) {
	for _, t := range c.Terminals {
		if t.Key == "" || t.Password == "" || len(t.Key) > 64 {
			return nil, fault.Invalid("terminal_invalid", "A terminal needs a key of at most 64 characters and a password.")
		}
	}
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if c.Deliver == nil {
		c.Deliver = http.DefaultTransport
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	s, err := openStore(c.StatePath, c.Terminals)
	if err != nil {
		return nil, err
	}
	return &Bank{
		clock: c.Clock, random: c.Random, numbers: c.NumbersInAnswers, magic: !c.NoMagicAmounts, advance: c.Advance,
		log: c.Log, store: s, base: strings.TrimRight(c.BaseURL, "/"),
		wake: make(chan struct{}, 1), delivered: map[string]chan struct{}{},
		// A redirect is not the answer «OK», so it is not followed.
		client: &http.Client{Transport: c.Deliver, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}, nil
}

// Close gives the state file back. Calls after it answer 500.
func (b *Bank) Close() error { return b.store.close() }

// SetBaseURL tells the bank the address under which payers reach it.
func (b *Bank) SetBaseURL(address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.base = strings.TrimRight(address, "/")
}

func (b *Bank) baseURL() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.base
}

// prefix is the path under which the bank is mounted. Pages link by path only, so that a form works under every name of
// the host.
func (b *Bank) prefix() string {
	u, err := url.Parse(b.baseURL())
	if err != nil {
		return ""
	}
	return strings.TrimRight(u.EscapedPath(), "/")
}

const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// draw makes a random name of n characters of [0-9A-Z].
func (b *Bank) draw(n int) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	raw := make([]byte, n)
	if _, err := io.ReadFull(b.random, raw); err != nil {
		return "", fault.Internal(err)
	}
	for i := range raw {
		raw[i] = letters[int(raw[i])%len(letters)]
	}
	return string(raw), nil
}

// Terminals lists the terminals as they are now, by key.
func (b *Bank) Terminals() map[string]Terminal {
	out := map[string]Terminal{}
	b.store.look(func(s *state) { maps.Copy(out, s.terminals) })
	return out
}

// SetTerminal adds a terminal or replaces it, so that a password can be rotated at the bank. It survives a restart.
func (b *Bank) SetTerminal(t Terminal) error {
	if t.Key == "" || t.Password == "" || len(t.Key) > 64 {
		return fault.Invalid("terminal_invalid", "A terminal needs a key of at most 64 characters and a password.")
	}
	return b.change(func(x *change) error { x.terminals[t.Key] = t; return nil })
}
