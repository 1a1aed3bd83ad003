// Package ledgers hands out the calls on the ledger: balance, statement, settlements, payouts and transfers. It stands apart
// from the other doors, for it reckons business days and so carries the time zones of the world.
package ledgers

import (
	// The runtime provided.al2023 is a minimal image, and nothing promises zone files in it.
	_ "time/tzdata"

	ledgerapi "giberno.ru/shared/ledger/api"
	"giberno.ru/shared/payments/wire/books"
	"giberno.ru/shared/payments/wire/books/calls"
	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/payments/wire/onaws/surroundings"
)

// LedgerAPI is the calls on the ledger, with their door.
type LedgerAPI struct {
	*ledgerapi.Service
	*onaws.House
}

// Ledger makes them for a Lambda.
func Ledger() LedgerAPI {
	return LedgerOf(onaws.Build(surroundings.OfLambda(surroundings.NoQueue{})))
}

// LedgerOf makes them for a house. A file goes out in one answer, which may have 6 MB.
func LedgerOf(h *onaws.House) LedgerAPI {
	s := calls.Of(h.Module.Parts, books.New(h.Module.Parts), h.Module.Service.Cursors)
	s.MaxLines = ledgerapi.LambdaLines
	return LedgerAPI{s, h}
}
