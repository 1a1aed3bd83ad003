package reconcile

import (
	"slices"
	"strings"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/money"
)

// Mapping says how a bank writes its register. It is data: an operator can keep one per account.
type Mapping struct {
	Name      string  `json:"name"`
	Encoding  string  `json:"encoding,omitempty"`  // CSV: utf-8 (default; a byte order mark is fine) or windows-1251
	Delimiter string  `json:"delimiter,omitempty"` // CSV: ; (default), a comma or a tab
	Sheet     string  `json:"sheet,omitempty"`     // XLSX: the sheet's name; empty: the first
	Columns   Columns `json:"columns"`

	Kinds      map[string]Kind           `json:"kinds,omitempty"`      // the bank's words; without a kind column a minus is a refund
	Statuses   map[string]Status         `json:"statuses,omitempty"`   // without a status column every line is done
	Currencies map[string]money.Currency `json:"currencies,omitempty"` // words beside the ISO codes: "643", "руб."
	Currency   money.Currency            `json:"currency,omitempty"`   // of a register without a currency column
	SkipKinds  []string                  `json:"skip_kinds,omitempty"` // kinds of lines that are no operations, such as the payout itself
	SkipRows   []string                  `json:"skip_rows,omitempty"`  // beginnings of rows that are totals or footers: "Итого"

	AmountInMinor bool   `json:"amount_in_minor,omitempty"` // amounts are whole minor units
	DecimalMark   string `json:"decimal_mark,omitempty"`    // "," or "." (default)
	Grouping      string `json:"grouping,omitempty"`        // characters between thousands; spaces are always understood
	FeeNegative   bool   `json:"fee_negative,omitempty"`    // a fee that the bank keeps is written with a minus
	FeeReturned   bool   `json:"fee_returned,omitempty"`    // the fee beside a refund or chargeback is given back to us, not kept

	Layouts   []string `json:"layouts"`    // of dates, in Go's manner: "02.01.2006 15:04:05"; the first that fits
	UTCOffset string   `json:"utc_offset"` // of the bank's clock: "+03:00"; none of our countries changes its clocks
	By        By       `json:"by"`         // the name that joins this register with the ledger
}

// Columns are the headings of the register, each with the spellings that were seen. A column with a spelling must be there.
type Columns struct {
	Reference []string `json:"reference,omitempty"`
	BankID    []string `json:"bank_id,omitempty"`
	Kind      []string `json:"kind,omitempty"`
	Status    []string `json:"status,omitempty"`
	Amount    []string `json:"amount"`
	Fee       []string `json:"fee,omitempty"`
	Currency  []string `json:"currency,omitempty"`
	Date      []string `json:"date"`
	Time      []string `json:"time,omitempty"` // where it stands apart from the date; joined with a space
}

// TBank is the register of T-Bank's internet acquiring as we assume it: the bank does not publish its form, and the
// cabinet lets its user choose the columns. Refunds carry the number of their payment. Change it where an account's
// register looks otherwise.
func TBank() Mapping {
	return Mapping{
		Name: "tbank", Encoding: "utf-8", Delimiter: ";",
		Columns: Columns{
			Reference: []string{"Номер заказа", "OrderId"}, BankID: []string{"Идентификатор платежа", "PaymentId"},
			Kind: []string{"Тип операции"}, Status: []string{"Статус"}, Amount: []string{"Сумма операции"},
			Fee: []string{"Комиссия", "Сумма комиссии"}, Currency: []string{"Валюта"}, Date: []string{"Дата операции", "Дата и время операции"},
		},
		Kinds: map[string]Kind{"Оплата": Payment, "Покупка": Payment, "Возврат": Refund, "Отмена": Refund, "Чарджбэк": Chargeback},
		Statuses: map[string]Status{"Успешно": Done, "Проведена": Done, "CONFIRMED": Done, "REFUNDED": Done, "PARTIAL_REFUNDED": Done,
			"В обработке": Pending, "Отклонена": Failed, "REJECTED": Failed},
		Currencies: map[string]money.Currency{"643": money.RUB, "руб.": money.RUB, "₽": money.RUB},
		SkipKinds:  []string{"Выплата"}, SkipRows: []string{"Итого", "Всего"},
		DecimalMark: ",", Layouts: []string{"02.01.2006 15:04:05", "2006-01-02 15:04:05"}, UTCOffset: "+03:00", By: ByReference,
	}
}

