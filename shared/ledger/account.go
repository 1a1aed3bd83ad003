package ledger

import (
	"slices"
	"strings"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
)

// Account is the name of an account within one book: a kind, and for some kinds whose it is ("clearing:{uuid}").
type Account string

// The accounts that a book has once.
const (
	Payable        Account = "payable"
	Reserved       Account = "reserved"
	Receivable     Account = "receivable"
	PlatformFees   Account = "platform_fees"
	Suspense       Account = "suspense"
	BankSettlement Account = "bank_settlement"
	WriteOff       Account = "write_off"
)

const (
	clearing     = "clearing"
	providerFees = "provider_fees"
	available    = "available"
	held         = "held"
)

// Clearing is what a bank owes us for what an account of ours took there.
func Clearing(account ids.ID) Account { return of(clearing, account) }

// ProviderFees is what the bank kept of what the account took.
func ProviderFees(account ids.ID) Account { return of(providerFees, account) }

// UserAvailable is what a user of consultations can spend.
func UserAvailable(user ids.ID) Account { return of(available, user) }

// UserHeld is what is kept of a user's balance for a consultation that is not over.
func UserHeld(user ids.ID) Account { return of(held, user) }

func of(kind string, id ids.ID) Account { return Account(kind + ":" + id.String()) }

// ErrAccount is the fault of a text that names no account of ours.
var ErrAccount = fault.Invalid("invalid_ledger_account", "This is not an account of the ledger.")

var (
	single = []Account{Payable, Reserved, Receivable, PlatformFees, Suspense, BankSettlement, WriteOff}
	owned  = []string{clearing, providerFees, available, held}
)

// Valid reports whether a is one of the accounts above.
func (a Account) Valid() bool {
	kind, of := a.Split()
	if of.IsZero() {
		return slices.Contains(single, a)
	}
	return slices.Contains(owned, kind) && Account(kind+":"+of.String()) == a
}

// Split gives the kind of an account and whose it is; the zero id where the book has it once, or where it is none of ours.
func (a Account) Split() (kind string, of ids.ID) {
	kind, text, found := strings.Cut(string(a), ":")
	if !found {
		return kind, ids.ID{}
	}
	of, err := ids.Parse(text)
	if err != nil {
		return string(a), ids.ID{}
	}
	return kind, of
}

// OfUser reports an account of a user of consultations. There are as many as users, so a book counts them as two sums.
func (a Account) OfUser() bool {
	kind, of := a.Split()
	return !of.IsZero() && (kind == available || kind == held)
}

// InBook is the account under which a book counts a: users' accounts are summed as "available" and "held".
func (a Account) InBook() Account {
	if a.OfUser() {
		kind, _ := a.Split()
		return Account(kind)
	}
	return a
}
