package atol

import (
	"crypto/rand"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/fault"
)

// Account is a shop's contract with the service: a login, and a group of tills of one company.
type Account struct {
	Login    string `json:"login"`
	Password string `json:"password"`
	Group    string `json:"group"`              // the code of the group, a part of every address
	INN      string `json:"inn"`                // of the company; a receipt of another one fails with 2009
	Version  string `json:"version,omitempty"`  // v4 or v5; "": the group speaks both
	TillSec  int    `json:"till_sec,omitempty"` // seconds from registration to the receipt; 0: three
	Shy      bool   `json:"shy,omitempty"`      // error 34 until the receipt is done or has failed
}

func (a Account) check() error {
	switch {
	case a.Login == "" || a.Password == "" || a.Group == "" || strings.Contains(a.Group, "/"):
		return fault.Invalid("account_invalid", "An account needs a login, a password and a group without slashes.")
	case !innForm.MatchString(a.INN):
		return fault.Invalid("account_invalid", "An INN has 10 or 12 digits.")
	case a.Version != "" && a.Version != "v4" && a.Version != "v5":
		return fault.Invalid("account_invalid", "The version is v4, v5 or empty.")
	case a.TillSec < 0 || a.TillSec > 24*60*60:
		return fault.Invalid("account_invalid", "The till takes at most a day.")
	}
	return nil
}

func (a Account) tillTime() time.Duration {
	if a.TillSec == 0 {
		return 3 * time.Second
	}
	return time.Duration(a.TillSec) * time.Second
}

// Config says what a Service needs from the world.
type Config struct {
	Accounts  []Account
	Clock     clock.Clock         // nil: the machine's
	Random    io.Reader           // nil: crypto/rand
	BaseURL   string              // own address as people see it, without a closing slash; may have a path
	StatePath string              // bbolt file; "" keeps everything in memory
	Deliver   http.RoundTripper   // carries notices; nil: http.DefaultTransport
	Advance   func(time.Duration) // moves Clock for POST /control/clock; nil: refused
	Log       *slog.Logger        // nil: slog.Default
}

// Service is the simulator. All its methods may be called by many at once.
type Service struct {
	clock   clock.Clock
	client  *http.Client
	advance func(time.Duration)
	log     *slog.Logger
	store   *store
	tokens  tokenBook
	faults  faultBook
	calls   callLog
	wake    chan struct{}

	mu        sync.Mutex // guards what follows
	base      string
	random    io.Reader
	delivered map[string]chan struct{} // by receipt: closed when its delivery of now is over
}

// New opens the service with the state it left behind in StatePath. It fails when the file cannot be read, is held by
// another process, or an account is incomplete.
func New(c Config) (*Service, error) {
	for _, a := range c.Accounts {
		if err := a.check(); err != nil {
			return nil, err
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
	st, err := openStore(c.StatePath, c.Accounts)
	if err != nil {
		return nil, err
	}
	return &Service{
		clock: c.Clock, random: c.Random, advance: c.Advance, log: c.Log, store: st, base: strings.TrimRight(c.BaseURL, "/"),
		tokens: tokenBook{issued: map[string]issuedToken{}}, wake: make(chan struct{}, 1), delivered: map[string]chan struct{}{},
		client: &http.Client{Transport: c.Deliver, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}, nil
}

// Close gives the state file back. Calls after it answer 500.
func (s *Service) Close() error { return s.store.close() }

// SetBaseURL tells the service the address under which people reach it.
func (s *Service) SetBaseURL(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.base = strings.TrimRight(address, "/")
}

func (s *Service) baseURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.base
}

// prefix is the path under which the service is mounted. Pages link by path only.
func (s *Service) prefix() string {
	u, err := url.Parse(s.baseURL())
	if err != nil {
		return ""
	}
	return strings.TrimRight(u.EscapedPath(), "/")
}

// draw gives n random bytes.
func (s *Service) draw(n int) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	raw := make([]byte, n)
	if _, err := io.ReadFull(s.random, raw); err != nil {
		return nil, fault.Internal(err)
	}
	return raw, nil
}

// uuid makes a random UUID, version 4.
func (s *Service) uuid() (string, error) {
	raw, err := s.draw(16)
	if err != nil {
		return "", err
	}
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	t := hex.EncodeToString(raw)
	return t[:8] + "-" + t[8:12] + "-" + t[12:16] + "-" + t[16:20] + "-" + t[20:], nil
}

// Accounts lists the accounts as they are now, by login.
func (s *Service) Accounts() []Account {
	var list []Account
	s.store.look(func(st *state) {
		for _, login := range sortedKeys(st.accounts) {
			list = append(list, st.accounts[login])
		}
	})
	return list
}

// SetAccount adds an account or replaces the one of its login. It survives a restart; tokens of before stay good.
func (s *Service) SetAccount(a Account) error {
	if err := a.check(); err != nil {
		return err
	}
	return s.change(func(x *change) error { x.accounts[a.Login] = a; return nil })
}

// moscow is the zone of the service's times; it has had no summer time since 2014.
var moscow = time.FixedZone("MSK", 3*60*60)
