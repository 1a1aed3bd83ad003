// Package caller is the words in which the door and those who know tokens speak of who is calling. It stands apart from web,
// so that a worker that reads accounts does not carry the web with it.
package caller

import (
	"context"
	"slices"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
)

// Kind says who stands at the door.
type Kind int

// The kinds of caller. The zero value is none of them, so that nobody opens a door by forgetting to say for whom.
const (
	Unset    Kind = iota
	Nobody        // no token is asked for or looked at
	Partner       // a token of a partner, in one mode
	Operator      // a token of ours
)

// EveryScope is the scope of a token that is good for everything its kind may do.
const EveryScope = "*"

// Caller is who is calling.
type Caller struct {
	Kind    Kind
	Partner ids.ID   // of a Partner
	Mode    ids.Mode // of a Partner
	Person  ids.ID   // the operator who holds the token of an Operator
	TokenID string   // public name of the token, for logs and limits
	Scopes  []string
	Name    string // of the token, in its holder's words
}

// May reports whether the caller's token is good for a scope.
func (c Caller) May(scope string) bool {
	return scope == "" || slices.Contains(c.Scopes, EveryScope) || slices.Contains(c.Scopes, scope)
}

// Authenticator finds the caller that a secret belongs to. It refuses with ErrInvalidToken or ErrTokenRevoked.
type Authenticator interface {
	Authenticate(ctx context.Context, secret string) (Caller, error)
}

// The refusals.
var (
	ErrInvalidToken = fault.Unauthorized("invalid_token", "A valid token is required: Authorization: Bearer …")
	ErrTokenRevoked = fault.Unauthorized("token_revoked", "This token was revoked.")
)
