package ledger

import (
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
)

// Book is where postings meet: one partner's accounts of one mode and currency.
type Book struct {
	Mode     ids.Mode       `json:"mode"`
	Partner  ids.ID         `json:"partner"`
	Currency money.Currency `json:"currency"`
}

// Valid reports whether the book can exist.
func (b Book) Valid() bool {
	return b.Mode.Valid() && !b.Partner.IsZero() && b.Partner.Family() == ids.Root && b.Currency.Known()
}

// String names the book in logs and errors.
func (b Book) String() string {
	return string(b.Mode) + " " + b.Partner.String() + " " + string(b.Currency)
}

// Posting moves an amount, in minor units, from one account to another of the same book.
type Posting struct {
	From   Account `json:"from"`
	To     Account `json:"to"`
	Amount int64   `json:"amount"` // 1 … MaxAmount
}

// Kind says what an entry tells of.
type Kind string

// The kinds of entries.
const (
	KindPaid        Kind = "paid"          // a payer paid
	KindRefunded    Kind = "refunded"      // he got it back, whoever gave it: we, the bank, a chargeback
	KindTransferred Kind = "bank_transfer" // the bank sent us what it owed
	KindReserved    Kind = "reserved"      // a settlement set its sum aside
	KindPaidOut     Kind = "paid_out"      // and the partner got it
	KindCorrected   Kind = "corrected"     // an operator resolved a break
	KindReversed    Kind = "reversed"      // another entry was taken back
)

// Facts are what a register and a settlement count of an entry, in minor units: what was taken and given back, and the fees.
// A fee that is given back is negative.
type Facts struct {
	Paid        int64 `json:"paid,omitempty"`
	Refunded    int64 `json:"refunded,omitempty"`
	OurFee      int64 `json:"our_fee,omitempty"`
	ProviderFee int64 `json:"provider_fee,omitempty"`
}

// Plus adds two facts. It fails with money.ErrOverflow.
func (f Facts) Plus(o Facts) (sum Facts, err error) {
	for _, part := range [][3]*int64{
		{&sum.Paid, &f.Paid, &o.Paid}, {&sum.Refunded, &f.Refunded, &o.Refunded},
		{&sum.OurFee, &f.OurFee, &o.OurFee}, {&sum.ProviderFee, &f.ProviderFee, &o.ProviderFee},
	} {
		if *part[0], err = plus(*part[1], *part[2]); err != nil {
			return Facts{}, err
		}
	}
	return sum, nil
}

func (f Facts) negated() Facts {
	return Facts{-f.Paid, -f.Refunded, -f.OurFee, -f.ProviderFee}
}

// Entry is one fact with its postings, written once and never changed. Its id is made from what it tells of, so that the
// same fact cannot be written twice.
type Entry struct {
	ID string `json:"id"` // unique within the mode: "{payment}:paid"
	Book
	Kind    Kind   `json:"kind"`
	Object  ids.ID `json:"object,omitzero"`  // the payment, refund or settlement that it tells of
	Through ids.ID `json:"through,omitzero"` // the account at the bank
	// Reference is our name of the payment at its bank, ≤ 30 of [a-z0-9]; a refund has its payment's. A bank's register is held
	// against the ledger by it.
	Reference string    `json:"reference,omitempty"`
	At        time.Time `json:"at"` // when it happened, UTC; its business day is that of its posting
	Postings  []Posting `json:"postings,omitempty"`
	Facts     Facts     `json:"facts,omitzero"`
	By        string    `json:"by,omitempty"`   // the operator who resolved it
	Note      string    `json:"note,omitempty"` // and why
}

// The bounds of an entry. They keep every row well below a transaction's share.
const (
	MaxID       = 80
	MaxPostings = 20
	MaxAmount   = 1_000_000_000_000_000 // minor units of one posting; an order has at most 10¹²
	MaxNote     = 200                   // characters
	// MaxReference is what every bank of ours takes, in characters.
	MaxReference = 30
	MaxBy        = 64
)

// ErrEntry is the fault of an entry that must not be written; its fields say why.
var ErrEntry = fault.Invalid("invalid_ledger_entry", "This entry cannot be written into the ledger.")

