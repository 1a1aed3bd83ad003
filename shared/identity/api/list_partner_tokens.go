package api

import (
	"context"
	"net/http"

	"giberno.ru/shared/core/page"
	"giberno.ru/shared/identity"
	"giberno.ru/shared/platform/web"
)

type listPartnerTokens struct {
	PartnerPath
	Paging
}

// ListPartnerTokens lists a partner's tokens, newest first, without their secrets.
func (a *API) ListPartnerTokens() web.Endpoint {
	op := operation("list-partner-tokens", http.MethodGet, "/partner/{id}/tokens", ReadPartners, "List a partner's tokens", "partner_not_found", "invalid_cursor")
	return web.Handle(op, func(ctx context.Context, in *listPartnerTokens) (*one[page.List[Token]], error) {
		if _, err := a.Store.Partner(ctx, in.ID); err != nil {
			return nil, err
		}
		return list(a, in.Paging, "admin/tokens/"+in.ID.String(), func(limit int, after string) ([]identity.Token, string, error) {
			return a.Store.Tokens(ctx, in.ID, limit, after)
		}, showToken)
	})
}
