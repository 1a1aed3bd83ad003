package api

import (
	"context"
	"net/http"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/identity"
	"giberno.ru/shared/platform/web"
)

type switchAccount struct {
	AccountPath
	Body struct {
		On   bool   `json:"on"`
		Code string `json:"code,omitempty" enum:"sbp,card,card_foreign,instalments" doc:"One method; none: the whole account"`
	}
}

// SwitchAccount turns an account or one of its methods on or off, within a minute everywhere, for new attempts only.
func (a *API) SwitchAccount() web.Endpoint {
	op := operation("switch-account", http.MethodPost, "/account/{id}/switch", WriteAccounts, "Turn an account or a method of it on or off",
		"account_not_found", "method_not_found", "changed_meanwhile")
	return web.Handle(op, func(ctx context.Context, in *switchAccount) (*one[Account], error) {
		return a.change(ctx, in.ID, func(acc identity.Account) (identity.Account, error) {
			return acc.Switched(banks.Method(in.Body.Code), in.Body.On)
		})
	})
}