// Validate names everything that is wrong with the mapping.
func (m Mapping) Validate() error {
	var wrong []fault.Field
	unless := func(ok bool, location, message string) {
		if !ok {
			wrong = append(wrong, fault.Field{Location: location, Message: message})
		}
	}
	unless(m.Name != "" && len(m.Name) <= 64, "name", "expected 1 to 64 bytes")
	unless(m.Encoding == "" || m.Encoding == "utf-8" || m.Encoding == "windows-1251", "encoding", "expected utf-8 or windows-1251")
	unless(m.Delimiter == "" || m.Delimiter == ";" || m.Delimiter == "," || m.Delimiter == "\t", "delimiter", "expected ; or , or a tab")
	unless(len(m.Columns.Amount) > 0, "columns.amount", "is required")
	unless(len(m.Columns.Date) > 0, "columns.date", "is required")
	unless((m.By == ByReference && len(m.Columns.Reference) > 0) || (m.By == ByBankID && len(m.Columns.BankID) > 0), "by",
		"expected reference or bank_id, with its column")
	unless(len(m.Columns.Kind) == 0 || len(m.Kinds) > 0, "kinds", "the kind column needs its words")
	unless(len(m.Columns.Status) == 0 || len(m.Statuses) > 0, "statuses", "the status column needs its words")
	unless(len(m.Columns.Currency) > 0 || m.Currency.Known(), "currency", "expected a column or a known currency")
	for word, kind := range m.Kinds {
		unless(kind == Payment || kind == Refund || kind == Chargeback, "kinds."+word, "expected payment, refund or chargeback")
	}
	for word, status := range m.Statuses {
		unless(place(statuses[:], status) >= 0, "statuses."+word, "expected done, pending or failed")
	}
	for word, currency := range m.Currencies {
		unless(currency.Known(), "currencies."+word, "unknown currency")
	}
	unless(m.DecimalMark == "" || m.DecimalMark == "." || m.DecimalMark == ",", "decimal_mark", "expected a point or a comma")
	unless(!strings.ContainsAny(m.Grouping, m.mark()+"+-0123456789"), "grouping", "the separator of thousands must differ from the decimal mark, digits and signs")
	unless(len(m.Layouts) > 0, "layouts", "is required")
	for _, layout := range m.Layouts {
		unless(dated(layout), "layouts", "expected a form with year, month and day, such as 02.01.2006 15:04:05")
	}
	unless(!slices.Contains(plainAll(m.SkipRows), ""), "skip_rows", "an empty beginning would skip every row")
	_, err := m.zone()
	unless(err == nil, "utc_offset", "expected hours and minutes, such as +03:00")
	unless(m.spellings(), "columns", "a heading is empty or stands for two columns")
	if len(wrong) > 0 {
		return fault.Validation(wrong...)
	}
	return nil
}

// dated reports a layout that keeps the day.
func dated(layout string) bool {
	day := time.Date(2025, 12, 30, 0, 0, 0, 0, time.UTC)
	read, err := time.Parse(layout, day.Format(layout))
	return err == nil && read.Equal(day)
}

// spellings reports that every heading means one column.
func (m Mapping) spellings() bool {
	seen := map[string]bool{}
	for _, names := range m.Columns.list() {
		for _, name := range names {
			if plain(name) == "" || seen[plain(name)] {
				return false
			}
			seen[plain(name)] = true
		}
	}
	return true
}

func (m Mapping) mark() string {
	if m.DecimalMark == "" {
		return "."
	}
	return m.DecimalMark
}

func (m Mapping) notation() notation {
	return notation{mark: m.mark(), grouping: " \u00a0\u202f\u2009" + m.Grouping, minor: m.AmountInMinor}
}

func (m Mapping) zone() (*time.Location, error) {
	at, err := time.Parse("-07:00", m.UTCOffset)
	if err != nil {
		return nil, err
	}
	_, offsetSec := at.Zone()
	return time.FixedZone(m.UTCOffset, offsetSec), nil
}

// The columns in the order of list.
const (
	colReference = iota
	colBankID
	colKind
	colStatus
	colAmount
	colFee
	colCurrency
	colDate
	colTime
	columnCount
)

var columnNames = [columnCount]string{"reference", "bank_id", "kind", "status", "amount", "fee", "currency", "date", "time"}

func (c Columns) list() [columnCount][]string {
	return [columnCount][]string{c.Reference, c.BankID, c.Kind, c.Status, c.Amount, c.Fee, c.Currency, c.Date, c.Time}
}

// plain is how words and headings are compared: without case, without spaces around and doubled, ё as е.
func plain(text string) string {
	return strings.ReplaceAll(strings.ToLower(strings.Join(strings.Fields(strings.TrimPrefix(text, "\ufeff")), " ")), "ё", "е")
}
