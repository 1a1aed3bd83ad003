// Package providers lists every bank that the platform speaks to. A new bank is one line here.
package providers

import (
	"log/slog"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/banks/tbank"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/platform/outbound"
)

// List makes the banks; their calls go out through out.
func List(out outbound.Doer, c clock.Clock, log *slog.Logger) *banks.Registry {
	return banks.NewRegistry(map[string]*banks.Bank{
		"tbank": banks.New(tbank.New(out), banks.Limits{}).Using(c, log),
	})
}
