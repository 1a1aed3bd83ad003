package payments

import (
	"slices"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/receipts"
)

// CorrectionWish is a correction as an operator asks for it.
type CorrectionWish struct {
	Kind     receipts.Kind // income_correction or income_return_correction
	Amount   int64         // minor units; lines are those of the order's payment where they come to it, else one line
	Line     int           // the line of the order whose rate of VAT the amount has, from 1; 0: all of them, or they are alike
	Corrects receipts.Correction
	By       string // the operator
	Key      Answered
}

// ErrNoTill is the refusal of a receipt where no till of ours makes any.
var ErrNoTill = fault.Conflict("operation_not_supported", "The receipts of this payment are not made by a till of the platform.")

// ErrCorrectionPending refuses a second correction of one cause while the first one is on its way.
var ErrCorrectionPending = fault.Conflict("correction_pending", "Another correction of this order is on its way.")

// BeginCorrection makes the intent to correct what the tills told of the winner of an order (54-FZ, corrections). Two of
// the same cause at once are refused.
func BeginCorrection(w Whole, wish CorrectionWish, now time.Time) (Outcome, Receipt, error) {
	p, paid := w.Payment(w.State.Winner)
	if !paid || p.Till.IsZero() || p.Amount.Currency != money.RUB {
		return Outcome{}, Receipt{}, ErrNoTill
	}
	n, lines := 1, w.correctable(p, wish.Line)
	for _, r := range w.Receipts {
		if r.Operation != OfCorrection {
			continue
		}
		n++
		if r.Status == ReceiptPending {
			return Outcome{}, Receipt{}, ErrCorrectionPending
		}
	}
	switch {
	case n > ids.MaxChild:
		return Outcome{}, Receipt{}, ErrTooManyReceipts
	case wish.Amount < 1 || wish.Amount > MaxTotal:
		return Outcome{}, Receipt{}, fault.Validation(fault.Field{Location: "body.amount.amount", Message: "must be above 0 and within an order's limit"})
	case !wish.Kind.Corrects():
		return Outcome{}, Receipt{}, fault.Validation(fault.Field{Location: "body.kind", Message: "must be one of the two corrections"})
	case len(lines) == 0:
		return Outcome{}, Receipt{}, fault.Validation(fault.Field{Location: "body.line", Message: "must be a line of what was paid"})
	case sum(lines) != wish.Amount && !alike(lines): // whose rate it is nobody says
		return Outcome{}, Receipt{}, fault.Validation(fault.Field{Location: "body.line", Message: "must say whose rate of VAT a part of the payment has: its lines differ"})
	}
	out := begin(w)
	r := Receipt{ID: w.Order.ID.Child(ids.CorrectionReceipt, n), Operation: OfCorrection, Items: lines, Corrects: wish.Corrects, By: wish.By, Key: wish.Key}
	r.Fiscal.Kind = wish.Kind
	out.ask(r, p, wish.Amount, now)
	out.state(w.State, now)
	r, _ = out.After.ReceiptOf(r.ID)
	return out, r, nil
}

// correctable are the lines of a payment, or the one of this number.
func (w Whole) correctable(p Payment, line int) []Item {
	var found []Item
	for i, item := range w.linesOf(p) {
		if item.Line == 0 {
			item.Line = i + 1
		}
		if line == 0 || item.Line == line {
			found = append(found, w.linesOf(p)[i])
		}
	}
	return found
}

// alike reports lines that one line may stand for: what the tax depends on is the same in all of them.
func alike(lines []Item) bool {
	return !slices.ContainsFunc(lines, func(i Item) bool { return i.VAT != lines[0].VAT || i.Mode != lines[0].Mode })
}
