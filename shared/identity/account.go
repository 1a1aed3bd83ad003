package identity

import (
	"fmt"
	"slices"
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/receipts"
)

// Account is a contract with a provider. Its secrets are sealed; the store opens them. The JSON names are those of its row.
type Account struct {
	ID         ids.ID            `json:"id"`
	Provider   string            `json:"provider"` // "tbank" …
	Mode       ids.Mode          `json:"mode"`
	Terminal   string            `json:"terminal"`            // its name at the provider; unique with provider and mode, for ever
	Address    string            `json:"address"`             // base of the provider's API
	Owner      ids.ID            `json:"owner,omitzero"`      // zero: the platform
	SettlesTo  ids.ID            `json:"settles_to,omitzero"` // whom the provider pays; zero: the owner; see Pays
	Everyone   bool              `json:"everyone,omitempty"`  // a platform account that every partner may use
	Grants     []ids.ID          `json:"grants,omitempty"`    // partners who may use it beside its owner
	Country    string            `json:"country"`
	Currencies []money.Currency  `json:"currencies"`
	Methods    []MethodTerms     `json:"methods"`
	On         bool              `json:"on"`
	Fiscal     bool              `json:"fiscal"`                // the provider's own till makes the receipts
	Taxation   string            `json:"taxation"`              // of those receipts
	ReturnsFee bool              `json:"returns_fee,omitempty"` // the provider gives its fee back on a refund
	Options    map[string]string `json:"options,omitempty"`
	Secrets    []Sealed          `json:"secrets"` // newest first, at most two
	CreatedAt  time.Time         `json:"created_at"`
	Version    int64             `json:"-"`

	// ReceiptWithin is how many minutes its till may take for a receipt before an operator is called; 0: DefaultReceiptWithin.
	ReceiptWithin int `json:"receipt_within_min,omitempty"`
}

// MethodTerms is what an account takes one method for.
type MethodTerms struct {
	Code      banks.Method `json:"code"`
	On        bool         `json:"on"`
	FeeBP     int64        `json:"fee_bp"`              // the provider's fee, basis points
	FeeFixed  int64        `json:"fee_fixed"`           // minor units
	MinMinor  int64        `json:"min_minor,omitempty"` // of a payment, minor units
	MaxMinor  int64        `json:"max_minor,omitempty"` // 0: no limit
	Countries []string     `json:"countries,omitempty"` // of payers; empty: all
}

// Sealed is one version of an account's password, in its box.
type Sealed struct {
	Version    int64     `json:"version"`
	Box        []byte    `json:"box"`
	ValidUntil time.Time `json:"valid_until,omitzero"` // zero: the current one
}

// RotationOverlap is how long the previous password stays good: notifications signed with it are still on their way.
const RotationOverlap = 24 * time.Hour

// The limits of an account.
const (
	MaxGrants  = 1000
	MaxOptions = 20
)

// How many minutes a till may take for a receipt: at least, at most, and where its account says nothing. A till that is well
// may need minutes, and the law does not wait longer than a day.
const (
	MinReceiptWithin     = 5
	MaxReceiptWithin     = 24 * 60
	DefaultReceiptWithin = 60
)

// ErrRotatedTwice is a rotation while two passwords are still good: the older one may still sign notifications.
var ErrRotatedTwice = fault.Conflict("rotation_in_progress", "The previous password is still valid; wait until it has ended.")

// TillProvider is the provider of an account that is no bank's but a contract with the fiscal service: it takes no
// payments, and makes the receipts of those whose bank has no till. Its terminal is the code of the group of tills.
const TillProvider = "atol"

// The options that a till's account has beside its password.
const (
	TillVersion = "version" // of the service's protocol: v4 or v5
	TillLogin   = "login"
	TillINN     = "inn"             // of its owner
	TillEmail   = "email"           // the sender of receipts
	TillAddress = "payment_address" // where the settlement is made
)

// IsTill reports a contract with the fiscal service.
func (a Account) IsTill() bool { return a.Provider == TillProvider }

// Pays is the partner whom the provider pays what the account took; zero: the platform, which then owes it to the partner
// who sold and sells for him as his agent. What an owner's account takes is his own unless it is said otherwise: the
// platform must never pay out what it did not get.
func (a Account) Pays() ids.ID {
	if !a.SettlesTo.IsZero() {
		return a.SettlesTo
	}
	return a.Owner
}

// UsableBy reports whether a partner's orders may be paid through the account.
func (a Account) UsableBy(partner ids.ID) bool {
	switch {
	case partner.IsZero():
		return false
	case a.Owner == partner, a.Everyone && a.Owner.IsZero():
		return true
	}
	return slices.Contains(a.Grants, partner)
}

// Granted gives the account with one more partner.
func (a Account) Granted(partner ids.ID) (Account, error) {
	if slices.Contains(a.Grants, partner) {
		return a, nil
	}
	if len(a.Grants) >= MaxGrants {
		return a, fault.Conflict("too_many_grants", "An account takes at most 1000 grants; open it for everyone instead.")
	}
	a.Grants = append(slices.Clone(a.Grants), partner)
	return a, nil
}

// Ungranted gives the account without a partner.
func (a Account) Ungranted(partner ids.ID) Account {
	a.Grants = slices.DeleteFunc(slices.Clone(a.Grants), func(g ids.ID) bool { return g == partner })
	return a
}

