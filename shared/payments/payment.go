package payments

import (
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
)

// Status is where one attempt to pay stands.
type Status string

// The statuses of a payment.
const (
	Created    Status = "created"    // the intent is written, the bank is being asked to open its page
	Pending    Status = "pending"    // the payer has the bank's page
	Held       Status = "held"       // authorised, waits for capture or void
	Unknown    Status = "unknown"    // the bank has not told yet whether it did what we asked
	Paid       Status = "paid"       //
	Declined   Status = "declined"   // the bank refused
	Cancelled  Status = "cancelled"  // by us: before it was paid, or a hold released
	Expired    Status = "expired"    // the bank's deadline passed, or a hold lapsed
	Superseded Status = "superseded" // another attempt took the road; still watched, for it may yet succeed
	Failed     Status = "failed"     // the bank never opened it
)

// Statuses lists all of them in the order of their life.
var Statuses = []Status{Created, Pending, Held, Unknown, Paid, Declined, Cancelled, Expired, Superseded, Failed}

// Open reports an attempt that holds the payer's road.
func (s Status) Open() bool { return s == Created || s == Pending || s == Held || s == Unknown }

// Final reports a status that only a later success at the bank can leave.
func (s Status) Final() bool {
	return s == Paid || s == Declined || s == Cancelled || s == Expired || s == Failed
}

// Call is a request to the bank that is under way or whose answer was lost.
type Call struct {
	Op     CallOp    `json:"op,omitempty"`
	Amount int64     `json:"a,omitempty"` // of a capture
	Items  []Item    `json:"i,omitempty"` // of a capture with a receipt
	Until  time.Time `json:"u,omitzero"`  // until then the caller is still waiting for the bank
	Key    string    `json:"k,omitempty"`
	Hash   string    `json:"h,omitempty"`
}

// CallOp is what was asked of the bank.
type CallOp string

// The calls with an intent on the row.
const (
	CallOpen    CallOp = "open"
	CallCapture CallOp = "capture"
	CallVoid    CallOp = "void"
	CallCancel  CallOp = "cancel"
)

// moves reports a call that takes or gives back money, or may turn out to.
func (c Call) moves() bool { return c.Op == CallCapture || c.Op == CallVoid || c.Op == CallCancel }

// Payment is one attempt to pay an order through one account.
type Payment struct {
	ID       ids.ID
	Order    ids.ID
	Mode     ids.Mode
	Partner  ids.ID
	N        int // 1 … 20
	Version  int64
	Account  ids.ID
	Provider string
	Fiscal   bool   // the bank's till owes a receipt
	Till     ids.ID // the account of the till that owes it, where the bank has none; zero: nobody makes receipts
	TillMin  int    // minutes that whoever makes the receipts may take, as agreed when the attempt began; 0: ReceiptWithin
	Agent    bool   // the account is the platform's: receipts name the partner as supplier
	Method   banks.Method
	Hold     bool
	Status   Status
	Amount   money.Money
	Captured int64        // minor units taken
	Taken    []Item       // the lines of a partial capture; empty: all of the order
	Terms    ledger.Terms // of fees, frozen when it was paid
	Suspect  bool         // the bank spoke of money given back that is none of our refunds: ask again once those have ended

	BankID    string
	PageURL   string
	QR        string // SBP payload
	ReturnURL string
	Card      banks.CardMask
	Decline   banks.Decline

	Deadline  time.Time // the bank closes its page then
	Call      Call
	Checks    int       // how often the bank was asked since the last change
	MissedAt  time.Time // first time the bank said that it does not know what we asked for
	PaidAt    time.Time
	CreatedAt time.Time
	UpdatedAt time.Time
	Due       time.Time // when the sweeper looks; zero: nothing is owed

	Marks   []Mark     // the events that it owes its partner, or has told
	Keys    []Answered // the Idempotency-Keys that this attempt answers, the opener first
	First   First      // its first outcome, which every replay repeats
	Capture Answered
	Void    Answered
}

// First is what the payment's creation was answered with.
type First struct {
	Status  Status        `json:"s,omitempty"`
	Decline banks.Decline `json:"d,omitzero"`
	At      time.Time     `json:"t,omitzero"`
}

// Reference is the payment's name at the bank.
func (p Payment) Reference() string { return ids.Reference(p.Mode, p.Order, p.N) }

// Ref names the payment to the bank's driver.
func (p Payment) Ref() banks.Ref {
	return banks.Ref{Reference: p.Reference(), BankID: p.BankID, Amount: p.Amount}
}

// Waiting reports that somebody is still waiting for the bank's answer to a call.
func (p Payment) Waiting(now time.Time) bool { return p.Call.Op != "" && now.Before(p.Call.Until) }

// Watched reports an attempt that the bank may still change.
func (p Payment) Watched() bool { return p.Status.Open() || p.Status == Superseded }

// Asked reports an attempt about which the bank is asked: a watched one, and a paid one of which money may have gone back.
func (p Payment) Asked() bool { return p.Watched() || p.Suspect }

func (p Payment) touched(now time.Time) Payment {
	p.UpdatedAt, p.Checks, p.MissedAt = now, 0, time.Time{}
	return p
}
