package atol

import (
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"sync"
	"time"
)

// tokenLife is how long a token is good; keptFor is how long a dead one is told from one that never was.
const (
	tokenLife = 24 * time.Hour
	keptFor   = 7 * 24 * time.Hour
	maxTokens = 10_000
)

type issuedToken struct {
	login string
	until time.Time
}

// tokenBook keeps the tokens, in memory only: a restart forgets them, and shops ask for new ones.
type tokenBook struct {
	mu     sync.Mutex
	issued map[string]issuedToken
}

func (b *tokenBook) add(token string, t issuedToken, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.issued) >= maxTokens {
		for name, old := range b.issued {
			if now.After(old.until.Add(keptFor)) {
				delete(b.issued, name)
			}
		}
	}
	if len(b.issued) >= maxTokens { // a shop that asks for a token each time
		clear(b.issued)
	}
	b.issued[token] = t
}

// login tells whose a token is, or refuses it as the service does.
func (b *tokenBook) login(token string, now time.Time) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t, known := b.issued[token]
	switch {
	case !known || now.After(t.until.Add(keptFor)):
		return "", refuse(10, "")
	case !now.Before(t.until):
		return "", refuse(11, "")
	}
	return t.login, nil
}

// ExpireTokens ends the tokens of a login, or all of them where it is empty, and tells how many.
func (s *Service) ExpireTokens(login string) int {
	now := s.clock.Now()
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	ended := 0
	for name, t := range s.tokens.issued {
		if (login == "" || t.login == login) && now.Before(t.until) {
			t.until = now
			s.tokens.issued[name] = t
			ended++
		}
	}
	return ended
}

// getToken answers a login. Each call gives a new token; those of before stay good until they end.
func (s *Service) getToken(r *http.Request, raw []byte) (answer, error) {
	login, password := r.URL.Query().Get("login"), r.URL.Query().Get("pass")
	if r.Method == http.MethodPost {
		fields, err := parse(raw)
		if err != nil {
			return nil, refuse(40, "")
		}
		p := place{&findings{}, "#/", fields}
		p.only("login pass source")
		login, password = p.text("login", 100, true), p.text("pass", 100, true)
		if len(p.found.list) > 0 {
			return nil, refuse(13, p.found.String())
		}
	}
	var account Account
	known := false
	s.store.look(func(st *state) { account, known = st.accounts[login] })
	if !known || subtle.ConstantTimeCompare([]byte(account.Password), []byte(password)) != 1 {
		return nil, refuse(12, "")
	}
	drawn, err := s.draw(16)
	if err != nil {
		return nil, err
	}
	token := hex.EncodeToString(drawn)
	now := s.clock.Now()
	s.tokens.add(token, issuedToken{login, now.Add(tokenLife)}, now)
	return answer{"token": token, "error": nil}, nil
}

// caller finds the account whose token the request carries, for a group and a protocol that are its own.
func (s *Service) caller(c call, r *http.Request) (Account, error) {
	token := r.Header.Get("Token")
	for _, name := range []string{"token", "tokenid"} {
		if token == "" {
			token = r.URL.Query().Get(name)
		}
	}
	login, err := s.tokens.login(token, s.clock.Now())
	if err != nil {
		return Account{}, err
	}
	var account Account
	s.store.look(func(st *state) { account = st.accounts[login] })
	switch {
	case account.Group != c.group:
		return Account{}, refuse(20, "")
	case account.Version != "" && account.Version != c.version:
		return Account{}, refuse(21, "")
	}
	return account, nil
}
