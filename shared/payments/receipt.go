package payments

import (
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/receipts"
)

// Receipt is a fiscal receipt that hangs on an order.
type Receipt struct {
	ID        ids.ID
	Payment   ids.ID
	Operation string // payment refund fulfilment correction
	Status    string // pending ready failed
	Source    string // the provider's name, or "partner"
	Verified  bool
	Fiscal    receipts.Fiscal
	CreatedAt time.Time
}

// ReceiptOf gives the receipt with this id.
func (w Whole) ReceiptOf(id ids.ID) (Receipt, bool) {
	for _, r := range w.Receipts {
		if r.ID == id {
			return r, true
		}
	}
	return Receipt{}, false
}

// AlreadyHas reports a receipt with the same fiscal identity (ФН, ФД, ФП).
func (w Whole) AlreadyHas(f receipts.Fiscal) bool {
	for _, r := range w.Receipts {
		if r.Fiscal.FN == f.FN && r.Fiscal.FD == f.FD && r.Fiscal.FP == f.FP && f.FN != "" {
			return true
		}
	}
	return false
}

// AddReceipt decides where a receipt that the bank's till made for payment p belongs. A receipt that is already there
// changes nothing. A second income receipt of one payment is kept out and raises an alarm: one receipt per operation.
func AddReceipt(w Whole, p Payment, f receipts.Fiscal, now time.Time) Outcome {
	out := begin(w)
	if w.AlreadyHas(f) {
		return out
	}
	r := Receipt{Payment: p.ID, Operation: "payment", Status: "ready", Source: p.Provider, Verified: true, Fiscal: f, CreatedAt: now}
	switch f.Kind {
	case receipts.Income:
		r.ID = p.Order.Child(ids.PaymentReceipt, p.N)
	case receipts.IncomeReturn:
		n := 1 + w.countReceipts(ids.RefundReceipt)
		if n > ids.MaxChild {
			out.raise(ReceiptConflict, p.ID.String(), "one receipt of a refund more than an order can hold: FD "+itoa(f.FD), now)
			return out
		}
		r.Operation, r.ID = "refund", p.Order.Child(ids.RefundReceipt, n)
	default:
		out.raise(ReceiptConflict, p.ID.String(), "a till made a receipt of kind "+string(f.Kind), now)
		return out
	}
	if old, ok := w.ReceiptOf(r.ID); ok {
		out.raise(ReceiptConflict, p.ID.String(), "a second receipt: FD "+itoa(f.FD)+" beside FD "+itoa(old.Fiscal.FD), now)
		return out
	}
	due := p.expected()
	if p.Status == Paid {
		due = p.Captured
	}
	if f.Kind == receipts.Income && (f.Total.Amount != due || f.Total.Currency != p.Amount.Currency) {
		out.raise(AmountMismatch, r.ID.String(), "the receipt is over "+f.Total.String(), now)
	}
	out.addReceipt(r)
	p.Due = now.Add(FeedFirst) // what else is owed is looked at then
	out.put(p)
	return out
}

// AttachReceipt adds a receipt that the partner made himself and names by its address. It is not verified.
func AttachReceipt(w Whole, f receipts.Fiscal, now time.Time) (Outcome, Receipt, error) {
	out := begin(w)
	winner, paid := w.Payment(w.State.Winner)
	if !paid {
		return out, Receipt{}, ErrReceiptUnknown
	}
	n := MaxReceiptsOfTill + 1
	for ; n <= ids.MaxChild; n++ {
		if _, taken := w.ReceiptOf(w.Order.ID.Child(ids.PaymentReceipt, n)); !taken {
			break
		}
	}
	if n > ids.MaxChild {
		return out, Receipt{}, ErrTooManyReceipts
	}
	f.Kind, f.Total = receipts.Income, winner.Amount
	r := Receipt{ID: w.Order.ID.Child(ids.PaymentReceipt, n), Payment: winner.ID, Operation: "payment", Status: "ready",
		Source: "partner", Fiscal: f, CreatedAt: now}
	out.addReceipt(r)
	return out, r, nil
}

// MaxReceiptsOfTill: receipts 1 … 20 belong to the attempts of the same number, those above to the partner.
const MaxReceiptsOfTill = ids.MaxAttempts

// ErrTooManyReceipts is the refusal of one more receipt of the partner's.
var ErrTooManyReceipts = fault.Conflict("receipts_exhausted", "The order has all the receipts it can hold.")

func (o *Outcome) addReceipt(r Receipt) {
	o.NewReceipts = append(o.NewReceipts, r)
	o.After.Receipts = append(o.After.Receipts, r)
}

func (w Whole) countReceipts(f ids.Family) (n int) {
	for _, r := range w.Receipts {
		if r.ID.Family() == f {
			n++
		}
	}
	return n
}
