package api

import (
	"context"
	"net/http"

	"giberno.ru/shared/platform/web"
)

type tokenPath struct {
	ID string `path:"token" minLength:"20" maxLength:"20" doc:"Public name of the token"`
}

// RevokeToken ends a token of a partner or an operator, within a minute everywhere. Saying it twice changes nothing.
func (a *API) RevokeToken() web.Endpoint {
	op := operation("revoke-token", http.MethodPost, "/token/{token}/revoke", WriteTokens, "Revoke a token", "token_not_found")
	return web.Handle(op, func(ctx context.Context, in *tokenPath) (*one[Token], error) {
		t, err := a.Store.RevokeToken(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return &one[Token]{showToken(t)}, nil
	})
}
