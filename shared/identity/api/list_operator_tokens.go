package api

import (
	"context"
	"net/http"

	"giberno.ru/shared/core/page"
	"giberno.ru/shared/identity"
	"giberno.ru/shared/platform/web"
)

type listOperatorTokens struct {
	OperatorPath
	Paging
}

// ListOperatorTokens lists an operator's tokens, newest first, without their secrets.
func (a *API) ListOperatorTokens() web.Endpoint {
	op := operation("list-operator-tokens", http.MethodGet, "/operator/{id}/tokens", ReadOperators, "List an operator's tokens", "invalid_cursor")
	return web.Handle(op, func(ctx context.Context, in *listOperatorTokens) (*one[page.List[Token]], error) {
		return list(a, in.Paging, "admin/tokens/"+in.ID.String(), func(limit int, after string) ([]identity.Token, string, error) {
			return a.Store.Tokens(ctx, in.ID, limit, after)
		}, showToken)
	})
}
