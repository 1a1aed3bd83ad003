// Package settle carries settlement out. When the business day of a book is over, a job closes it, counts its entries one by
// one, makes the settlement (ledger.Settle), sets its payout aside and lets go of the day; a sweeper finds the days that wait.
// Days are settled in order, each exactly once, whoever is asked and however often; what a crash leaves behind, the next
// job finishes, for the day stays due until nothing is owed any more.
package settle

import (
	"context"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
)

// Partner is what the ledger needs to know of a partner.
type Partner struct {
	Zone    *time.Location // of his business day
	Country string         // ISO 3166-1, two letters
}

// Partners knows partners and accounts.
type Partners interface {
	// Partner fails with a fault when there is no such partner.
	Partner(ctx context.Context, partner ids.ID) (Partner, error)
	// Account fails with a fault when there is no such account at a bank in this mode.
	Account(ctx context.Context, m ids.Mode, account ids.ID) error
}

// Alarms calls an operator. One that is open already stays as it is.
type Alarms interface {
	Raise(ctx context.Context, m ids.Mode, kind, object, detail string) error
}

// Events tells partners what happened.
type Events interface {
	// Ready tells the partner of a settlement that was made. One that he was told of already is passed over.
	Ready(ctx context.Context, made ledger.Settlement) error
}

// The alarms of settlement. There is one for each kind and object.
const (
	// NegativePayable: a partner owes us more than the limit, and nothing is paid out until it is earned. The object is the
	// partner and the currency.
	NegativePayable = "negative_payable"
	// SettlementOverdue: a day still cannot be settled OverdueAfter its end. The object is the settlement; it is not finished.
	SettlementOverdue = "settlement_overdue"
	// SettlementMismatch: the entries of a closed day are not what its sums say. The object is the settlement; it is not made.
	SettlementMismatch = "settlement_mismatch"
)

// Poster writes entries of one book: *store.Poster.
type Poster interface {
	Post(ctx context.Context, b ledger.Book, zone *time.Location, entries []ledger.Entry) []error
}

// The refusals of settlement.
var (
	ErrDayNotOver = fault.Conflict("day_not_over", "The business day is not over yet.")
	ErrInDebt     = fault.Conflict("partner_in_debt", "The partner owes us from a later day; nothing is paid out until it is earned.")
	ErrMismatch   = fault.Conflict("settlement_mismatch", "The entries of the day are not what its sums say; an operator has to look.")
)
