package reconcile

import (
	"strconv"
	"time"
	"unicode/utf8"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
)

// BreakKind says how the two sides disagree.
type BreakKind string

// The kinds of breaks.
const (
	MissingHere   BreakKind = "missing_here"  // the bank has it, the ledger has not
	MissingThere  BreakKind = "missing_there" // the ledger has it, the bank has not
	AmountDiffers BreakKind = "amount"
	FeeDiffers    BreakKind = "fee"
	StatusDiffers BreakKind = "status"
	Duplicate     BreakKind = "duplicate" // one side has it twice
)

// State says whose turn a break is.
type State string

// The states of a break.
const (
	Transit  State = "transit"  // may still stand in the next register; nobody has to look
	Open     State = "open"     // an operator has to look
	Resolved State = "resolved" // an operator has, with a posting or a note
	Vanished State = "vanished" // a later run found both sides in agreement
)

// Break is one disagreement. Its id is made of the account, the kind and both sides' figures, so that a repeated run finds
// the same break, and other figures are another break.
type Break struct {
	ID         ids.ID      `json:"id"`
	Account    string      `json:"account"`
	Kind       BreakKind   `json:"kind"`
	State      State       `json:"state"`
	Ours       *Operation  `json:"ours,omitempty"`   // nil: the ledger has nothing
	Theirs     *Operation  `json:"theirs,omitempty"` // nil: the bank has nothing
	From       time.Time   `json:"from"`             // the period of the run that found it first
	To         time.Time   `json:"to"`
	FirstSeen  time.Time   `json:"first_seen"`
	Owner      string      `json:"owner,omitempty"` // the operator who looks after it
	Resolution *Resolution `json:"resolution,omitempty"`
	VanishedIn time.Time   `json:"vanished_in,omitzero"` // the beginning of the period whose run no longer found it
}

// Resolution is how an operator closed a break.
type Resolution struct {
	Posting  string    `json:"posting,omitempty"` // id of the ledger entry that puts it right
	Note     string    `json:"note,omitempty"`    // why, where no posting is needed
	Operator string    `json:"operator"`
	At       time.Time `json:"at"`
}

// MaxNote bounds the note of a resolution, in characters: it is the note of the ledger's entry, too.
const MaxNote = 200

// The faults of working on a break.
var (
	ErrBreakClosed = fault.Conflict("break_not_open", "Only an open break can be worked on.")
	ErrResolution  = fault.Invalid("resolution_invalid", "A resolution needs its operator, and a posting or a note of at most 200 characters.")
)

// Age is how long the break has been known.
func (b Break) Age(now time.Time) time.Duration { return max(now.Sub(b.FirstSeen), 0) }

// Difference is what the bank has more than the ledger, in money that moved: a payment that is missing here counts as it
// stands, a refund with a minus. It fails on two currencies and on overflow.
func (b Break) Difference() (money.Money, error) {
	figure := func(o *Operation, other *Operation) money.Money {
		switch {
		case o == nil:
			return money.Of(0, other.Amount.Currency)
		case o.Status != Done:
			return money.Of(0, o.Amount.Currency)
		}
		return money.Of(o.Signed(), o.Amount.Currency)
	}
	if b.Ours == nil && b.Theirs == nil {
		return money.Money{}, ErrOperation
	}
	if b.Kind == FeeDiffers && b.Ours != nil && b.Theirs != nil {
		// A fee that the bank keeps is money that it does not owe us.
		return money.Of(b.Ours.Fee, b.Ours.Amount.Currency).Sub(money.Of(b.Theirs.Fee, b.Theirs.Amount.Currency))
	}
	return figure(b.Theirs, b.Ours).Sub(figure(b.Ours, b.Theirs))
}

// Assign hands an open break to an operator; an empty name puts it back.
func (b Break) Assign(operator string) (Break, error) {
	if b.State != Open {
		return b, ErrBreakClosed
	}
	b.Owner = operator
	return b, nil
}

// Resolve closes an open break for good: no later run opens it again.
func (b Break) Resolve(r Resolution) (Break, error) {
	if b.State != Open {
		return b, ErrBreakClosed
	}
	if r.Operator == "" || r.At.IsZero() || (r.Posting == "" && r.Note == "") || utf8.RuneCountInString(r.Note) > MaxNote {
		return b, ErrResolution
	}
	b.State, b.Resolution = Resolved, &r
	return b, nil
}

// carries reports whether the next register may settle the break: its operation is then part of the next run.
func (b Break) carries() bool {
	return b.Kind == MissingHere || b.Kind == MissingThere || b.pending()
}

// pending reports a break about an operation that the bank has not finished.
func (b Break) pending() bool {
	return b.Kind == StatusDiffers && b.Ours != nil && b.Theirs != nil && b.Theirs.Status == Pending
}

// named fills the id. nth tells apart breaks that agree in everything.
func (b Break) named(nth int) Break {
	parts := []string{"break", b.Account, string(b.Kind)}
	for _, o := range []*Operation{b.Ours, b.Theirs} {
		if o == nil {
			parts = append(parts, "-")
			continue
		}
		parts = append(parts, o.Reference, o.BankID, string(o.Kind), string(o.Status), string(o.Amount.Currency),
			strconv.FormatInt(o.Amount.Amount, 10), strconv.FormatInt(o.Fee, 10), strconv.FormatInt(o.At.UnixMilli(), 10))
	}
	b.ID = ids.FromParts(append(parts, strconv.Itoa(nth))...)
	return b
}
