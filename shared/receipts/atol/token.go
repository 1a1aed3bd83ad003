package atol

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"sync"
	"time"
)

// tokenLife is how long a token is used. It lives 24 hours at the service, and one that is about to end is not worth a try.
const tokenLife = 24*time.Hour - 10*time.Minute

// maxSlots bounds the accounts whose tokens a process keeps; the first to go are those that have ended.
const maxSlots = 1000

// slot keeps the token of one account. Who holds its lock may look and renew.
type slot struct {
	lock  chan struct{} // a mutex whose wait a context can end
	token string
	until time.Time
}

// tokens are the tokens of a process, by login. Several calls that need the same one ask for it once.
type tokens struct {
	mu    sync.Mutex
	slots map[[sha256.Size]byte]*slot
}

// slotOf finds the account's slot. The password is a part of its name, so that a rotated one starts anew.
func (t *tokens) slotOf(a Account, now time.Time) *slot {
	name := sha256.Sum256([]byte(a.Address + "\x00" + string(a.Version) + "\x00" + a.Login + "\x00" + a.Password))
	t.mu.Lock()
	defer t.mu.Unlock()
	if s, ok := t.slots[name]; ok {
		return s
	}
	if len(t.slots) >= maxSlots {
		t.drop(now)
	}
	s := &slot{lock: make(chan struct{}, 1)}
	t.slots[name] = s
	return s
}

// drop forgets slots that nobody holds and whose token has ended, or all that nobody holds where that is not enough.
func (t *tokens) drop(now time.Time) {
	for _, whatever := range []bool{false, true} {
		for name, s := range t.slots {
			select {
			case s.lock <- struct{}{}:
				if whatever || !now.Before(s.until) {
					delete(t.slots, name)
				}
				<-s.lock
			default:
			}
		}
		if len(t.slots) < maxSlots {
			return
		}
	}
}

// token gives a token of the account that is not the refused one, from memory or from the service.
func (c *Client) token(ctx context.Context, a Account, refused string) (string, error) {
	s := c.tokens.slotOf(a, c.clock.Now())
	select {
	case s.lock <- struct{}{}:
		defer func() { <-s.lock }()
	case <-ctx.Done():
		return "", &Error{Class: Unavailable, Cause: ctx.Err()}
	}
	if s.token != "" && s.token != refused && c.clock.Now().Before(s.until) {
		return s.token, nil
	}
	asked := c.clock.Now()
	fresh, err := c.getToken(ctx, a)
	if err != nil {
		return "", err
	}
	s.token, s.until = fresh, asked.Add(tokenLife)
	return fresh, nil
}

// getToken asks the service for a token. However it fails, nothing was registered: a failure that proves nothing is
// Unavailable here, and one that would be the receipt's fault is the account's, for no receipt was shown.
func (c *Client) getToken(ctx context.Context, a Account) (string, error) {
	raw, err := encode(struct {
		Login string `json:"login"`
		Pass  string `json:"pass"`
	}{a.Login, a.Password})
	if err != nil {
		return "", &Error{Class: Config, Cause: err}
	}
	got, err := c.send(ctx, a, http.MethodPost, "/getToken", "", raw)
	switch {
	case err != nil:
	case got.Error != nil:
		err = refusal(got.Error)
	case got.Token == "":
		err = unknown(errors.New("getToken gives no token"))
	default:
		return got.Token, nil
	}
	var e *Error
	if errors.As(err, &e) {
		switch e.Class {
		case Unknown:
			e.Class = Unavailable
		case BadRequest, NotFound:
			e.Class = Config
		}
	}
	return "", err
}
