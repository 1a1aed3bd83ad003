package atol

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"giberno.ru/shared/core/money"
	"giberno.ru/shared/receipts"
)

// answer is what all answers of the service have in common; its notices have the same form.
type answer struct {
	UUID       string     `json:"uuid"`
	Status     string     `json:"status"`
	Token      string     `json:"token"`
	ExternalID string     `json:"external_id"`
	Error      *wireError `json:"error"`
	Payload    *payload   `json:"payload"`
}

type wireError struct {
	Number figure `json:"code"`
	Text   string `json:"text"`
	Type   string `json:"type"`
}

// code is the error's number, 0 where it cannot be read; the tables of the till's errors write it as 001.
func (e *wireError) code() int {
	n, _ := e.Number.whole()
	return int(n)
}

// payload are the numbers of a receipt that was made. They are kept as text: the service types them now as numbers and
// now as strings.
type payload struct {
	Total        figure `json:"total"`
	FN           figure `json:"fn_number"`
	Shift        figure `json:"shift_number"`
	IssuedAt     string `json:"receipt_datetime"`
	Number       figure `json:"fiscal_receipt_number"`
	FD           figure `json:"fiscal_document_number"`
	FP           figure `json:"fiscal_document_attribute"`
	Registration figure `json:"ecr_registration_number"`
	OFD          figure `json:"ofd_inn"`
	URL          string `json:"ofd_receipt_url"`
}

// figure is a JSON number or string, as its text.
type figure string

// UnmarshalJSON keeps the text of a number as it was written.
func (f *figure) UnmarshalJSON(raw []byte) error {
	var text string
	switch raw[0] {
	case '"':
		if err := json.Unmarshal(raw, &text); err != nil {
			return err
		}
	case '{', '[', 't', 'f':
		return errors.New("neither a number nor a text")
	case 'n':
	default:
		text = string(raw)
	}
	*f = figure(text)
	return nil
}

// whole reads a number without sign, fraction or exponent.
func (f figure) whole() (int64, bool) {
	if !digitsOnly(string(f)) || len(f) > 18 {
		return 0, false
	}
	n, err := strconv.ParseInt(string(f), 10, 64)
	return n, err == nil
}

// amount reads decimal roubles: 8000, 8000.5, 8000.00. A third decimal that is not zero, a sign and an exponent are refused.
func (f figure) amount() (money.Money, bool) {
	units, cents, dotted := strings.Cut(string(f), ".")
	cents = strings.TrimRight(cents, "0")
	if dotted && strings.HasSuffix(string(f), ".") || len(cents) > 2 || len(units) > 12 {
		return money.Money{}, false
	}
	minor, ok := figure(units + (cents + "00")[:2]).whole()
	return money.Of(minor, money.RUB), ok && units != ""
}

func digitsOnly(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

var errAnswer = errors.New("the answer is not the service's JSON")

// readAnswer reads exactly one JSON object.
func readAnswer(raw []byte) (answer, error) {
	if trimmed := bytes.TrimLeft(raw, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '{' {
		return answer{}, errAnswer
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	var a answer
	if err := d.Decode(&a); err != nil {
		return answer{}, errors.Join(errAnswer, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return answer{}, errAnswer
	}
	return a, nil
}

const fnDigits = 16

var errPayload = errors.New("the report has no fiscal numbers that can be read")

// fiscal reads the numbers of a receipt that was made. Those that name it, its total and its time must be there.
func (p *payload) fiscal() (*receipts.Fiscal, error) {
	if p == nil {
		return nil, errPayload
	}
	total, okTotal := p.Total.amount()
	fd, okFD := p.FD.whole()
	fp, okFP := p.FP.whole()
	at, okAt := tillTime(p.IssuedAt)
	okFN := len(p.FN) == fnDigits && digitsOnly(string(p.FN))
	if !okTotal || !okFN || !okFD || fd == 0 || fd > math.MaxUint32 || !okFP || fp > math.MaxUint32 || !okAt {
		return nil, errPayload
	}
	shift, _ := p.Shift.whole()
	number, _ := p.Number.whole()
	return &receipts.Fiscal{
		Total: total, URL: webAddress(p.URL), FN: string(p.FN), FD: fd, FP: fp, RegistrationNumber: strings.TrimSpace(string(p.Registration)),
		Shift: shift, Number: number, OFD: string(p.OFD), IssuedAt: at,
	}, nil
}

// tillTime reads the till's own time, which is taken for Moscow's.
func tillTime(text string) (time.Time, bool) {
	for _, layout := range []string{stamp, "02.01.2006 15:04"} {
		if at, err := time.ParseInLocation(layout, text, receipts.Moscow); err == nil && at.Year() >= 2000 {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}

// webAddress lets only an absolute http or https address through: it becomes a link that people click.
func webAddress(text string) string {
	u, err := url.Parse(text)
	if err != nil || len(text) > 2048 || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return text
}
