package reconcile

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/money"
)

// Kind says what an operation did with the money.
type Kind string

// The kinds. Payout is the bank's transfer to us, the others are the payer's money.
const (
	Payment    Kind = "payment"
	Refund     Kind = "refund"
	Chargeback Kind = "chargeback"
	Payout     Kind = "payout"
)

// kinds gives each kind its place in the sort order.
var kinds = [...]Kind{Payment, Refund, Chargeback, Payout}

// Status says how far an operation has come.
type Status string

// The statuses. Only what is done moves money: whatever else stands on one side alone is no break.
const (
	Done    Status = "done"
	Pending Status = "pending"
	Failed  Status = "failed"
)

var statuses = [...]Status{Done, Pending, Failed}

// Operation is one movement as one side tells it: a fact of our ledger, or a line of the bank's register.
type Operation struct {
	Reference string      `json:"reference,omitempty"` // our name of the payment at the bank; a refund carries its payment's
	BankID    string      `json:"bank_id,omitempty"`   // the bank's own number of it
	Kind      Kind        `json:"kind"`
	Status    Status      `json:"status"`
	Amount    money.Money `json:"amount"`           // positive, whatever the kind; a Due alone may be negative
	Fee       int64       `json:"fee"`              // minor units the bank keeps of this operation; negative: gives back
	FeeKnown  bool        `json:"fee_known"`        // false: this side says nothing about the fee
	At        time.Time   `json:"at"`               // UTC, milliseconds
	Origin    string      `json:"origin,omitempty"` // where to look: an entry's id, or a line of the file
}

// By says which name joins the two sides. A bank whose register does not repeat our reference is joined by its own number.
type By string

// The two ways to join.
const (
	ByReference By = "reference"
	ByBankID    By = "bank_id"
)

// ErrOperation is the fault of an operation that cannot be compared: no name, no amount, an unknown word in it.
var ErrOperation = fault.Invalid("operation_invalid", "The operation cannot be reconciled.")

const (
	// maxName bounds references and the bank's numbers, in bytes.
	maxName = 128
	// maxAmount bounds amounts and fees, in minor units: a thousand orders of the largest size.
	maxAmount = 1_000_000_000_000_000
)

// Check refuses what cannot be compared: names must be there and plain, words known, the amount positive.
func (o Operation) Check() error {
	switch {
	case o.Reference == "" && o.BankID == "":
		return ErrOperation.At("reference", "neither our reference nor the bank's number")
	case len(o.Reference) > maxName || len(o.BankID) > maxName || len(o.Origin) > maxName:
		return ErrOperation.At("reference", "a name is longer than 128 bytes")
	case strings.ContainsFunc(o.Reference+o.BankID+o.Origin, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return ErrOperation.At("reference", "a name has control characters")
	case place(kinds[:], o.Kind) < 0:
		return ErrOperation.At("kind", "unknown kind")
	case place(statuses[:], o.Status) < 0:
		return ErrOperation.At("status", "unknown status")
	case !o.Amount.Currency.Known():
		return ErrOperation.At("amount.currency", "unknown currency")
	case o.Amount.Amount <= 0 && o.Kind != Payout:
		return ErrOperation.At("amount", "the amount must be positive")
	case max(o.Amount.Amount, -o.Amount.Amount, o.Fee, -o.Fee) > maxAmount || o.Amount.Amount == math.MinInt64 || o.Fee == math.MinInt64:
		return ErrOperation.At("amount", "the amount or the fee is beyond all measure")
	case o.At.IsZero() || o.At.Year() < 1970 || o.At.Year() > 9999:
		return ErrOperation.At("at", "no time")
	}
	return nil
}

// Signed is the amount as the bank's balance with us sees it: payments add, all else takes away.
func (o Operation) Signed() int64 {
	if o.Kind == Payment || o.Kind == Payout {
		return o.Amount.Amount
	}
	return -o.Amount.Amount
}

// group is the name that both sides share. An operation without it stands in a group of its own kind of name, so that it
// never meets a strange one.
func (o Operation) group(by By) string {
	name, other := o.Reference, o.BankID
	if by == ByBankID {
		name, other = other, name
	}
	if name != "" {
		return "=" + name
	}
	return "?" + other
}

// A record is an operation in bytes. Records compare as their operations sort: by group, kind, the bank's number, amount,
// and then by everything else, so that the order in which they came cannot show.

const recordTail = 1 + 1 + 8 + 8 // status, fee known, fee, time

func (o Operation) appendRecord(to []byte, by By) []byte {
	to = append(to, o.group(by)...)
	to = append(to, 0, byte(place(kinds[:], o.Kind)))
	to = append(to, o.BankID...)
	to = append(to, 0)
	to = appendOrdered(to, o.Amount.Amount)
	to = append(to, o.Amount.Currency...)
	to = append(to, 0, byte(place(statuses[:], o.Status)), flag(o.FeeKnown))
	to = appendOrdered(to, o.Fee)
	to = appendOrdered(to, o.At.UnixMilli())
	to = append(to, o.Reference...)
	to = append(to, 0)
	return append(to, o.Origin...)
}

// readRecord reads what appendRecord wrote.
func readRecord(record []byte) (Operation, error) {
	var o Operation
	_, rest, ok1 := bytes.Cut(record, []byte{0})
	if !ok1 || len(rest) < 1 || int(rest[0]) >= len(kinds) {
		return Operation{}, errRecord
	}
	o.Kind = kinds[rest[0]]
	bankID, rest, ok := bytes.Cut(rest[1:], []byte{0})
	if !ok || len(rest) < 8 {
		return Operation{}, errRecord
	}
	o.BankID, o.Amount.Amount = string(bankID), ordered(rest)
	currency, rest, ok := bytes.Cut(rest[8:], []byte{0})
	if !ok || len(rest) < recordTail || int(rest[0]) >= len(statuses) {
		return Operation{}, errRecord
	}
	o.Amount.Currency, o.Status, o.FeeKnown = money.Currency(currency), statuses[rest[0]], rest[1] == 1
	o.Fee, o.At = ordered(rest[2:]), time.UnixMilli(ordered(rest[10:])).UTC()
	reference, origin, ok := bytes.Cut(rest[recordTail:], []byte{0})
	if !ok {
		return Operation{}, errRecord
	}
	o.Reference, o.Origin = string(reference), string(origin)
	return o, nil
}

// appendOrdered writes n so that bytes compare as numbers do.
func appendOrdered(to []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(to, uint64(n)^(1<<63))
}

func ordered(from []byte) int64 { return int64(binary.BigEndian.Uint64(from) ^ (1 << 63)) }

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func place[T comparable](of []T, one T) int {
	for i, candidate := range of {
		if candidate == one {
			return i
		}
	}
	return -1
}

// add sums two numbers of minor units. It fails on overflow.
func add(a, b int64) (int64, error) {
	if (b > 0 && a > math.MaxInt64-b) || (b < 0 && a < math.MinInt64-b) {
		return 0, money.ErrOverflow
	}
	return a + b, nil
}
