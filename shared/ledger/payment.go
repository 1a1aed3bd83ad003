package ledger

import (
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
)

// Payment is a paid payment as the ledger sees it.
type Payment struct {
	ID      ids.ID
	Mode    ids.Mode
	Partner ids.ID
	Amount  money.Money // what was captured
	Terms   Terms       // as frozen when it was paid
}

// Refund is money of a payment given back, by whomever. Before is all that was given back of the payment before this one;
// it is frozen on the refund when it succeeds, so that the entry is the same whenever it is made.
type Refund struct {
	ID     ids.ID
	Amount int64 // minor units
	Before int64
}

// ErrRefund is the fault of a refund of nothing, or of more than was paid.
var ErrRefund = fault.Invalid("refund_exceeds_payment", "A refund cannot be more than is left of its payment.")

// PaidID names the entry of a paid payment.
func PaidID(payment ids.ID) string { return payment.String() + ":paid" }

// RefundedID names the entry of a refund that succeeded.
func RefundedID(refund ids.ID) string { return refund.String() + ":refunded" }

// Paid is the entry of a paid payment: the bank owes us its amount and we owe it to the partner, less our fee; the bank keeps
// its own. On the partner's own account there is only our fee, owed to us.
func Paid(p Payment, at time.Time) (Entry, error) {
	e, err := p.entry(PaidID(p.ID), KindPaid, p.ID, at)
	if err != nil {
		return Entry{}, err
	}
	ours, err := p.Terms.Ours.Of(p.Amount.Amount)
	if err != nil {
		return Entry{}, err
	}
	e.Facts = Facts{Paid: p.Amount.Amount, OurFee: ours}
	if p.Terms.Own {
		e.post(Receivable, PlatformFees, ours)
		return e, e.Validate()
	}
	if e.Facts.ProviderFee, err = p.Terms.Theirs.Of(p.Amount.Amount); err != nil {
		return Entry{}, err
	}
	e.post(Clearing(p.Terms.Account), Payable, p.Amount.Amount)
	e.post(Payable, PlatformFees, ours)
	e.post(ProviderFees(p.Terms.Account), Clearing(p.Terms.Account), e.Facts.ProviderFee)
	return e, e.Validate()
}

// Refunded is the entry of a refund: the payment's postings mirrored for its amount, and of the fees what the terms give
// back.
func Refunded(p Payment, r Refund, at time.Time) (Entry, error) {
	e, err := p.entry(RefundedID(r.ID), KindRefunded, r.ID, at)
	if err != nil {
		return Entry{}, err
	}
	if r.Amount < 1 || r.Before < 0 || r.Before > p.Amount.Amount || r.Amount > p.Amount.Amount-r.Before {
		return Entry{}, ErrRefund
	}
	ours, err := p.Terms.Ours.back(p.Amount.Amount, r.Before, r.Amount)
	if err != nil {
		return Entry{}, err
	}
	e.Facts = Facts{Refunded: r.Amount, OurFee: -ours}
	if p.Terms.Own {
		e.post(PlatformFees, Receivable, ours)
		return e, e.Validate()
	}
	theirs, err := p.Terms.Theirs.back(p.Amount.Amount, r.Before, r.Amount)
	if err != nil {
		return Entry{}, err
	}
	e.Facts.ProviderFee = -theirs
	e.post(Payable, Clearing(p.Terms.Account), r.Amount)
	e.post(PlatformFees, Payable, ours)
	e.post(Clearing(p.Terms.Account), ProviderFees(p.Terms.Account), theirs)
	return e, e.Validate()
}

// entry begins an entry of the payment's book.
func (p Payment) entry(id string, kind Kind, object ids.ID, at time.Time) (Entry, error) {
	if err := p.Terms.Validate(); err != nil {
		return Entry{}, err
	}
	if p.Amount.Amount < 1 || p.Amount.Amount > MaxAmount {
		return Entry{}, money.ErrOverflow
	}
	return Entry{ID: id, Book: Book{p.Mode, p.Partner, p.Amount.Currency}, Kind: kind, Object: object, Through: p.Terms.Account, At: at}, nil
}

// post appends a posting unless there is nothing to move.
func (e *Entry) post(from, to Account, amount int64) {
	if amount != 0 {
		e.Postings = append(e.Postings, Posting{from, to, amount})
	}
}
