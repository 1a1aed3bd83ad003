package receipts

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/money"
)

// Draft is a receipt before a till has made it: all that the till has to be told.
type Draft struct {
	ID         string // our name of the receipt, 1 to 128 characters: a till makes one receipt for one ID, ever
	Kind       Kind
	Company    Company
	Document   Document
	Paid       Split
	At         time.Time   // of the settlement
	NotifyURL  string      // where the till may tell that it is ready; "" for a till that is only asked
	Correction *Correction // of the two kinds that correct, and of no other
}

// Company is who answers to the tax service for the receipt: the owner of the till.
type Company struct {
	INN            string // tag 1018, 10 or 12 digits
	Email          string // tag 1117, the sender of the receipt
	PaymentAddress string // tag 1187, the site or place where the settlement is made
}

// Split is how a receipt is paid. A closing receipt is paid from the advance that an earlier one took.
type Split struct {
	Electronic money.Money // tag 1081
	Advance    money.Money // tag 1215
}

// Agent says for whom the company sells a line that is not its own.
type Agent struct {
	Type     string // of AgentTypes: paying_agent …
	Supplier Supplier
}

// Supplier is whose thing an agent sells.
type Supplier struct {
	Name  string // tag 1225
	INN   string // tag 1226, 10 or 12 digits
	Phone string // tag 1171, +79000000000
}

// The causes of a correction (tag 1173).
const (
	CorrectionSelf        = "self"        // we found it ourselves
	CorrectionInstruction = "instruction" // the tax service told us to
)

// Correction says what a correction corrects.
type Correction struct {
	Type   string
	Date   time.Time // tag 1178, the day of the settlement that is corrected
	Number string    // tag 1179, of the paper that is the reason; at most 32 characters
}

// The limits of a draft that every till keeps.
const (
	MaxDraftID    = 128
	MaxLines      = 100
	MaxLineName   = 128
	MaxSettlement = 4_294_967_295 // kopecks: tills count amounts in 32 bits
	maxNumber     = 32
)

// ErrDraft is the fault of a draft that no till would take; its fields say where it is wrong.
var ErrDraft = fault.Invalid("receipt_draft_invalid", "No till would take this receipt.")

// Corrects reports one of the two kinds of correction.
func (k Kind) Corrects() bool { return k == IncomeCorrection || k == IncomeReturnCorrection }

// Known reports one of our four kinds.
func (k Kind) Known() bool { return k == Income || k == IncomeReturn || k.Corrects() }

// Total is the sum of the lines (tag 1020). It fails when they have several currencies, or overflow.
func (d Document) Total() (money.Money, error) {
	total := money.Of(0, money.RUB)
	for i, line := range d.Lines {
		if i == 0 {
			total.Currency = line.Amount.Currency
		}
		sum, err := total.Add(line.Amount)
		if err != nil {
			return money.Money{}, err
		}
		total = sum
	}
	return total, nil
}

// Total is the sum of its parts; a part of zero may lack its currency.
func (s Split) Total() (money.Money, error) {
	switch {
	case s.Advance.IsZero():
		return s.Electronic, nil
	case s.Electronic.IsZero():
		return s.Advance, nil
	}
	return s.Electronic.Add(s.Advance)
}

// Check holds a draft against what the law and every till ask. It gives ErrDraft with a field for each wrong place.
func (d Draft) Check() error {
	f := &findings{}
	f.need(d.ID != "" && utf8.RuneCountInString(d.ID) <= MaxDraftID, "id", "1 to 128 characters")
	f.need(d.Kind.Known(), "kind", "one of the four kinds")
	f.need(!d.At.IsZero(), "at", "the time of the settlement")
	f.need(d.Document.Email != "" || d.Document.Phone != "", "document.email", "an e-mail or a phone of the payer")
	f.need(ValidTaxation(d.Document.Taxation), "document.taxation", "a system of taxation in force")
	f.need(validINN(d.Company.INN), "company.inn", "10 or 12 digits")
	f.need(d.Company.Email != "", "company.email", "the sender of the receipt")
	f.need(d.Company.PaymentAddress != "", "company.payment_address", "where the settlement is made")
	f.need(len(d.Document.Lines) > 0 && len(d.Document.Lines) <= MaxLines, "document.lines", "1 to 100 lines")
	d.checkCorrection(f)
	for i, line := range d.Document.Lines {
		f.line(d, "document.lines["+strconv.Itoa(i)+"]", line)
	}
	d.checkTotals(f)
	return f.err
}