// Validate refuses, with ErrEntry, an entry that breaks a rule of the ledger. A fact without postings (a payment through the
// partner's own account, with no fee) is an entry, too; nothing at all is none.
func (e Entry) Validate() error {
	refuse := func(where, why string) error { return ErrEntry.At(where, why) }
	switch {
	case !validID(e.ID):
		return refuse("id", fmt.Sprintf("expected 1 to %d letters, digits and : . _ -", MaxID))
	case !e.Book.Valid():
		return refuse("book", "expected a mode, a partner and a currency")
	case !validKind(e.Kind):
		return refuse("kind", "expected small letters and _")
	case e.At.IsZero():
		return refuse("at", "expected a time")
	case !validReference(e.Reference):
		return refuse("reference", fmt.Sprintf("expected at most %d small letters and digits", MaxReference))
	case len(e.Postings) > MaxPostings:
		return refuse("postings", fmt.Sprintf("expected at most %d", MaxPostings))
	case len(e.Postings) == 0 && e.Facts == Facts{}:
		return refuse("postings", "there is nothing to write")
	case !e.Facts.bounded():
		return refuse("facts", "an amount is too large")
	case !utf8.ValidString(e.Note) || utf8.RuneCountInString(e.Note) > MaxNote || !utf8.ValidString(e.By) || len(e.By) > MaxBy:
		return refuse("note", "the note or its author is too long, or no text")
	}
	for i, p := range e.Postings {
		if why := p.wrong(); why != "" {
			return refuse(fmt.Sprintf("postings[%d]", i), why)
		}
	}
	return nil
}

// wrong says what is wrong with a posting; "" for nothing.
func (p Posting) wrong() string {
	switch {
	case !p.From.Valid() || !p.To.Valid():
		return "an account is not one of ours"
	case p.From == p.To:
		return "it leads nowhere"
	case p.Amount < 1 || p.Amount > MaxAmount:
		return "expected a positive amount, at most " + fmt.Sprint(int64(MaxAmount))
	}
	return ""
}

func (f Facts) bounded() bool {
	for _, amount := range []int64{f.Paid, f.Refunded, f.OurFee, f.ProviderFee} {
		if amount > MaxAmount || amount < -MaxAmount {
			return false
		}
	}
	return true
}

func validID(id string) bool {
	for i := range len(id) {
		c := id[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (c < '0' || c > '9') && c != ':' && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return id != "" && len(id) <= MaxID
}

func validReference(r string) bool {
	for i := range len(r) {
		if c := r[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return len(r) <= MaxReference
}

func validKind(k Kind) bool {
	for i := range len(k) {
		if c := k[i]; (c < 'a' || c > 'z') && c != '_' {
			return false
		}
	}
	return k != "" && len(k) <= 32
}

// Reverse is the entry that takes e back: the same amounts the other way. Reversed twice, everything stands as e left it.
func Reverse(e Entry, at time.Time) Entry {
	back := e
	back.ID, back.Kind, back.At, back.Facts = e.ID+":reversed", KindReversed, at, e.Facts.negated()
	back.Postings = nil
	for _, p := range slices.Backward(e.Postings) {
		back.Postings = append(back.Postings, Posting{From: p.To, To: p.From, Amount: p.Amount})
	}
	return back
}

// SameAs reports whether two entries tell the same: all that moves or is counted, but not when it was told and by whom. One
// that was made before entries had references may lack it.
func (e Entry) SameAs(o Entry) bool {
	named := e.Reference == o.Reference || e.Reference == "" || o.Reference == ""
	return named && e.ID == o.ID && e.Book == o.Book && e.Kind == o.Kind && e.Object == o.Object && e.Through == o.Through &&
		e.Facts == o.Facts && slices.Equal(e.Postings, o.Postings)
}

// Recorded is an entry where it stands: in the business day of its posting, as number Seq of one of the book's shards.
// Within a shard numbers have no gaps, and times never go back.
type Recorded struct {
	Entry
	Day      Day       `json:"day"`
	Shard    int       `json:"shard"`
	Seq      int64     `json:"seq"` // from 1
	PostedAt time.Time `json:"posted_at"`
}
