// Package banks is the port to banks: a small driver interface below, the rich Bank above it, one contract suite for all.
// A bank's own words, units and signatures stay in its folder.
package banks

import (
	"context"
	"net/http"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/receipts"
)

// Method is how the payer pays: the contract's `code`.
type Method string

// The methods. Split is another name of Instalments at the door and exists nowhere inside.
const (
	Card        Method = "card"
	SBP         Method = "sbp"
	CardForeign Method = "card_foreign"
	Instalments Method = "instalments"
)

// Methods lists them in the order that the payer's page shows: SBP first.
var Methods = []Method{SBP, Card, CardForeign, Instalments}

// Account is a contract with a provider as its driver needs it, with its secrets in clear. It lives in memory only.
type Account struct {
	ID       ids.ID
	Provider string // "tbank" …
	Mode     ids.Mode
	Terminal string // the account's name at the bank; unique within provider and mode
	Address  string // base of the bank's API, without a closing slash: "https://securepay.tinkoff.ru"
	Password string
	Previous string // the password before the last rotation, "" once it is no longer valid
	Fiscal   bool   // the bank's own till makes the receipts
	Taxation string
	Options  map[string]string // page_origins: further origins of the bank's pages, separated by spaces
}

// Charge asks a bank to open its payment page.
type Charge struct {
	Reference   string // ours, ≤ 30 characters, unique for ever
	Amount      money.Money
	Method      Method
	Description string
	Hold        bool // two stages: authorise now, capture later
	Deadline    time.Time
	NotifyURL   string
	ReturnURL   string // of the payer, whatever the outcome
	Locale      string // ru kk en
	Receipt     *receipts.Document
}

// Opened is a bank's page that is ready for the payer.
type Opened struct {
	BankID  string // the bank's own number of the payment
	PageURL string
	QR      string // SBP: the payload that a phone opens and a screen shows as QR
}

// Ref names a payment at its bank. BankID is empty when the answer that would have told it was lost.
type Ref struct {
	Reference string
	BankID    string
	Amount    money.Money
}

// Status is what a bank says of a payment, in our words.
type Status string

// The statuses, in the order in which a payment goes through them.
const (
	Pending        Status = "pending"
	Held           Status = "held"
	Paid           Status = "paid"
	Declined       Status = "declined"
	Cancelled      Status = "cancelled" // by us, before it was paid
	Expired        Status = "expired"
	Reversed       Status = "reversed" // a hold released
	PartlyRefunded Status = "partly_refunded"
	Refunded       Status = "refunded"
	Unrecognised   Status = "unrecognised" // a word that we do not know: never paid, ask again
)

// Known reports whether s is one of the statuses, and so not a word that a driver passed on by mistake.
func (s Status) Known() bool {
	switch s {
	case Pending, Held, Paid, Declined, Cancelled, Expired, Reversed, PartlyRefunded, Refunded, Unrecognised:
		return true
	}
	return false
}

// News is one truth about a payment, told by a notification or by an answer.
type News struct {
	Reference string
	BankID    string
	Status    Status
	Word      string       // the bank's own word, for the log and the operator
	Underway  bool         // the bank is still at a call of ours that moves money: neither done nor undone
	Amount    *money.Money // as the bank states it; nil when it does not
	Left      *money.Money // of a payment that was taken: what has not been given back yet, as the bank states it; nil when it does not
	Card      CardMask
	Decline   Decline
}

// CardMask is all we ever know of the card that paid.
type CardMask struct {
	Pan     string `json:"pan,omitempty" doc:"Masked" example:"430000******0777"`
	Brand   string `json:"brand,omitempty" example:"visa"`
	Expires string `json:"expires,omitempty" doc:"MM/YY" example:"12/28"`
}

// Decline is why a bank refused, in our words and its own.
type Decline struct {
	Code    DeclineCode `json:"code,omitempty"`
	Message string      `json:"message,omitempty" doc:"The bank's own text, for the operator"`
}

// DeclineCode is a reason of refusal that the payer can be told.
type DeclineCode string

