package api

import (
	"context"
	"net/http"

	"giberno.ru/shared/core/page"
	"giberno.ru/shared/identity"
	"giberno.ru/shared/platform/web"
)

// ListOperators lists operators, newest first.
func (a *API) ListOperators() web.Endpoint {
	op := operation("list-operators", http.MethodGet, "/operators", ReadOperators, "List operators, newest first", "invalid_cursor")
	return web.Handle(op, func(ctx context.Context, in *Paging) (*one[page.List[Operator]], error) {
		return list(a, *in, "admin/operators", func(limit int, after string) ([]identity.Operator, string, error) {
			return a.Store.Operators(ctx, limit, after)
		}, showOperator)
	})
}
