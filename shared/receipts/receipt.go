// Package receipts is the fiscal receipt of 54-FZ: its lines, its tags, and the facts that a till gives back.
package receipts

import (
	"time"

	"giberno.ru/shared/core/money"
)

// Kind is the sign of the settlement (tag 1054) as our contract names it.
type Kind string

// The kinds of receipt.
const (
	Income                 Kind = "income"
	IncomeReturn           Kind = "income_return"
	IncomeCorrection       Kind = "income_correction"
	IncomeReturnCorrection Kind = "income_return_correction"
)

// Document is what a till is asked to print.
type Document struct {
	Email    string
	Phone    string
	Taxation string // osn usn_income usn_income_outcome esn patent (tag 1055)
	Lines    []Line
}

// Line is one thing sold (tag 1059). Amount = round half up(Price × Quantity) unless a discount was spread over it.
type Line struct {
	Name     string         // tag 1030, at most 128 characters
	Price    money.Money    // tag 1079
	Quantity money.Quantity // tag 1023
	Amount   money.Money    // tag 1043
	VAT      string         // tag 1199: none vat0 vat5 …
	Subject  string         // tag 1212: commodity service …
	Mode     string         // tag 1214: full_prepayment full_payment …
	Measure  string         // tag 2108: piece …
	Agent    *Agent         // nil: the company sells its own
}

// Fiscal is what a till gave back.
type Fiscal struct {
	Kind               Kind        `json:"kind"`
	Total              money.Money `json:"total"`
	URL                string      `json:"url,omitempty"`                 // of the fiscal data operator
	QR                 string      `json:"qr,omitempty"`                  // the FNS string or an address that carries it
	FN                 string      `json:"fn"`                            // tag 1041, 16 digits
	FD                 int64       `json:"fd"`                            // tag 1040
	FP                 int64       `json:"fp"`                            // tag 1077, unsigned 32 bits
	RegistrationNumber string      `json:"registration_number,omitempty"` // tag 1037
	Shift              int64       `json:"shift,omitempty"`               // tag 1038
	Number             int64       `json:"number,omitempty"`              // tag 1042, within the shift
	OFD                string      `json:"ofd,omitempty"`
	IssuedAt           time.Time   `json:"issued_at"`
}

// ForSupplier is the document with every line sold for a supplier by us, his paying agent; nil leaves it as it is.
func (d *Document) ForSupplier(s *Supplier) *Document {
	if s == nil {
		return d
	}
	for i := range d.Lines {
		d.Lines[i].Agent = &Agent{Type: "paying_agent", Supplier: *s}
	}
	return d
}
