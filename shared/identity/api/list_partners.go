package api

import (
	"context"
	"net/http"

	"giberno.ru/shared/core/page"
	"giberno.ru/shared/identity"
	"giberno.ru/shared/platform/web"
)

// ListPartners lists partners, newest first.
func (a *API) ListPartners() web.Endpoint {
	op := operation("list-partners", http.MethodGet, "/partners", ReadPartners, "List partners, newest first", "invalid_cursor")
	return web.Handle(op, func(ctx context.Context, in *Paging) (*one[page.List[Partner]], error) {
		return list(a, *in, "admin/partners", func(limit int, after string) ([]identity.Partner, string, error) {
			return a.Store.Partners(ctx, limit, after)
		}, showPartner)
	})
}
