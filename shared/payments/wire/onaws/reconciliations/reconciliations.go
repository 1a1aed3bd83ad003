// Package reconciliations hands out the operators' calls on reconciliations and their breaks.
package reconciliations

import (
	// A correction belongs to the business day of its partner's zone, and provided.al2023 promises no zone files.
	_ "time/tzdata"

	reconcilingapi "giberno.ru/shared/ledger/reconciling/api"
	"giberno.ru/shared/payments/wire/books"
	"giberno.ru/shared/payments/wire/books/matching"
	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/payments/wire/onaws/surroundings"
)

// ReconciliationAPI is the calls on reconciliations, with their door.
type ReconciliationAPI struct {
	*reconcilingapi.Service
	*onaws.House
}

// Reconciliation makes them for a Lambda.
func Reconciliation() ReconciliationAPI {
	return ReconciliationOf(onaws.Build(surroundings.OfLambda(surroundings.NoQueue{})))
}

// ReconciliationOf makes them for a house.
func ReconciliationOf(h *onaws.House) ReconciliationAPI {
	return ReconciliationAPI{matching.Of(h.Module.Parts, books.New(h.Module.Parts), h.Module.Service.Cursors, ""), h}
}