// Switched gives the account with itself (method "") or one of its methods on or off.
func (a Account) Switched(method banks.Method, on bool) (Account, error) {
	if method == "" {
		a.On = on
		return a, nil
	}
	i := slices.IndexFunc(a.Methods, func(m MethodTerms) bool { return m.Code == method })
	if i < 0 {
		return a, fault.NotFound("method_not_found", "The account has no such method.")
	}
	a.Methods = slices.Clone(a.Methods)
	a.Methods[i].On = on
	return a, nil
}

// NextSecret is the version that the next password of the account will have.
func (a Account) NextSecret() int64 {
	if len(a.Secrets) == 0 {
		return 1
	}
	return a.Secrets[0].Version + 1
}

// Rotated gives the account with a new password in front; the one before stays good for RotationOverlap.
func (a Account) Rotated(s Sealed, now time.Time) (Account, error) {
	if len(a.Secrets) > 1 && a.Secrets[1].ValidUntil.After(now) {
		return a, ErrRotatedTwice
	}
	if len(a.Secrets) == 0 {
		a.Secrets = []Sealed{s}
		return a, nil
	}
	previous := a.Secrets[0]
	previous.ValidUntil = now.Add(RotationOverlap)
	a.Secrets = []Sealed{s, previous}
	return a, nil
}

// GoodSecrets gives the passwords that are good now, the current one first.
func (a Account) GoodSecrets(now time.Time) []Sealed {
	if len(a.Secrets) > 1 && !a.Secrets[1].ValidUntil.After(now) {
		return a.Secrets[:1]
	}
	return a.Secrets
}

var (
	providerForm = onUse(`^[a-z][a-z0-9]{1,15}$`)
	terminalForm = onUse(`^[A-Za-z0-9._-]{1,64}$`)
)

// Check tells every wrong field of an account at once.
func (a Account) Check() error {
	var w wrong
	w.unless(providerForm().MatchString(a.Provider), "provider", "expected the provider's name, such as tbank")
	w.unless(a.Mode.Valid(), "mode", "expected test or live")
	w.unless(terminalForm().MatchString(a.Terminal), "terminal", "expected 1 to 64 letters, digits, dots, dashes and underscores")
	w.unless(ValidAddress(a.Address, a.Mode), "address", "expected an https address without user, query, fragment and closing slash (http on loopback in test mode)")
	w.unless(countryForm().MatchString(a.Country), "country", "expected two capital letters of ISO 3166-1")
	w.unless(a.Taxation == "" || receipts.ValidTaxation(a.Taxation), "taxation", "expected a system of taxation in force")
	w.unless(!a.Fiscal || a.Taxation != "", "taxation", "an account whose till makes receipts needs its taxation")
	within := a.ReceiptWithin
	w.unless(within == 0 || within >= MinReceiptWithin && within <= MaxReceiptWithin, "receipt_within_min", "expected 5 to 1440 minutes, or 0 for the usual 60")
	w.unless(!a.Everyone || a.Owner.IsZero(), "everyone", "only an account of the platform may be open to everyone")
	w.unless(len(a.Grants) <= MaxGrants, "grants", "at most 1000")
	w.unless(len(a.Currencies) > 0 && len(a.Currencies) <= len(money.Currencies), "currencies", "at least one, each once")
	for i, c := range a.Currencies {
		w.unless(c.Known() && slices.Index(a.Currencies, c) == i, fmt.Sprintf("currencies[%d]", i), "expected a currency of the platform, once")
	}
	w.unless(len(a.Options) <= MaxOptions, "options", "at most 20")
	for name, value := range a.Options {
		w.unless(len(name) <= 40 && len(value) <= 500, "options", "names up to 40 and values up to 500 bytes")
	}
	a.checkMethods(&w)
	return w.fault()
}

func (a Account) checkTill(w *wrong) {
	w.unless(len(a.Methods) == 0, "methods", "a till takes no payments")
	w.unless(a.Fiscal, "fiscal", "a till makes receipts")
	w.unless(a.Options[TillVersion] == "v4" || a.Options[TillVersion] == "v5", "options."+TillVersion, "expected v4 or v5")
	w.unless(ValidTaxNumber("RU", a.Options[TillINN]), "options."+TillINN, "expected an INN of 10 or 12 digits whose check digits hold")
	for _, name := range []string{TillLogin, TillEmail, TillAddress} {
		w.unless(a.Options[name] != "", "options."+name, "is required of a till")
	}
}

func (a Account) checkMethods(w *wrong) {
	if a.IsTill() {
		a.checkTill(w)
		return
	}
	w.unless(len(a.Methods) > 0, "methods", "at least one")
	for i, m := range a.Methods {
		at := func(field string) string { return fmt.Sprintf("methods[%d].%s", i, field) }
		same := func(o MethodTerms) bool { return o.Code == m.Code }
		w.unless(slices.Contains(banks.Methods, m.Code) && slices.IndexFunc(a.Methods, same) == i, at("code"), "expected a method of the platform, once")
		w.unless(m.FeeBP >= 0 && m.FeeBP <= MaxFeeBP, at("fee_bp"), "expected 0 to 10000 basis points")
		w.unless(m.FeeFixed >= 0 && m.FeeFixed <= 1_000_000_00, at("fee_fixed"), "expected 0 to 100000000 minor units")
		w.unless(m.MinMinor >= 0 && (m.MaxMinor == 0 || m.MaxMinor >= m.MinMinor), at("max_minor"), "expected 0 (no limit) or at least min_minor")
		for _, c := range m.Countries {
			w.unless(countryForm().MatchString(c), at("countries"), "expected two capital letters of ISO 3166-1")
		}
	}
}
