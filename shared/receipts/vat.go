package receipts

import "giberno.ru/shared/core/money"

// rates are the parts of an amount that are its VAT: per of out of. none and vat0 contain no tax.
var rates = map[string]struct{ per, of int64 }{
	"vat5": {5, 105}, "vat105": {5, 105},
	"vat7": {7, 107}, "vat107": {7, 107},
	"vat10": {10, 110}, "vat110": {10, 110},
	"vat20": {20, 120}, "vat120": {20, 120},
	"vat22": {22, 122}, "vat122": {22, 122},
}

// VATSum is what a receipt states of one rate: the tax that the amount contains, rounded half up (tags 1102, 1103, 1106, 1107),
// or for none and vat0 the whole amount (tags 1105 and 1104). ok is false for a rate that is not in the list, and for an
// amount below zero.
func VATSum(rate string, amount money.Money) (sum money.Money, ok bool) {
	r, taxed := rates[rate]
	if !taxed {
		return amount, VATs.Has(rate) && amount.Amount >= 0
	}
	minor, err := money.MulDivRound(amount.Amount, r.per, r.of)
	return money.Of(minor, amount.Currency), err == nil
}
