package ledger

import (
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
)

// SettlementStatus says how far a settlement is.
type SettlementStatus string

// The states of a settlement. There is no way back.
const (
	SettlementOpen    SettlementStatus = "open"     // its day is not over, and its sums still grow
	SettlementClosed  SettlementStatus = "closed"   // nothing will be added; its payout, if any, is set aside
	SettlementPaidOut SettlementStatus = "paid_out" // the partner has it
)

// The refusals of what is asked of a settlement.
var (
	ErrSettlementNotFound = fault.NotFound("settlement_not_found", "There is no such settlement.")
	ErrSettlementOpen     = fault.Conflict("settlement_open", "The day of this settlement is not settled yet.")
	ErrNothingToPayOut    = fault.Conflict("nothing_to_pay_out", "This settlement has no payout.")
	ErrPaidOutOtherwise   = fault.Conflict("settlement_already_paid_out", "This settlement was paid out under another reference.")
)

// Settlement is what we owe a partner for the entries of one business day of a book. Amounts are minor units of the book's
// currency.
type Settlement struct {
	ID ids.ID
	Book
	Day     Day
	Status  SettlementStatus
	Entries int64
	Facts   Facts // of payments that we owe him; the provider's fee is our affair
	Own     Facts // of payments through his own accounts: the money is his already
	// Earned is what the day changed of what we owe him: paid − refunded − our fees, and what operators corrected. What
	// settlements set aside meanwhile is not in it.
	Earned         int64
	Charge         int64 // what the day added to what he owes us: our fees on his own accounts
	Carried        int64 // brought forward from the settlement before: never positive
	Payout         int64 // set aside for him: never negative
	CarriedForward int64 // left to the next settlement: never positive
	Digest         Hash  // of the entries (Tally)
	Previous       Hash  // of the settlement before; zero for the first of its book
	Hash           Hash  // of all above and of Previous
	ClosedAt       time.Time

	Reference string // of the payout, at our bank
	PaidOutBy string // the operator who told it
	PaidOutAt time.Time
}

// SettlementID names the settlement of a day.
func SettlementID(b Book, day Day) ids.ID {
	return ids.FromParts("settlement", b.Partner.String(), string(b.Mode), string(b.Currency), string(day))
}

// Head is where the chain of a book's settlements ends.
type Head struct {
	Day            Day // the last day that was settled, or that had nothing to settle; "" before the first
	ID             ids.ID
	Hash           Hash
	CarriedForward int64
}

// Settle makes the settlement of the day that was tallied, behind the settlements so far. Whatever is positive is paid out;
// a negative sum is carried forward. It fails with money.ErrOverflow.
func Settle(before Head, t Tally, at time.Time) (Settlement, error) {
	s := Settlement{
		ID: SettlementID(t.Book, t.Day), Book: t.Book, Day: t.Day, Status: SettlementClosed, Entries: t.Entries,
		Facts: t.Facts, Own: t.Own, Earned: t.Earned, Charge: t.Charge, Carried: before.CarriedForward,
		Digest: t.Digest, Previous: before.Hash, ClosedAt: at,
	}
	due, err := s.Payable()
	if err != nil {
		return Settlement{}, err
	}
	s.Payout, s.CarriedForward = max(due, 0), min(due, 0)
	s.Hash = s.Sum()
	return s, nil
}

// Payable is what is owed when the day ends: what was carried and what the day earned.
func (s Settlement) Payable() (int64, error) { return plus(s.Carried, s.Earned) }

// Adjusted is what the day earned beside payments and refunds: an operator's corrections, and payouts that came back.
func (s Settlement) Adjusted() (int64, error) {
	left, err := plus(s.Earned, -s.Facts.Paid)
	if err != nil {
		return 0, err
	}
	if left, err = plus(left, s.Facts.Refunded); err != nil {
		return 0, err
	}
	return plus(left, s.Facts.OurFee)
}

// Head is the end of the chain once s is its last.
func (s Settlement) Head() Head { return Head{s.Day, s.ID, s.Hash, s.CarriedForward} }

// TooDeep reports a debt that is carried forward and greater than a limit in minor units, of which an operator must know.
func (s Settlement) TooDeep(limit int64) bool { return s.CarriedForward < -limit }

// Pays decides whether an operator's word that it was paid out under a reference can be kept. told is true when that very
// word was kept before. It refuses with ErrNothingToPayOut and ErrPaidOutOtherwise.
func (s Settlement) Pays(reference string) (told bool, err error) {
	switch {
	case s.Status == SettlementOpen:
		return false, ErrSettlementOpen
	case s.Payout == 0:
		return false, ErrNothingToPayOut
	case s.Status == SettlementPaidOut && folded(s.Reference) != folded(reference):
		return false, ErrPaidOutOtherwise
	}
	return s.Status == SettlementPaidOut, nil
}

// Movements are the entries that the settlement itself makes: what it sets aside, and what reached the partner.
func (s Settlement) Movements() (entries []Entry, err error) {
	if s.Payout == 0 {
		return nil, nil
	}
	aside, err := Reserve(s.Book, s.ID, s.Payout, s.ClosedAt)
	if err != nil {
		return nil, err
	}
	if entries = []Entry{aside}; s.Status != SettlementPaidOut {
		return entries, nil
	}
	out, err := PaidOut(s.Book, s.ID, s.Payout, s.PaidOutAt)
	return append(entries, out), err
}

// Bare reports a settlement of a day in which only money that was settled before moved: it says nothing to the partner.
func (s Settlement) Bare() bool {
	return s.Facts == Facts{} && s.Own == Facts{} && s.Earned == 0 && s.Charge == 0
}

// Follows tells what is wrong with a settlement behind the chain so far; "" for nothing.
func (s Settlement) Follows(before Head) string {
	due, err := s.Payable()
	switch {
	case s.ID != SettlementID(s.Book, s.Day):
		return "its id is not that of its book and day"
	case s.Day <= before.Day:
		return "its day does not come behind " + string(before.Day)
	case s.Previous != before.Hash:
		return "it names another settlement before it"
	case s.Carried != before.CarriedForward:
		return "it carries another amount than was left to it"
	case err != nil || s.Payout != max(due, 0) || s.CarriedForward != min(due, 0):
		return "its payout is not what is owed"
	case s.Hash != s.Sum():
		return "its hash is not that of what it says"
	}
	return ""
}
