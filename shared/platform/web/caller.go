package web

import (
	"context"
	"net/http"
	"strings"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/platform/web/caller"
)

// The words of caller, under the names that endpoints use.
type (
	Caller        = caller.Caller
	CallerKind    = caller.Kind
	Authenticator = caller.Authenticator
)

// The kinds of caller, and the scope of a token that is good for everything.
const (
	Nobody     = caller.Nobody
	Partner    = caller.Partner
	Operator   = caller.Operator
	EveryScope = caller.EveryScope
)

// CallerOf gives the caller of a request. The door has already checked his kind and scope.
func CallerOf(ctx context.Context) Caller {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		return v.caller
	}
	return Caller{Kind: Nobody}
}

// WithCaller makes a context that answers CallerOf, for calls that come from inside the house.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, visitKey{}, &visit{caller: c})
}

// The refusals of the door.
var (
	ErrInvalidToken   = caller.ErrInvalidToken
	ErrTokenRevoked   = caller.ErrTokenRevoked
	ErrForbiddenScope = fault.Forbidden("forbidden_scope", "This token may not do this.")
)

const maxSecret = 256

// admit finds out who is calling and whether he may.
func admit(r *http.Request, auth Authenticator, op Operation) (Caller, error) {
	if op.Caller == Nobody {
		return Caller{Kind: Nobody}, nil
	}
	headers := r.Header.Values("Authorization")
	if len(headers) != 1 {
		return Caller{Kind: Nobody}, ErrInvalidToken
	}
	scheme, secret, _ := strings.Cut(headers[0], " ")
	secret = strings.TrimSpace(secret)
	if !strings.EqualFold(scheme, "Bearer") || secret == "" || len(secret) > maxSecret {
		return Caller{Kind: Nobody}, ErrInvalidToken
	}
	who, err := auth.Authenticate(r.Context(), secret)
	if err != nil {
		return Caller{Kind: Nobody}, err
	}
	if who.Kind != op.Caller || !who.May(op.Scope) {
		return who, ErrForbiddenScope
	}
	return who, nil
}
