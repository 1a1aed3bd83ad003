package ledger

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
)

// ErrReference is the fault of a reference that no bank gives.
var ErrReference = fault.Invalid("invalid_reference", "A reference is 1 to 140 letters, digits and signs, without control characters.")

// CleanReference reads a bank's name of a transfer as somebody typed it: without spaces around it, and with one between words, so
// that the same name typed twice is the same name. It fails with ErrReference.
func CleanReference(text string) (string, error) {
	clean := folded(text)
	strange := func(r rune) bool { return !unicode.IsPrint(r) }
	if clean == "" || len([]rune(clean)) > 140 || !utf8.ValidString(text) || strings.ContainsFunc(clean, strange) {
		return "", ErrReference
	}
	return clean, nil
}

func folded(text string) string { return strings.Join(strings.Fields(text), " ") }

// Transfer is what a bank sent us of one partner's money, or took back where it is negative (more refunds than payments).
type Transfer struct {
	ID      string // unique within the mode; the bank's transfer and the partner are part of it
	Account ids.ID // at the bank
	Amount  int64  // minor units; never 0
}

// BankTransfer is the entry of a bank's transfer: it owes us so much less.
func BankTransfer(b Book, t Transfer, at time.Time) (Entry, error) {
	e := Entry{ID: t.ID + ":transferred", Book: b, Kind: KindTransferred, Through: t.Account, At: at}
	e.post(signed(BankSettlement, Clearing(t.Account), t.Amount))
	return e, e.Validate()
}

// signed turns a movement of a negative amount round.
func signed(from, to Account, amount int64) (Account, Account, int64) {
	if amount < 0 {
		return to, from, -amount
	}
	return from, to, amount
}

// ReservedID names the entry by which a settlement set its sum aside.
func ReservedID(settlement ids.ID) string { return settlement.String() + ":reserved" }

// PaidOutID names the entry of a settlement's payout.
func PaidOutID(settlement ids.ID) string { return settlement.String() + ":paid_out" }

// Reserve is the entry by which a settlement sets its sum aside: it is on its way to the partner and cannot be spent again.
// A payout that failed is undone by Reverse of this entry.
func Reserve(b Book, settlement ids.ID, amount int64, at time.Time) (Entry, error) {
	e := Entry{ID: ReservedID(settlement), Book: b, Kind: KindReserved, Object: settlement, At: at}
	e.Postings = []Posting{{Payable, Reserved, amount}}
	return e, e.Validate()
}

// PaidOut is the entry of a settlement's sum that reached the partner.
func PaidOut(b Book, settlement ids.ID, amount int64, at time.Time) (Entry, error) {
	e := Entry{ID: PaidOutID(settlement), Book: b, Kind: KindPaidOut, Object: settlement, At: at}
	e.Postings = []Posting{{Reserved, BankSettlement, amount}}
	return e, e.Validate()
}

// Correction is how an operator resolved a break.
type Correction struct {
	ID       string // of the break: resolved twice, it is written once
	Object   ids.ID // what the break was about; zero if nothing of ours
	Postings []Posting
	By       string // the operator
	Note     string // his reason
}

// Correct is the entry of a correction. One without an author and a reason is refused with ErrEntry.
func Correct(b Book, c Correction, at time.Time) (Entry, error) {
	e := Entry{ID: c.ID + ":corrected", Book: b, Kind: KindCorrected, Object: c.Object, At: at, Postings: c.Postings, By: c.By, Note: c.Note}
	if c.By == "" || c.Note == "" {
		return Entry{}, ErrEntry.At("by", "a correction has an author and a reason")
	}
	return e, e.Validate()
}

// Suspend puts aside what stands at a bank too much, until its owner is known; a negative amount is what is missing there.
func Suspend(account ids.ID, amount int64) Posting {
	from, to, n := signed(Clearing(account), Suspense, amount)
	return Posting{from, to, n}
}

// Forgive gives up what is missing at a bank; a negative amount keeps what stands there too much.
func Forgive(account ids.ID, amount int64) Posting {
	from, to, n := signed(WriteOff, Clearing(account), amount)
	return Posting{from, to, n}
}
