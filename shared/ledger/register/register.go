// Package register writes the list of operations of a settlement for the partner, as a stream: CSV here, XLSX in
// register/xlsx. The totals are computed from the lines and returned, so that the caller can hold them against the ledger.
package register

import (
	"math"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/money"
)

// Line is one operation of the settlement. Amounts are minor units of Head.Currency; those of an entry that took another
// one back are negative.
type Line struct {
	At          time.Time
	Order       string // the order's id
	ExternalID  string // the partner's own number of it
	Payment     string // the payment's id
	Method      string // card, sbp, card_foreign, instalments
	Amount      int64  // paid; 0 on the line of a refund
	Refund      int64  // given back
	Fee         int64  // ours; negative: returned to the partner
	ProviderFee int64  // the provider's, where it concerns the partner; negative: returned
	// Net is what the entry changed of what we owe the partner, as its postings say. It is not computed here: on the partner's
	// own account only our fee counts, and a correction has nothing but a net.
	Net int64
}

// ErrLine is the fault of a line that no register has.
var ErrLine = fault.Invalid("register_line_invalid", "A line of a register needs its time.")

// Totals are the sums of a register's lines, in minor units.
type Totals struct {
	Lines       int   `json:"lines"`
	Amount      int64 `json:"amount"`
	Refund      int64 `json:"refund"`
	Fee         int64 `json:"fee"`
	ProviderFee int64 `json:"provider_fee"`
	Net         int64 `json:"net"`
}

// Add counts one more line. It fails with ErrLine, and with money.ErrOverflow when a sum is beyond int64.
func (t *Totals) Add(l Line) error {
	if l.At.IsZero() {
		return ErrLine
	}
	sum := *t
	for _, s := range []struct {
		into *int64
		more int64
	}{{&sum.Amount, l.Amount}, {&sum.Refund, l.Refund}, {&sum.Fee, l.Fee}, {&sum.ProviderFee, l.ProviderFee}, {&sum.Net, l.Net}} {
		if (s.more > 0 && *s.into > math.MaxInt64-s.more) || (s.more < 0 && *s.into < math.MinInt64-s.more) {
			return money.ErrOverflow
		}
		*s.into += s.more
	}
	sum.Lines++
	*t = sum
	return nil
}

// Head says for whom a register is written.
type Head struct {
	Currency    money.Currency
	Zone        *time.Location // of the partner's business day
	Locale      string         // ru (default), kk or en: the language of the headings
	ProviderFee bool           // the provider's fee concerns the partner and has a column
}

// ErrHead is the fault of a register for nobody.
var ErrHead = fault.Invalid("register_head_invalid", "A register needs a currency and a time zone.")

// Check refuses a register for nobody.
func (h Head) Check() error {
	if !h.Currency.Known() || h.Zone == nil {
		return ErrHead
	}
	return nil
}

// TimeForm is how a register writes a time on the partner's clocks.
const TimeForm = "2006-01-02 15:04:05"

// Headings are the titles of the columns: first the texts, then the figures.
func (h Head) Headings() []string {
	words := h.words()
	all := []string{words.time, words.order, words.externalID, words.payment, words.method}
	for _, figure := range pick(h, words.amount, words.refund, words.fee, words.providerFee, words.net) {
		all = append(all, figure+", "+string(h.Currency))
	}
	return all
}

// TotalsTitle is the word before the sums.
func (h Head) TotalsTitle() string { return h.words().total }

func (h Head) words() words {
	if known, ok := headings[h.Locale]; ok {
		return known
	}
	return headings["ru"]
}

// Texts are a line's columns after the time.
func (h Head) Texts(l Line) [4]string { return [4]string{l.Order, l.ExternalID, l.Payment, l.Method} }

// Figures are a line's amounts, in minor units, in the order of the headings.
func (h Head) Figures(l Line) []int64 {
	return pick(h, l.Amount, l.Refund, l.Fee, l.ProviderFee, l.Net)
}

// Sums are the totals in the order of the headings.
func (h Head) Sums(t Totals) []int64 { return pick(h, t.Amount, t.Refund, t.Fee, t.ProviderFee, t.Net) }

func pick[T any](h Head, amount, refund, fee, providerFee, net T) []T {
	if h.ProviderFee {
		return []T{amount, refund, fee, providerFee, net}
	}
	return []T{amount, refund, fee, net}
}

type words struct {
	time, order, externalID, payment, method, amount, refund, fee, providerFee, net, total string
}

var headings = map[string]words{
	"ru": {"Время операции", "Заказ", "Номер партнёра", "Платёж", "Способ оплаты", "Оплачено", "Возвращено", "Наша комиссия", "Комиссия банка", "К выплате", "Итого"},
	"kk": {"Операция уақыты", "Тапсырыс", "Серіктес нөмірі", "Төлем", "Төлеу тәсілі", "Төленді", "Қайтарылды", "Біздің комиссия", "Банк комиссиясы", "Төлеуге", "Барлығы"},
	"en": {"Time of operation", "Order", "Partner's number", "Payment", "Method", "Paid", "Refunded", "Our fee", "Bank's fee", "Net", "Total"},
}
