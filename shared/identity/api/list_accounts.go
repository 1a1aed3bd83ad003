package api

import (
	"context"
	"net/http"
	"slices"

	"giberno.ru/shared/core/page"
	"giberno.ru/shared/identity"
	"giberno.ru/shared/platform/web"
)

type listAccounts struct {
	Mode string `query:"mode" enum:"test,live" default:"test"`
	Paging
}

// ListAccounts lists the accounts of a mode, by their ids.
func (a *API) ListAccounts() web.Endpoint {
	op := operation("list-accounts", http.MethodGet, "/accounts", ReadAccounts, "List the accounts of a mode", "invalid_cursor")
	return web.Handle(op, func(ctx context.Context, in *listAccounts) (*one[page.List[Account]], error) {
		return list(a, in.Paging, "admin/accounts/"+in.Mode, func(limit int, after string) ([]identity.Account, string, error) {
			all, err := a.Store.AccountsNow(ctx, modeOf(in.Mode))
			if err != nil {
				return nil, "", err
			}
			begin := slices.IndexFunc(all, func(acc identity.Account) bool { return acc.ID.String() > after })
			if begin < 0 {
				return nil, "", nil
			}
			all = all[begin:]
			if len(all) <= limit {
				return all, "", nil
			}
			return all[:limit], all[limit-1].ID.String(), nil
		}, a.showAccount)
	})
}
