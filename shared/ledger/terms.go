package ledger

import (
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
)

// Fee is a part of a payment: basis points of its amount, rounded half up, and a fixed amount in minor units.
type Fee struct {
	BP       int64 `json:"bp,omitempty"` // 250 is 2.5 %
	Fixed    int64 `json:"fixed,omitempty"`
	Returned bool  `json:"returned,omitempty"` // whoever took it gives it back with a refund
}

// Of is the fee of an amount. It fails with money.ErrOverflow.
func (f Fee) Of(amount int64) (int64, error) {
	part, err := money.MulDivRound(amount, f.BP, 10_000)
	if err != nil {
		return 0, err
	}
	return plus(part, f.Fixed)
}

// back is how much of the fee of paid is given back when refunded grows from before to before + amount: the rounded share of
// all that was refunded, less the rounded share of what was refunded before. So halves never add up to more than the whole.
func (f Fee) back(paid, before, amount int64) (int64, error) {
	if !f.Returned {
		return 0, nil
	}
	fee, err := f.Of(paid)
	if err != nil {
		return 0, err
	}
	until, err := money.MulDivRound(fee, before, paid)
	if err != nil {
		return 0, err
	}
	all, err := money.MulDivRound(fee, before+amount, paid)
	return all - until, err
}

// Terms are the fees of a payment. They are frozen on it when it is paid: a later change of the contract is of later
// payments only.
type Terms struct {
	Account ids.ID `json:"account"`           // at the bank, through which it was paid
	Own     bool   `json:"own,omitempty"`     // the account is the partner's: the money is his, only our fee is owed to us
	Ours    Fee    `json:"ours,omitzero"`     // of the partner's contract with us
	Theirs  Fee    `json:"provider,omitzero"` // of our contract with the bank; on the partner's own account it is his affair
}

// ErrTerms is the fault of terms that no contract has.
var ErrTerms = fault.Invalid("invalid_fee_terms", "These terms of fees are not possible.")

// Validate refuses, with ErrTerms, negative fees, more than the whole, or no account.
func (t Terms) Validate() error {
	for _, f := range []Fee{t.Ours, t.Theirs} {
		if f.BP < 0 || f.BP > 10_000 || f.Fixed < 0 || f.Fixed > MaxAmount/2 {
			return ErrTerms
		}
	}
	if t.Account.IsZero() {
		return ErrTerms
	}
	return nil
}
