package api

import (
	"context"
	"net/http"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/identity"
	"giberno.ru/shared/platform/web"
)

type ungrantAccount struct {
	AccountPath
	Partner ids.ID `path:"partner" doc:"Who may not use the account any more"`
}

// UngrantAccount takes a grant back, for payments that begin from now on.
func (a *API) UngrantAccount() web.Endpoint {
	op := operation("ungrant-account", http.MethodDelete, "/account/{id}/grants/{partner}", WriteAccounts, "Take a grant back", "account_not_found", "changed_meanwhile")
	return web.Handle(op, func(ctx context.Context, in *ungrantAccount) (*one[Account], error) {
		return a.change(ctx, in.ID, func(acc identity.Account) (identity.Account, error) { return acc.Ungranted(in.Partner), nil })
	})
}
