package api

import (
	"context"
	"net/http"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/platform/web"
)

// AccountPath names an account.
type AccountPath struct {
	ID ids.ID `path:"id" doc:"The account"`
}

// GetAccount shows an account.
func (a *API) GetAccount() web.Endpoint {
	op := operation("get-account", http.MethodGet, "/account/{id}", ReadAccounts, "Show an account", "account_not_found")
	return web.Handle(op, func(ctx context.Context, in *AccountPath) (*one[Account], error) {
		acc, err := a.Store.AccountNow(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return &one[Account]{a.showAccount(acc)}, nil
	})
}
