// Package api is the ledger's door for partners and operators: balance, statement, settlements and their registers, payouts and
// the banks' transfers. One endpoint stands in one file; no rule lives here.
package api

import (
	"context"
	"io"
	"iter"
	"log/slog"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/ledger/register"
	"giberno.ru/shared/ledger/settle"
	"giberno.ru/shared/ledger/store"
	"giberno.ru/shared/platform/web"
)

// LambdaLines is the MaxLines behind API Gateway: an answer of a Lambda may have 6 MB, and a line at most some 500 bytes.
const LambdaLines = 10_000

// Service serves the endpoints of the ledger.
type Service struct {
	Settler   *settle.Settler
	Worker    *settle.Worker // closes a day that an operator names
	Registers *settle.Registers
	Store     *store.Store
	Partners  settle.Partners
	Cursors   page.Signer
	Clock     clock.Clock
	Log       *slog.Logger
	// Leaving tells what a partner's open refunds will take off what we owe him, by currency, in minor units: those that were
	// accepted and are not in the ledger. nil: there are none.
	Leaving func(ctx context.Context, m ids.Mode, partner ids.ID) (map[money.Currency]int64, error)
	// Spreadsheet writes a register as XLSX: xlsx.Write. It is handed in, so that only the function that answers with
	// spreadsheets carries the library; nil: registers are CSV.
	Spreadsheet func(w io.Writer, h register.Head, lines iter.Seq2[register.Line, error]) (register.Totals, error)
	// MaxLines bounds the lines of one file that is answered; 0: files are streamed, whatever their size.
	MaxLines int
}

// ManageSettlements is the scope of the operators' tokens that tell of payouts and transfers, and close days.
const ManageSettlements = "settlements:write"

// Endpoints lists the endpoints of partners and operators.
func (s *Service) Endpoints() []web.Endpoint {
	return []web.Endpoint{
		s.GetBalance(), s.GetStatement(), s.ListSettlements(), s.GetSettlement(), s.GetRegister(),
		s.ListPayouts(), s.PayOutSettlement(), s.CloseSettlement(), s.RecordTransfer(),
	}
}

// scopeOf names a list, its owner and its filters: a cursor continues the very list that it was given for.
func scopeOf(who web.Caller, list string, filters ...string) string {
	parts := append([]string{list, string(who.Mode), who.Partner.String()}, filters...)
	return ids.FromParts(parts...).String()
}

// modeOf reads the world that an operator names; his own token belongs to neither.
func modeOf(word string) ids.Mode {
	if word == "live" {
		return ids.Live
	}
	return ids.Test
}

// operatorOf names the operator in what is kept: the person, or the token of a caller without one.
func operatorOf(ctx context.Context) string {
	who := web.CallerOf(ctx)
	if !who.Person.IsZero() {
		return who.Person.String()
	}
	return who.TokenID
}
