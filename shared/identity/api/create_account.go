package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/identity"
	"giberno.ru/shared/platform/web"
)

type createAccount struct {
	web.Idempotent
	Body struct {
		Provider string   `json:"provider" example:"tbank"`
		Mode     string   `json:"mode" enum:"test,live"`
		Terminal string   `json:"terminal" minLength:"1" maxLength:"64" doc:"The account's name at the provider"`
		Password string   `json:"password" minLength:"1" maxLength:"256" doc:"Sealed at once and never shown again"`
		Owner    ids.ID   `json:"owner,omitzero" doc:"The partner whose contract it is; none: the platform's"`
		Grants   []ids.ID `json:"grants,omitempty" maxItems:"100" doc:"Partners who may use it beside its owner"`
		AccountFields
	}
}

// CreateAccount adds a contract with a provider.
func (a *API) CreateAccount() web.Endpoint {
	op := operation("create-account", http.MethodPost, "/account", WriteAccounts, "Add an account at a provider", "terminal_taken", "clock_moved", "partner_not_found", "idempotency_mismatch")
	return web.Handle(op, func(ctx context.Context, in *createAccount) (*web.Reply[web.Rendered[Account]], error) {
		id, err := a.newID(ctx, op.Name, ids.ID{}, in.Key())
		if err != nil {
			return nil, err
		}
		if len(a.Providers) > 0 && !slices.Contains(a.Providers, in.Body.Provider) {
			return nil, fault.Validation(fault.Field{Location: "body.provider", Message: "we do not know this provider"})
		}
		acc := in.Body.onto(identity.Account{
			ID: id, Provider: in.Body.Provider, Mode: modeOf(in.Body.Mode), Terminal: in.Body.Terminal,
			Owner: in.Body.Owner, Grants: in.Body.Grants, CreatedAt: a.Clock.Now().UTC().Truncate(time.Millisecond),
		})
		if err := acc.Check(); err != nil {
			return nil, err
		}
		answer, err := web.Render(a.showAccount(acc))
		if err != nil {
			return nil, err
		}
		replay, err := a.Store.CreateAccount(ctx, acc, in.Body.Password, once(in.Key(), in.Body, answer))
		if err != nil {
			return nil, err
		}
		return created[Account](answer, replay), nil
	})
}
