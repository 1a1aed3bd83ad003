package payments

import (
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
)

// Order is what a payer owes, as the partner created it. It never changes; what happens to it is in State.
type Order struct {
	ID          ids.ID
	Mode        ids.Mode
	Partner     ids.ID
	LinkKey     ids.LinkKey // the payer's authority, see ids.Link
	RequestHash string      // of the parsed request, for a replay under the same Idempotency-Key

	Project     string
	Email       string
	Items       []Item
	Total       money.Money
	ExternalID  string
	Description string
	Customer    Customer
	ReturnURL   string
	Locale      string
	Methods     []banks.Method // only these are offered; empty: all that work
	Hold        bool           // capture by hand
	ExpiresAt   time.Time
	CreatedAt   time.Time
	Metadata    map[string]string

	Due time.Time // when the sweeper looks at the order itself; zero: never
}

// Item is one line of an order. Amount = round half up(Price × Quantity).
type Item struct {
	Line     int            `json:"line,omitempty"` // of the order, where the item is a part of it; 0: its place in the list
	Name     string         `json:"name"`
	Price    money.Money    `json:"price"`
	Quantity money.Quantity `json:"quantity"`
	Amount   money.Money    `json:"amount"`
	VAT      string         `json:"vat"`
	Subject  string         `json:"payment_subject"`
	Mode     string         `json:"payment_mode"`
	Measure  string         `json:"measure"`
}

// Customer is whom the partner says he sells to.
type Customer struct {
	ID    string `json:"id,omitempty" maxLength:"64"`
	Name  string `json:"name,omitempty" maxLength:"128"`
	Phone string `json:"phone,omitempty" maxLength:"20" pattern:"^\\+[0-9]{10,15}$" example:"+79000000000"`
}

// Link is the last segment of the payer's address.
func (o Order) Link() string { return ids.Link(o.Mode, o.ID, o.LinkKey) }

// The limits of an order (payments.md §3, DESIGN §6).
const (
	DefaultLife = 24 * time.Hour
	MinLife     = 5 * time.Minute
	MaxLife     = 90 * 24 * time.Hour
	LastCall    = 2 * time.Minute // no attempt opens in the last minutes
	MaxItems    = 100
	MaxTotal    = int64(1_000_000_000_000) // minor units
)

// OrderStatus is where an order stands. It is derived from its payments and its succeeded refunds, and kept on State.
type OrderStatus string

// The statuses of an order.
const (
	OrderCreated           OrderStatus = "created"
	OrderPending           OrderStatus = "pending"
	OrderPaid              OrderStatus = "paid"
	OrderPartiallyRefunded OrderStatus = "partially_refunded"
	OrderRefunded          OrderStatus = "refunded"
	OrderCancelled         OrderStatus = "cancelled"
	OrderExpired           OrderStatus = "expired"
)

// State is the small row that is an order's only lock: every write that opens, supersedes or ends an attempt, or that
// cancels or expires the order, carries its version. It exists from the first transition on; before, it is zero.
type State struct {
	Version   int64
	Status    OrderStatus
	Attempts  int   // how many were ever opened
	Open      int   // the attempt that holds the payer's road, 0: none
	Winner    int   // the attempt that paid the order, 0: none
	Paid      int64 // minor units taken by the winner
	Refunded  int64 // minor units given back of the winner, succeeded only
	Promised  []Promised
	UpdatedAt time.Time
	Marks     []Mark   // the events that the order owes its partner, or has told
	Cancel    Answered // the call that cancelled it
}

// Answered remembers a call that was answered for good, so that the same key gets the same bytes.
type Answered struct {
	Key    string    `json:"k,omitempty"` // hash of scope and Idempotency-Key
	Hash   string    `json:"h,omitempty"` // of the parsed request
	At     time.Time `json:"t,omitzero"`  // updated_at of the answer
	Status Status    `json:"s,omitempty"` // of a payment's answer
	Amount int64     `json:"a,omitempty"` // captured, of a payment's answer
}

// Whole is an order with all that hangs on it, as one query reads it. Payments stand at index N-1.
type Whole struct {
	Order    Order
	State    State
	Payments []Payment
	Refunds  []Refund // at index N-1, too
	Receipts []Receipt
	Alarms   []Alarm
}

// Status is the status of the order; one that was never touched is created.
func (w Whole) Status() OrderStatus {
	if w.State.Version == 0 {
		return OrderCreated
	}
	return w.State.Status
}

// Payment gives attempt n.
func (w Whole) Payment(n int) (Payment, bool) {
	if n < 1 || n > len(w.Payments) {
		return Payment{}, false
	}
	return w.Payments[n-1], true
}

// VersionOf is the version of a child's row; 0 for the order's own one, which never changes.
func (w Whole) VersionOf(child ids.ID) int64 {
	switch child.Family() {
	case ids.Root:
		return 0
	case ids.Payment:
		p, _ := w.Payment(child.N())
		return p.Version
	case ids.Refund:
		r, _ := w.Refund(child.N())
		return r.Version
	}
	r, _ := w.ReceiptOf(child)
	return r.Version
}

// OpenPayment is the attempt that holds the payer's road and has not ended.
func (w Whole) OpenPayment() (Payment, bool) {
	p, ok := w.Payment(w.State.Open)
	return p, ok && p.Status.Open()
}

// UpdatedAt is when anything of the order last changed.
func (w Whole) UpdatedAt() time.Time {
	at := w.Order.CreatedAt
	times := []time.Time{w.State.UpdatedAt}
	for _, p := range w.Payments {
		times = append(times, p.UpdatedAt)
	}
	for _, r := range w.Refunds {
		times = append(times, r.UpdatedAt)
	}
	for _, t := range times {
		if t.After(at) {
			at = t
		}
	}
	return at
}
