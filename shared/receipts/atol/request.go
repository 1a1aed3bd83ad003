package atol

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"giberno.ru/shared/core/money"
	"giberno.ru/shared/receipts"
)

// roubles writes an amount as the service's decimal number, from the minor units themselves.
type roubles money.Money

// MarshalJSON writes 8000.00.
func (r roubles) MarshalJSON() ([]byte, error) { return []byte(money.Money(r).Decimal()), nil }

// The bodies of a registration. Their members stand in the order of the service's own samples, so that the same draft
// always has the same bytes.
type (
	registration struct {
		ExternalID string      `json:"external_id"`
		Timestamp  string      `json:"timestamp"`
		Service    *service    `json:"service,omitempty"`
		Receipt    *paper      `json:"receipt,omitempty"`
		Correction *correction `json:"correction,omitempty"`
	}
	service struct {
		NotifyURL string `json:"callback_url"`
	}
	paper struct {
		Client   *client   `json:"client,omitempty"`
		Company  company   `json:"company"`
		Items    []item    `json:"items,omitempty"`
		Payments []payment `json:"payments"`
		Vats     []vat     `json:"vats,omitempty"`
		Total    *roubles  `json:"total,omitempty"`
	}
	correction struct {
		paper
		Info correctionInfo `json:"correction_info"`
	}
	correctionInfo struct {
		Type       string `json:"type"`
		BaseDate   string `json:"base_date"`
		BaseNumber string `json:"base_number,omitempty"`
	}
	client struct {
		Email string `json:"email,omitempty"`
		Phone string `json:"phone,omitempty"`
	}
	company struct {
		Email          string `json:"email,omitempty"`
		Taxation       string `json:"sno"`
		INN            string `json:"inn"`
		PaymentAddress string `json:"payment_address"`
	}
	item struct {
		Name            string         `json:"name"`
		Price           roubles        `json:"price"`
		Quantity        money.Quantity `json:"quantity"`
		Sum             roubles        `json:"sum"`
		MeasurementUnit string         `json:"measurement_unit,omitempty"` // v4
		Measure         *int           `json:"measure,omitempty"`          // v5
		PaymentMethod   string         `json:"payment_method"`
		PaymentObject   any            `json:"payment_object"` // a word in v4, the number of tag 1212 in v5
		VAT             vat            `json:"vat"`
		Agent           *agent         `json:"agent_info,omitempty"`
		Supplier        *supplier      `json:"supplier_info,omitempty"`
	}
	vat struct {
		Type string   `json:"type"`
		Sum  *roubles `json:"sum,omitempty"`
	}
	agent struct {
		Type string `json:"type"`
	}
	supplier struct {
		Phones []string `json:"phones"`
		Name   string   `json:"name"`
		INN    string   `json:"inn"`
	}
	payment struct {
		Type int     `json:"type"`
		Sum  roubles `json:"sum"`
	}
)

// The service's own limits, in characters.
const (
	maxContact   = 64
	maxAddress   = 256
	maxNotifyURL = 256
	maxRates     = 6 // of a correction that states sums by rate
)

// body writes a registration and names its operation. A draft that the service would refuse is BadRequest before it is
// sent.
func body(v Version, d receipts.Draft) (operation string, raw []byte, err error) {
	operation, known := operations[v][d.Kind]
	if operations[v] == nil {
		return "", nil, &Error{Class: Config, Cause: fmt.Errorf("%q is no protocol of the service", v)}
	}
	if !known {
		return "", nil, badRequest(fmt.Errorf("%q of ATOL makes no receipt of the kind %q", v, d.Kind))
	}
	if err := check(v, d); err != nil {
		return "", nil, badRequest(err)
	}
	r := registration{ExternalID: d.ID, Timestamp: d.At.In(receipts.Moscow).Format(stamp)}
	if d.NotifyURL != "" {
		r.Service = &service{NotifyURL: d.NotifyURL}
	}
	switch {
	case !d.Kind.Corrects():
		p := paperOf(v, d)
		r.Receipt = &p
	case v == V4:
		r.Correction = &correction{paper: shortPaper(d), Info: infoOf(d)}
	default:
		r.Correction = &correction{paper: paperOf(v, d), Info: infoOf(d)}
	}
	raw, err = encode(r)
	if err != nil {
		return "", nil, badRequest(err)
	}
	return operation, raw, nil
}