// The reasons (payments.md §3).
const (
	InsufficientFunds    DeclineCode = "insufficient_funds"
	CardExpired          DeclineCode = "card_expired"
	CardInvalid          DeclineCode = "card_invalid"
	LimitExceeded        DeclineCode = "limit_exceeded"
	NotPermitted         DeclineCode = "not_permitted"
	AuthenticationFailed DeclineCode = "authentication_failed"
	SuspectedFraud       DeclineCode = "suspected_fraud"
	IssuerUnavailable    DeclineCode = "issuer_unavailable"
	ForeignCardRefused   DeclineCode = "foreign_card_refused"
	SBPRefused           DeclineCode = "sbp_refused"
	InstalmentsRefused   DeclineCode = "instalments_refused"
	CancelledByPayer     DeclineCode = "cancelled_by_payer"
	Generic              DeclineCode = "generic"
)

// Notice is a verified notification.
type Notice struct {
	Terminal string
	News     News
	Receipt  *receipts.Fiscal // a fiscal receipt was made; News then only names the payment
	Closing  bool             // the receipt's lines are of full settlement: it closes a prepayment, unless the sale was one from the start
}

// Driver is the least a bank must do. A driver has no memory, no clock and no retry: one method is one conversation.
// Its errors are *Error, or wrap the transport's.
type Driver interface {
	// Open opens the bank's page for a charge.
	Open(ctx context.Context, a Account, c Charge) (Opened, error)
	// Ask asks for the truth about a payment, by BankID or, without one, by Reference. A payment that the bank does not
	// know is an *Error of class NotFound.
	Ask(ctx context.Context, a Account, r Ref) (News, error)
	// Names reads, without believing it, which terminal a notification claims to come from.
	Names(raw []byte, header http.Header) (terminal string, err error)
	// Verify checks a notification with the account it names, over the raw bytes as received. Pure. A wrong signature is
	// ErrForged, a body that is no notification at all ErrMalformed.
	Verify(a Account, raw []byte, header http.Header) (Notice, error)
	// Answer is the exact body that tells the bank that its notification is durable, with its content type.
	Answer() (contentType string, body []byte)
}

// Canceller is a bank that can cancel an unpaid payment or release a hold. The answer must be read: REFUNDED or REVERSED
// says that the payment had been paid or held.
type Canceller interface {
	Cancel(ctx context.Context, a Account, r Ref) (News, error)
}

// Capturer is a bank that can take a held amount, whole or in part. receipt is nil where the bank makes none.
type Capturer interface {
	Capture(ctx context.Context, a Account, r Ref, amount money.Money, receipt *receipts.Document) (News, error)
}

// Return is a wish to give taken money back, whole or in part.
type Return struct {
	Key     string             // ours, unique for ever, 1..40 of [a-z0-9]; a bank that knows keys carries one key out once
	Amount  money.Money        // always stated, never "the rest"
	Method  Method             // of the payment
	Receipt *receipts.Document // only the returned lines; nil: the bank makes none, or the whole payment goes back and the bank repeats its own receipt
}

// Refunder is a bank that gives taken money back.
type Refunder interface {
	// Refund carries a Return out. The News says how the payment stands: PartlyRefunded or Refunded with Left, or Underway
	// (status Paid) where the bank only began (SBP).
	Refund(ctx context.Context, a Account, r Ref, give Return) (News, error)
	// AskRefund tells how the last return of a payment ended, for banks and methods without keys: Underway while it runs,
	// Left after it. A return that the bank refused is status Paid or PartlyRefunded with Decline set.
	AskRefund(ctx context.Context, a Account, r Ref, m Method) (News, error)
	// RefundsByKey reports that a Return of this method may be repeated under its Key without giving the money back twice.
	RefundsByKey(m Method) bool
}

// Closer is a bank whose till makes the closing receipt once the goods are given: full settlement after a prepayment.
type Closer interface {
	CloseReceipt(ctx context.Context, a Account, r Ref, receipt *receipts.Document) error
}

// Paged is a bank whose payment pages live at fixed origins, which a page of ours that redirects there must allow.
type Paged interface {
	PageOrigins() []string
}
