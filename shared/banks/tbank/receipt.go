package tbank

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/receipts"
)

// The bank's limits of a receipt (§4, FFD 1.05).
const (
	maxItems    = 100
	maxItemName = 128
)

// receiptJSON writes the bank's Receipt object of FFD 1.05; nil for no document. The total of the lines must be the
// amount of the call, or the bank answers 308 or 334. The bank's names of rates, modes and subjects are ours; the bank has
// no measure in this format.
func receiptJSON(a banks.Account, d *receipts.Document, amount money.Money) ([]byte, error) {
	if d == nil {
		return nil, nil
	}
	taxation := d.Taxation
	if taxation == "" {
		taxation = a.Taxation
	}
	if err := checkReceipt(d, taxation, amount); err != nil {
		return nil, badRequest(err)
	}
	var body bytes.Buffer
	body.WriteByte('{')
	field(&body, "Email", d.Email)
	field(&body, "Phone", d.Phone)
	field(&body, "Taxation", taxation)
	body.WriteString(`"FfdVersion":"1.05","Items":[`)
	for i, line := range d.Lines {
		if i > 0 {
			body.WriteByte(',')
		}
		body.WriteByte('{')
		field(&body, "Name", line.Name)
		whole(&body, "Price", line.Price.Amount)
		body.WriteString(`"Quantity":` + line.Quantity.String() + `,`)
		whole(&body, "Amount", line.Amount.Amount)
		field(&body, "PaymentMethod", line.Mode)
		field(&body, "PaymentObject", line.Subject)
		if line.Agent != nil {
			agent(&body, *line.Agent)
		}
		body.WriteString(`"Tax":"` + line.VAT + `"}`)
	}
	body.WriteString(`]}`)
	return body.Bytes(), nil
}

// agent writes for whom a line is sold that is not our own.
func agent(body *bytes.Buffer, a receipts.Agent) {
	body.WriteString(`"AgentData":{"AgentSign":"` + a.Type + `"},"SupplierInfo":{"Phones":[`)
	writeText(body, a.Supplier.Phone)
	body.WriteString(`],"Name":`)
	writeText(body, a.Supplier.Name)
	body.WriteString(`,"Inn":`)
	writeText(body, a.Supplier.INN)
	body.WriteString(`},`)
}

func field(body *bytes.Buffer, name, value string) {
	if value == "" {
		return
	}
	body.WriteString(`"` + name + `":`)
	writeText(body, value)
	body.WriteByte(',')
}

func whole(body *bytes.Buffer, name string, value int64) {
	body.WriteString(`"` + name + `":` + strconv.FormatInt(value, 10) + `,`)
}

func checkReceipt(d *receipts.Document, taxation string, amount money.Money) error {
	switch {
	case d.Email == "" && d.Phone == "":
		return errors.New("the receipt has neither e-mail nor phone")
	case !receipts.ValidTaxation(taxation):
		return errors.New("the receipt's taxation is unknown")
	case len(d.Lines) == 0 || len(d.Lines) > maxItems:
		return fmt.Errorf("the receipt has %d lines, not 1 to %d", len(d.Lines), maxItems)
	}
	for i, line := range d.Lines {
		if err := checkLine(line); err != nil {
			return fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	total, err := d.Total()
	if err != nil {
		return err
	}
	if total != amount {
		return fmt.Errorf("the receipt's total is %s, the call's amount %s", total, amount)
	}
	return nil
}

func checkLine(line receipts.Line) error {
	switch {
	case line.Name == "" || utf8.RuneCountInString(line.Name) > maxItemName:
		return fmt.Errorf("the name must have 1 to %d characters", maxItemName)
	case line.Price.Amount < 0 || line.Amount.Amount < 0 || line.Price.Currency != line.Amount.Currency:
		return errors.New("price and amount must not be negative, and of one currency")
	case line.Quantity <= 0 || line.Quantity > money.MaxQuantity:
		return errors.New("the quantity is out of range")
	case !receipts.VATs.Has(line.VAT):
		return errors.New("the rate of VAT is unknown")
	case line.Mode != "" && !receipts.ValidMode(line.Mode):
		return errors.New("the mode of payment is unknown")
	case line.Subject != "" && !receipts.ValidSubject(line.Subject):
		return errors.New("the subject of payment is unknown")
	case line.Agent != nil && !goodAgent(*line.Agent):
		return errors.New("an agent's line needs his sign, and the supplier's name, number and phone")
	}
	return nil
}

func goodAgent(a receipts.Agent) bool {
	s := a.Supplier
	return receipts.AgentTypes.Has(a.Type) && s.Name != "" && s.Phone != "" && digitsOnly(s.INN) && (len(s.INN) == 10 || len(s.INN) == 12)
}

func badRequest(cause error) *banks.Error { return &banks.Error{Class: banks.BadRequest, Cause: cause} }
