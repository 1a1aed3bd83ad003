package api

import (
	"context"
	"net/http"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/identity"
	"giberno.ru/shared/platform/web"
)

type changeAccount struct {
	AccountPath
	Body struct {
		Address    *string            `json:"address,omitempty" maxLength:"512"`
		SettlesTo  *ids.ID            `json:"settles_to,omitempty"`
		Everyone   *bool              `json:"everyone,omitempty"`
		Country    *string            `json:"country,omitempty" minLength:"2" maxLength:"2"`
		Currencies []money.Currency   `json:"currencies,omitempty" minItems:"1" maxItems:"12"`
		Methods    []MethodTerms      `json:"methods,omitempty" minItems:"1" maxItems:"4" doc:"All methods anew"`
		Fiscal     *bool              `json:"fiscal,omitempty"`
		Taxation   *string            `json:"taxation,omitempty"`
		ReturnsFee *bool              `json:"returns_fee,omitempty"`
		Options    *map[string]string `json:"options,omitempty" maxProperties:"20" doc:"All options anew"`

		ReceiptWithin *int `json:"receipt_within_min,omitempty" minimum:"0" maximum:"1440" doc:"5 to 1440 minutes; 0: the usual 60"`
	}
}

// ChangeAccount changes the fields that are given, for payments that begin from now on.
func (a *API) ChangeAccount() web.Endpoint {
	op := operation("change-account", http.MethodPatch, "/account/{id}", WriteAccounts, "Change fields of an account", "account_not_found", "changed_meanwhile")
	return web.Handle(op, func(ctx context.Context, in *changeAccount) (*one[Account], error) {
		return a.change(ctx, in.ID, func(acc identity.Account) (identity.Account, error) {
			b := in.Body
			set(&acc.Address, b.Address)
			set(&acc.SettlesTo, b.SettlesTo)
			set(&acc.Everyone, b.Everyone)
			set(&acc.Country, b.Country)
			set(&acc.Fiscal, b.Fiscal)
			set(&acc.Taxation, b.Taxation)
			set(&acc.ReturnsFee, b.ReturnsFee)
			set(&acc.Options, b.Options)
			set(&acc.ReceiptWithin, b.ReceiptWithin)
			if b.Currencies != nil {
				acc.Currencies = b.Currencies
			}
			if b.Methods != nil {
				acc.Methods = methodsIn(b.Methods)
			}
			return acc, acc.Check()
		})
	})
}

// change reads an account as it is now, changes it and writes it, if nobody else has meanwhile.
func (a *API) change(ctx context.Context, id ids.ID, decide func(identity.Account) (identity.Account, error)) (*one[Account], error) {
	acc, err := a.Store.AccountNow(ctx, id)
	if err != nil {
		return nil, err
	}
	if acc, err = decide(acc); err != nil {
		return nil, err
	}
	if acc, err = a.Store.ChangeAccount(ctx, acc); err != nil {
		return nil, err
	}
	return &one[Account]{a.showAccount(acc)}, nil
}
