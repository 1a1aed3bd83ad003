package banks

import (
	"net/url"
	"slices"
	"strings"

	"giberno.ru/shared/core/fault"
)

// ErrNoProvider is the fault of a provider that this process does not speak to.
var ErrNoProvider = fault.Conflict("provider_not_available", "This provider is not available.")

// Registry finds the bank of a provider. It does not change once made.
type Registry struct{ banks map[string]*Bank }

// NewRegistry makes a registry of banks by provider name.
func NewRegistry(banks map[string]*Bank) *Registry {
	own := make(map[string]*Bank, len(banks))
	for provider, bank := range banks {
		own[provider] = bank
	}
	return &Registry{banks: own}
}

// Bank gives the bank of a provider, or ErrNoProvider.
func (r *Registry) Bank(provider string) (*Bank, error) {
	if bank, ok := r.banks[provider]; ok {
		return bank, nil
	}
	return nil, ErrNoProvider
}

// Providers lists the names in order.
func (r *Registry) Providers() []string {
	names := make([]string, 0, len(r.banks))
	for name := range r.banks {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// PageOrigins are the origins of all payment pages that these accounts may lead to, sorted: what `form-action` of our
// pages has to name, because Chromium applies it to redirects.
func (r *Registry) PageOrigins(accounts ...Account) []string {
	var origins []string
	for _, a := range accounts {
		if bank, ok := r.banks[a.Provider]; ok {
			origins = append(origins, bank.PageOrigins(a)...)
		}
	}
	return distinct(origins)
}

// origin is scheme and host of an address; "" when it is not one that a policy may name.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.ContainsAny(u.Host, " ;,'\"*") {
		return ""
	}
	return u.Scheme + "://" + strings.ToLower(u.Host)
}

func distinct(texts []string) []string {
	own := slices.Clone(texts)
	slices.Sort(own)
	return slices.Compact(own)
}
