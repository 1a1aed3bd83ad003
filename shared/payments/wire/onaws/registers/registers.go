// Package registers hands out the one call on the ledger that answers with spreadsheets: their library is large.
package registers

import (
	"giberno.ru/shared/ledger/register/xlsx"
	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/payments/wire/onaws/ledgers"
	"giberno.ru/shared/payments/wire/onaws/surroundings"
)

// Ledger makes the calls on the ledger for a Lambda that writes spreadsheets.
func Ledger() ledgers.LedgerAPI {
	return LedgerOf(onaws.Build(surroundings.OfLambda(surroundings.NoQueue{})))
}

// LedgerOf makes them for a house.
func LedgerOf(h *onaws.House) ledgers.LedgerAPI {
	l := ledgers.LedgerOf(h)
	l.Spreadsheet = xlsx.Write
	return l
}
