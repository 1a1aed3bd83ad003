package payments

import (
	"slices"
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
)

// MaxProviders is how many accounts one wish to pay is offered to.
const MaxProviders = 3

// Candidate is an account as routing sees it, made from its configuration. Only accounts that the partner may use are
// given.
type Candidate struct {
	Account    ids.ID
	Provider   string
	On         bool
	Fiscal     bool
	Till       ids.ID // makes the receipts where the bank has no till
	TillMin    int    // minutes that whoever makes the receipts may take; 0: ReceiptWithin
	Agent      bool   // the account is the platform's
	Currencies []money.Currency
	Methods    []MethodTerms
	FailedAt   time.Time // the last time the bank did not answer; zero: healthy
}

// MethodTerms is what an account takes one method for.
type MethodTerms struct {
	Method    banks.Method
	On        bool
	FeeBP     int64 // of the provider, basis points
	FeeFixed  int64 // minor units
	Min, Max  int64 // minor units; Max 0: no limit
	Countries []string
}

// Wish is what has to be paid and how.
type Wish struct {
	Method   banks.Method
	Amount   money.Money
	Country  string // of the payer, a hint; "" unknown
	Provider string // the partner's wish; "" any
	Hold     bool
}

// Sick is how long an account that did not answer stands behind the healthy ones.
const Sick = time.Minute

// Route orders the accounts that can take the wish: healthy ones first, then the cheapest. At most MaxProviders.
func Route(all []Candidate, w Wish, now time.Time) []Candidate {
	type priced struct {
		Candidate
		fee  int64
		sick bool
	}
	var fit []priced
	for _, c := range all {
		terms, ok := c.takes(w)
		if !ok {
			continue
		}
		fee, err := money.MulDivRound(w.Amount.Amount, terms.FeeBP, 10_000)
		if err != nil {
			continue
		}
		fit = append(fit, priced{c, fee + terms.FeeFixed, now.Sub(c.FailedAt) < Sick})
	}
	slices.SortStableFunc(fit, func(a, b priced) int {
		switch {
		case a.sick != b.sick && a.sick:
			return 1
		case a.sick != b.sick:
			return -1
		case a.fee != b.fee:
			return int(min(max(a.fee-b.fee, -1), 1))
		}
		return slices.Compare(a.Account[:], b.Account[:])
	})
	best := make([]Candidate, 0, MaxProviders)
	for _, f := range fit[:min(len(fit), MaxProviders)] {
		best = append(best, f.Candidate)
	}
	return best
}

func (c Candidate) takes(w Wish) (MethodTerms, bool) {
	if !c.On || !slices.Contains(c.Currencies, w.Amount.Currency) || w.Provider != "" && w.Provider != c.Provider {
		return MethodTerms{}, false
	}
	for _, t := range c.Methods {
		if t.Method != w.Method || !t.On || w.Amount.Amount < t.Min || t.Max > 0 && w.Amount.Amount > t.Max {
			continue
		}
		if w.Country != "" && len(t.Countries) > 0 && !slices.Contains(t.Countries, w.Country) {
			continue
		}
		return t, true
	}
	return MethodTerms{}, false
}

// Usable lists the methods that at least one account takes, SBP first, with the providers that would.
func Usable(all []Candidate, o Order, country string, now time.Time) map[banks.Method][]Candidate {
	usable := map[banks.Method][]Candidate{}
	for _, m := range banks.Methods {
		if !o.Offers(m) {
			continue
		}
		if fit := Route(all, Wish{Method: m, Amount: o.Total, Country: country, Hold: o.Hold}, now); len(fit) > 0 {
			usable[m] = fit
		}
	}
	return usable
}

// Offer is a way to pay with the accounts that take it and the amounts between which one of them does.
type Offer struct {
	Method    banks.Method
	Providers []string
	Min, Max  int64 // minor units; Max 0: no limit
}

// Offers lists the ways to pay in a currency, SBP first.
func Offers(all []Candidate, c money.Currency, country string) []Offer {
	var offers []Offer
	for _, m := range banks.Methods {
		o := Offer{Method: m}
		for _, a := range all {
			for _, t := range a.Methods {
				if t.Method != m {
					continue
				}
				least := max(t.Min, 1)
				if _, ok := a.takes(Wish{Method: m, Amount: money.Of(least, c), Country: country}); !ok {
					continue
				}
				o.widen(a.Provider, least, t.Max)
			}
		}
		if len(o.Providers) > 0 {
			offers = append(offers, o)
		}
	}
	return offers
}

func (o *Offer) widen(provider string, least, most int64) {
	switch {
	case len(o.Providers) == 0:
		o.Min, o.Max = least, most
	default:
		o.Min = min(o.Min, least)
		if o.Max > 0 {
			o.Max = max(o.Max, most)
		}
		if most == 0 {
			o.Max = 0
		}
	}
	if !slices.Contains(o.Providers, provider) {
		o.Providers = append(o.Providers, provider)
	}
}