func check(v Version, d receipts.Draft) error {
	if err := d.Check(); err != nil {
		return err
	}
	switch {
	case tooLong(d.Document.Email, maxContact) || tooLong(d.Document.Phone, maxContact) || tooLong(d.Company.Email, maxContact):
		return fmt.Errorf("an e-mail or phone is longer than %d characters", maxContact)
	case tooLong(d.Company.PaymentAddress, maxAddress):
		return fmt.Errorf("the payment address is longer than %d characters", maxAddress)
	case tooLong(d.NotifyURL, maxNotifyURL):
		return fmt.Errorf("the address for notices is longer than %d characters", maxNotifyURL)
	case v == V4 && d.Kind.Corrects() && d.Correction.Number == "":
		return errors.New("a correction of FFD 1.05 needs the number of its paper")
	case v == V4 && d.Kind.Corrects() && len(shortPaper(d).Vats) > maxRates:
		return fmt.Errorf("a correction of FFD 1.05 has more than %d rates of VAT", maxRates)
	}
	return nil
}

func tooLong(text string, limit int) bool { return utf8.RuneCountInString(text) > limit }

// paperOf is a receipt, or a correction of v5, which is a whole receipt. The rates stand on the lines without sums, which
// the service then counts itself.
func paperOf(v Version, d receipts.Draft) paper {
	total, _ := d.Document.Total() // checked
	written := roubles(total)
	p := paper{
		Client:   &client{Email: d.Document.Email, Phone: d.Document.Phone},
		Company:  companyOf(d),
		Payments: payments(d.Paid),
		Total:    &written,
	}
	for _, line := range d.Document.Lines {
		p.Items = append(p.Items, itemOf(v, line))
	}
	return p
}

// shortPaper is a correction of v4, which has no lines: sums by way of payment and by rate.
func shortPaper(d receipts.Draft) paper {
	p := paper{Company: companyOf(d), Payments: payments(d.Paid)}
	p.Company.Email = ""
	for _, rate := range receipts.VATs.Names() {
		of := receipts.Document{}
		for _, line := range d.Document.Lines {
			if line.VAT == rate {
				of.Lines = append(of.Lines, line)
			}
		}
		if len(of.Lines) == 0 {
			continue
		}
		amount, _ := of.Total() // a part of a checked total
		sum, _ := receipts.VATSum(rate, amount)
		written := roubles(sum)
		p.Vats = append(p.Vats, vat{Type: rate, Sum: &written})
	}
	return p
}

func companyOf(d receipts.Draft) company {
	return company{Email: d.Company.Email, Taxation: d.Document.Taxation, INN: d.Company.INN, PaymentAddress: d.Company.PaymentAddress}
}

func infoOf(d receipts.Draft) correctionInfo {
	c := d.Correction
	return correctionInfo{Type: c.Type, BaseDate: c.Date.In(receipts.Moscow).Format(day), BaseNumber: c.Number}
}

func payments(s receipts.Split) []payment {
	var list []payment
	if !s.Electronic.IsZero() || s.Advance.IsZero() {
		list = append(list, payment{paidElectronically, roubles(s.Electronic)})
	}
	if !s.Advance.IsZero() {
		list = append(list, payment{paidFromAdvance, roubles(s.Advance)})
	}
	return list
}

func itemOf(v Version, l receipts.Line) item {
	i := item{
		Name: l.Name, Price: roubles(l.Price), Quantity: l.Quantity, Sum: roubles(l.Amount),
		PaymentMethod: l.Mode, PaymentObject: l.Subject, VAT: vat{Type: l.VAT},
	}
	if v == V5 {
		measure, _ := receipts.Measures.Tag(l.Measure)
		subject, _ := receipts.Subjects.Tag(l.Subject)
		i.Measure, i.PaymentObject = &measure, subject
	} else {
		i.MeasurementUnit = units[l.Measure]
	}
	if l.Agent != nil {
		s := l.Agent.Supplier
		i.Agent, i.Supplier = &agent{l.Agent.Type}, &supplier{Phones: []string{s.Phone}, Name: s.Name, INN: s.INN}
	}
	return i
}

// encode writes JSON without the escapes that HTML would need.
func encode(value any) ([]byte, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), nil
}
