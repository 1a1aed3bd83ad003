// Package object gives the ledger's settlements as partners see them: the doors answer with them, and an event carries
// them.
package object

import (
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
)

// Instant is a time as all our JSON writes it: RFC 3339, UTC, milliseconds; "" for none.
func Instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// Settlement is what we owe a partner for one business day in one currency. Payout = carried + paid − refunded − fees + adjusted,
// if that is positive.
type Settlement struct {
	ID       ids.ID         `json:"id" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
	Livemode bool           `json:"livemode"`
	Status   string         `json:"status" enum:"open,closed,paid_out" doc:"open: the running day, as far as it is, or one that is over and waits"`
	Day      string         `json:"day" format:"date" doc:"The business day in the partner's zone" example:"2026-11-23"`
	Currency money.Currency `json:"currency"`
	Entries  int64          `json:"entries,omitempty" doc:"Of the ledger; absent while it is open"`

	Paid     money.Money  `json:"paid"`
	Refunded money.Money  `json:"refunded"`
	Fees     money.Money  `json:"fees" doc:"Ours; negative: more was returned than taken"`
	Adjusted *money.Money `json:"adjusted,omitempty" doc:"Corrections, and payouts that came back; absent while it is open"`
	Carried  *money.Money `json:"carried,omitempty" doc:"The debt of the settlement before: never positive; absent while it is open"`
	Payable  money.Money  `json:"payable" doc:"What is owed with all of that; negative: a debt"`
	Payout   money.Money  `json:"payout" doc:"What is set aside for the partner, or was paid out"`

	Own *OwnAccounts `json:"own_accounts,omitempty" doc:"What was paid through the partner's own accounts; not part of the sums above"`

	Hash         string `json:"hash,omitempty" doc:"SHA-256 of the settlement, its entries and the settlement before it"`
	PreviousHash string `json:"previous_hash,omitempty"`
	ClosedAt     string `json:"closed_at,omitempty" format:"date-time"`
	PaidOutAt    string `json:"paid_out_at,omitempty" format:"date-time"`
	Reference    string `json:"reference,omitempty" doc:"Of the payout, at our bank" example:"PP-1047"`
}

// OwnAccounts is what went through the partner's own accounts: the money is his, and our fees are owed to us.
type OwnAccounts struct {
	Paid     money.Money `json:"paid"`
	Refunded money.Money `json:"refunded"`
	Charge   money.Money `json:"charge" doc:"Our fees, owed to us"`
}

// OfSettlement is a settlement as a partner sees it.
func OfSettlement(s ledger.Settlement) (out Settlement, err error) {
	amount := func(minor int64) money.Money { return money.Of(minor, s.Currency) }
	out = Settlement{
		ID: s.ID, Livemode: s.Mode == ids.Live, Status: string(s.Status), Day: string(s.Day), Currency: s.Currency, Entries: s.Entries,
		Paid: amount(s.Facts.Paid), Refunded: amount(s.Facts.Refunded), Fees: amount(s.Facts.OurFee), Payout: amount(s.Payout),
		Hash: s.Hash.String(), PreviousHash: s.Previous.String(), ClosedAt: Instant(s.ClosedAt), PaidOutAt: Instant(s.PaidOutAt),
		Reference: s.Reference,
	}
	payable, err := s.Payable()
	if err != nil {
		return out, err
	}
	out.Payable = amount(payable)
	if s.Own != (ledger.Facts{}) || s.Charge != 0 {
		out.Own = &OwnAccounts{amount(s.Own.Paid), amount(s.Own.Refunded), amount(s.Charge)}
	}
	if s.Status == ledger.SettlementOpen {
		return out, nil
	}
	adjusted, err := s.Adjusted()
	if err != nil {
		return out, err
	}
	carried, corrected := amount(s.Carried), amount(adjusted)
	out.Carried, out.Adjusted = &carried, &corrected
	return out, nil
}
