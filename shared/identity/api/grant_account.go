package api

import (
	"context"
	"net/http"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/identity"
	"giberno.ru/shared/platform/web"
)

type grantAccount struct {
	AccountPath
	Body struct {
		Partner ids.ID `json:"partner" doc:"Who may use the account from now on"`
	}
}

// GrantAccount lets a partner use an account that is not his. Saying it twice changes nothing.
func (a *API) GrantAccount() web.Endpoint {
	op := operation("grant-account", http.MethodPost, "/account/{id}/grants", WriteAccounts, "Let a partner use an account",
		"account_not_found", "partner_not_found", "too_many_grants", "changed_meanwhile")
	return web.Handle(op, func(ctx context.Context, in *grantAccount) (*one[Account], error) {
		if _, err := a.Store.Partner(ctx, in.Body.Partner); err != nil {
			return nil, err
		}
		return a.change(ctx, in.ID, func(acc identity.Account) (identity.Account, error) { return acc.Granted(in.Body.Partner) })
	})
}