func (d Draft) checkCorrection(f *findings) {
	c := d.Correction
	if !d.Kind.Corrects() || c == nil {
		f.need(d.Kind.Corrects() == (c != nil), "correction", "for a correction and for nothing else")
		return
	}
	f.need(c.Type == CorrectionSelf || c.Type == CorrectionInstruction, "correction.type", "self or instruction")
	f.need(!c.Date.IsZero() && !c.Date.After(d.At), "correction.date", "the day of the settlement that is corrected")
	f.need(utf8.RuneCountInString(c.Number) <= maxNumber, "correction.number", "at most 32 characters")
	f.need(c.Type != CorrectionInstruction || c.Number != "", "correction.number", "the number of the instruction")
}

func (d Draft) checkTotals(f *findings) {
	lines, err := d.Document.Total()
	f.need(err == nil && lines.Currency == money.RUB, "document.lines", "roubles whose sum can be counted")
	f.need(err != nil || lines.Amount <= MaxSettlement, "document.lines", "a total within 42 949 672.95")
	paid, err := d.Paid.Total()
	f.need(d.Paid.Electronic.Amount >= 0 && d.Paid.Advance.Amount >= 0, "paid", "no part below zero")
	f.need(err == nil && paid == lines, "paid", "as much as the lines together")
}

// rateDay is the day whose rates of VAT a receipt may carry: a correction has those of what it corrects.
func (d Draft) rateDay() time.Time {
	if d.Correction != nil {
		return d.Correction.Date
	}
	return d.At
}

// carries reports whether a receipt may carry the rate. What was sold at an old rate is given back at the old rate.
func (d Draft) carries(vat string) bool {
	return ValidVAT(vat, d.rateDay()) || d.Kind == IncomeReturn && ValidVAT(vat, rate22Since.Add(-time.Second))
}

// findings collects the wrong places of a draft.
type findings struct{ err error }

func (f *findings) need(holds bool, location, message string) {
	if holds {
		return
	}
	wrong := ErrDraft
	if f.err != nil {
		wrong = fault.As(f.err)
	}
	f.err = wrong.At(location, message)
}

func (f *findings) line(d Draft, at string, l Line) {
	length := utf8.RuneCountInString(l.Name)
	f.need(length > 0 && length <= MaxLineName && strings.TrimSpace(l.Name) != "", at+".name", "1 to 128 characters")
	f.need(l.Quantity > 0 && l.Quantity <= money.MaxQuantity, at+".quantity", "above 0 and at most 99999.999")
	f.need(l.Price.Currency == money.RUB && l.Amount.Currency == money.RUB, at+".price", "roubles")
	f.need(l.Price.Amount >= 0 && l.Amount.Amount >= 0, at+".price", "not below zero")
	f.need(nearProduct(l), at+".amount", "price × quantity, to within a kopeck")
	f.need(d.carries(l.VAT), at+".vat", "a rate in force")
	f.need(ValidSubject(l.Subject), at+".subject", "a sign of the thing sold")
	f.need(ValidMode(l.Mode), at+".mode", "a way of settlement")
	f.need(ValidMeasure(l.Measure), at+".measure", "a unit of quantity")
	if l.Agent != nil {
		f.need(AgentTypes.Has(l.Agent.Type), at+".agent.type", "a sign of an agent")
		f.need(l.Agent.Supplier.Name != "", at+".agent.supplier.name", "the name of the supplier")
		f.need(validINN(l.Agent.Supplier.INN), at+".agent.supplier.inn", "10 or 12 digits")
		f.need(l.Agent.Supplier.Phone != "", at+".agent.supplier.phone", "a phone of the supplier")
	}
}

// nearProduct reports that a line's amount is price × quantity. Tills allow a kopeck, for they round in their own ways.
func nearProduct(l Line) bool {
	if l.Price.Amount < 0 || l.Quantity < 0 {
		return true // said already
	}
	product, err := money.Line(l.Price, l.Quantity)
	if err != nil {
		return false
	}
	difference := product.Amount - l.Amount.Amount
	return -1 <= difference && difference <= 1
}

func validINN(text string) bool {
	_, ok := digits(text)
	return ok && (len(text) == 10 || len(text) == 12)
}
