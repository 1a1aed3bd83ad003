package api

import (
	"slices"
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/identity"
)

// MethodTerms is what an account takes one method for.
type MethodTerms struct {
	Code      string   `json:"code" enum:"sbp,card,card_foreign,instalments"`
	On        bool     `json:"on"`
	FeeBP     int64    `json:"fee_bp,omitempty" minimum:"0" maximum:"10000" doc:"The provider's fee, basis points"`
	FeeFixed  int64    `json:"fee_fixed,omitempty" minimum:"0" doc:"Minor units"`
	MinMinor  int64    `json:"min_minor,omitempty" minimum:"0" doc:"Smallest payment, minor units"`
	MaxMinor  int64    `json:"max_minor,omitempty" minimum:"0" doc:"Largest payment, minor units; 0: no limit"`
	Countries []string `json:"countries,omitempty" maxItems:"50" doc:"Of payers; none: all"`
}

// AccountFields are what an operator may change of an account.
type AccountFields struct {
	Address    string            `json:"address" maxLength:"512" doc:"Base of the provider's API, without a closing slash" example:"https://securepay.tinkoff.ru"`
	SettlesTo  ids.ID            `json:"settles_to,omitzero" doc:"Partner whose bank account the provider pays; none: the owner's, or the platform's where the account is the platform's"`
	Everyone   bool              `json:"everyone,omitempty" doc:"An account of the platform that every partner may use"`
	Country    string            `json:"country" minLength:"2" maxLength:"2" example:"RU"`
	Currencies []money.Currency  `json:"currencies" minItems:"1" maxItems:"12"`
	Methods    []MethodTerms     `json:"methods" maxItems:"4" doc:"At least one; a till has none"`
	On         bool              `json:"on"`
	Fiscal     bool              `json:"fiscal,omitempty" doc:"The provider's own till makes the receipts"`
	Taxation   string            `json:"taxation,omitempty" example:"usn_income"`
	ReturnsFee bool              `json:"returns_fee,omitempty" doc:"The provider gives its fee back on a refund"`
	Options    map[string]string `json:"options,omitempty" maxProperties:"20" doc:"What only this provider needs; no secrets"`

	ReceiptWithin int `json:"receipt_within_min,omitempty" minimum:"0" maximum:"1440" example:"10" doc:"Minutes that its till may take for a receipt before an operator is called, 5 to 1440; none or 0: 60. A payment keeps what held when it began"`
}

// Account is what an operator sees of an account: never its password.
type Account struct {
	ID       ids.ID   `json:"id"`
	Provider string   `json:"provider" example:"tbank"`
	Mode     string   `json:"mode" enum:"test,live"`
	Terminal string   `json:"terminal"`
	Owner    ids.ID   `json:"owner,omitzero" doc:"The partner whose contract it is; none: the platform's"`
	Grants   []ids.ID `json:"grants" doc:"Partners who may use it beside its owner"`
	AccountFields
	PreviousPasswordUntil *time.Time `json:"previous_password_until,omitempty" doc:"Until when the password before the last rotation is good"`
	CreatedAt             time.Time  `json:"created_at"`
}

func (f AccountFields) onto(a identity.Account) identity.Account {
	a.Address, a.SettlesTo, a.Everyone, a.Country, a.Currencies = f.Address, f.SettlesTo, f.Everyone, f.Country, f.Currencies
	a.On, a.Fiscal, a.Taxation, a.ReturnsFee, a.Options = f.On, f.Fiscal, f.Taxation, f.ReturnsFee, f.Options
	a.Methods, a.ReceiptWithin = methodsIn(f.Methods), f.ReceiptWithin
	return a
}

func methodsIn(list []MethodTerms) []identity.MethodTerms {
	out := make([]identity.MethodTerms, len(list))
	for i, m := range list {
		out[i] = identity.MethodTerms{
			Code: banks.Method(m.Code), On: m.On, FeeBP: m.FeeBP, FeeFixed: m.FeeFixed, MinMinor: m.MinMinor, MaxMinor: m.MaxMinor, Countries: m.Countries,
		}
	}
	return out
}

func (a *API) showAccount(acc identity.Account) Account {
	out := Account{
		ID: acc.ID, Provider: acc.Provider, Mode: wordOf(acc.Mode), Terminal: acc.Terminal, Owner: acc.Owner,
		Grants: append([]ids.ID{}, acc.Grants...), CreatedAt: acc.CreatedAt,
		AccountFields: AccountFields{
			Address: acc.Address, SettlesTo: acc.SettlesTo, Everyone: acc.Everyone, Country: acc.Country, Currencies: acc.Currencies,
			On: acc.On, Fiscal: acc.Fiscal, Taxation: acc.Taxation, ReturnsFee: acc.ReturnsFee, Options: acc.Options,
			ReceiptWithin: acc.ReceiptWithin,
		},
	}
	for _, m := range acc.Methods {
		out.Methods = append(out.Methods, MethodTerms{
			Code: string(m.Code), On: m.On, FeeBP: m.FeeBP, FeeFixed: m.FeeFixed, MinMinor: m.MinMinor, MaxMinor: m.MaxMinor, Countries: slices.Clone(m.Countries),
		})
	}
	if good := acc.GoodSecrets(a.Clock.Now()); len(good) > 1 {
		until := good[1].ValidUntil
		out.PreviousPasswordUntil = &until
	}
	return out
}
