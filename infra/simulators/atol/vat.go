package atol

import (
	"math/big"
	"strings"
	"time"
)

// The rates of VAT, and the two pairs that took each other's place with 2026.
var (
	rates         = strings.Fields("none vat0 vat5 vat7 vat10 vat105 vat107 vat110")
	ratesOf2025   = strings.Fields("vat20 vat120")
	ratesOf2026   = strings.Fields("vat22 vat122")
	newRates      = time.Date(2026, time.January, 1, 0, 0, 0, 0, moscow)
	taxesIncluded = map[string]int64{"vat5": 5, "vat105": 5, "vat7": 7, "vat107": 7, "vat10": 10, "vat110": 10, "vat20": 20, "vat120": 20, "vat22": 22, "vat122": 22}
)

// Tax is a sum of VAT that the shop stated, with the amount that it is of.
type Tax struct {
	Type string `json:"type"`
	Sum  int64  `json:"sum"`
	Of   int64  `json:"of"`
}

// rates are the rates that the document may carry. What was sold at an old one is given back at it.
func (b rulebook) rates() []string {
	list := append([]string{}, rates...)
	if !b.day.Before(newRates) {
		list = append(list, ratesOf2026...)
	}
	if b.day.Before(newRates) || strings.HasSuffix(b.operation, "_refund") {
		list = append(list, ratesOf2025...)
	}
	return list
}

// readTax reads a rate and the sum that the shop may state of it. of are the amounts by rate, or the one amount of a line.
func (b rulebook) readTax(p place, d *document, of map[string]int64) string {
	p.only("type sum")
	rate := p.word("type", b.rates(), true)
	if !p.has("sum") {
		return rate
	}
	amount, oneLine := of[""]
	if !oneLine {
		amount = of[rate]
	}
	tax := Tax{Type: rate, Sum: p.kopecks("sum", false), Of: amount}
	if of != nil {
		d.Taxes = append(d.Taxes, tax)
	}
	return rate
}

// plausible reports whether a stated tax is what a till counts, to within a kopeck for each line. Without a tax both
// nothing and the whole amount may stand there.
func (t Tax) plausible(lines int) bool {
	per, taxed := taxesIncluded[t.Type]
	if !taxed {
		return t.Sum == 0 || t.Sum == t.Of
	}
	exact := new(big.Rat).SetFrac64(t.Of*per, 100+per)
	difference := new(big.Rat).Sub(exact, new(big.Rat).SetInt64(t.Sum))
	return difference.Abs(difference).Cmp(new(big.Rat).SetInt64(int64(max(lines, 1)))) <= 0
}
