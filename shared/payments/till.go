package payments

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/receipts"
)

// How often one receipt is asked for under a new name, after the till proved not to have made it: a receipt that the till
// refuses, and one that it could not make because it broke. The waits between grow from minutes to hours.
const (
	MaxReceiptTries = 3
	MaxTillTries    = 9
)

// OfTill is the source of receipts that a till of ours makes, where the bank has none.
const OfTill = "atol"

// ReceiptID names the receipt of a payment or a refund.
func ReceiptID(child ids.ID) ids.ID {
	f := ids.PaymentReceipt
	if child.Family() == ids.Refund {
		f = ids.RefundReceipt
	}
	return child.Root().Child(f, child.N())
}

// wantsTill reports that a till of ours owes child a receipt which can be asked for now. A return is told after its income:
// a till that never told the income has nothing to return.
func (w Whole) wantsTill(child ids.ID) bool {
	if !w.owedByTill(child) {
		return false
	}
	r, back := w.Refund(child.N())
	return child.Family() != ids.Refund || back && w.incomeOf(r) == ReceiptReady
}

// incomeOf is where the receipt stands that a till of ours makes of the payment that r gives back; "" where nobody asked.
func (w Whole) incomeOf(r Refund) ReceiptStatus {
	income, _ := w.ReceiptOf(ReceiptID(w.Order.ID.Child(ids.Payment, r.Payment)))
	return income.Status
}

// owedByTill reports that a till of ours owes child a receipt which nobody has asked for yet. Russian tills print roubles:
// a payment in another currency is none of theirs, whatever its account says.
func (w Whole) owedByTill(child ids.ID) bool {
	p, done := w.Payment(child.N())
	done = done && p.Status == Paid
	if child.Family() == ids.Refund {
		r, _ := w.Refund(child.N())
		p, _ = w.Payment(r.Payment)
		done = r.Status == RefundSucceeded
	}
	done = done && p.Amount.Currency == money.RUB
	_, begun := w.ReceiptOf(ReceiptID(child))
	return done && !p.Till.IsZero() && !begun
}

// BeginReceipt makes the intent to have a till of ours make the receipt of a payment or a refund. There is one, ever.
func BeginReceipt(w Whole, child ids.ID, now time.Time) Outcome {
	out := begin(w)
	if !w.wantsTill(child) {
		return out
	}
	r := Receipt{ID: ReceiptID(child), Operation: OfPayment}
	p, _ := w.Payment(child.N())
	total := p.Captured
	r.Items, r.Fiscal.Kind = w.linesOf(p), receipts.Income
	if child.Family() == ids.Refund {
		back, _ := w.Refund(child.N())
		p, _ = w.Payment(back.Payment)
		r.Operation, r.Items, r.Fiscal.Kind, total = OfRefund, w.ReturnedLines(back), receipts.IncomeReturn, back.Amount.Amount
	}
	out.ask(r, p, total, now)
	return out
}

// linesOf are the lines of a payment: those that a capture took, else all of the order's.
func (w Whole) linesOf(p Payment) []Item {
	if len(p.Taken) > 0 {
		return p.Taken
	}
	return w.Order.Items
}

// ask puts a receipt on its way to a till of ours. Lines that are not known, or not over the total, are one line of it all.
func (o *Outcome) ask(r Receipt, p Payment, total int64, now time.Time) {
	if sum(r.Items) != total || len(r.Items) == 0 {
		first := o.After.Order.Items[0]
		if len(r.Items) > 0 {
			first = r.Items[0]
		}
		r.Items = []Item{{Name: o.After.Order.Project, Price: money.Of(total, p.Amount.Currency), Quantity: 1000, Amount: money.Of(total, p.Amount.Currency),
			VAT: first.VAT, Subject: first.Subject, Mode: first.Mode, Measure: "piece"}}
	}
	r.Payment, r.Status, r.Source, r.Till, r.Verified = p.ID, ReceiptPending, OfTill, p.Till, true
	r.Fiscal.Total = money.Of(total, p.Amount.Currency)
	r.CreatedAt, r.UpdatedAt, r.Due = now, now, now.Add(looks[0])
	o.putReceipt(r)
}

// DraftID names the receipt at the till: its mode, its id, and the try. The till makes one receipt per name, ever.
func (r Receipt) DraftID(m ids.Mode) string {
	return string(m) + r.ID.String() + "." + strconv.Itoa(r.Tries)
}

// ParseDraftID reads a name back.
func ParseDraftID(text string) (m ids.Mode, receipt ids.ID, ok bool) {
	name, try, found := strings.Cut(text, ".")
	if n, err := strconv.Atoi(try); !found || err != nil || n < 0 || len(name) < 2 {
		return "", ids.ID{}, false
	}
	receipt, err := ids.Parse(name[1:])
	m = ids.Mode(name[:1])
	return m, receipt, err == nil && m.Valid() && receipt.Family() >= ids.PaymentReceipt
}

// Draft is a receipt as a till of ours has to be told. company is the owner of the till, supplier whose things it sells as
// an agent; nil where they are its own.
func (w Whole) Draft(r Receipt, company receipts.Company, taxation string, supplier *receipts.Supplier, notify string) receipts.Draft {
	d := receipts.Draft{
		ID: r.DraftID(w.Order.Mode), Kind: r.Fiscal.Kind, Company: company, Document: *w.Order.Document(r.Items, taxation),
		At: r.CreatedAt, NotifyURL: notify, Paid: receipts.Split{Electronic: r.Fiscal.Total},
	}
	if r.Operation == OfFulfilment {
		d.Paid = receipts.Split{Advance: r.Fiscal.Total} // the prepayment's receipt took it
	}
	if r.Operation == OfCorrection {
		c := r.Corrects
		d.Correction = &c
	}
	d.Document.ForSupplier(supplier)
	return d
}

// ReceiptTaken records that the till has taken the receipt, under its number.
func ReceiptTaken(w Whole, id ids.ID, number string, now time.Time) Outcome {
	out := begin(w)
	if r, ok := w.ReceiptOf(id); ok && r.Status == ReceiptPending && r.TillID != number {
		r.TillID, r.Checks, r.UpdatedAt, r.Due = number, 0, now, now.Add(looks[0])
		out.putReceipt(r)
	}
	return out
}

// ReceiptMade records what the till made.
func ReceiptMade(w Whole, id ids.ID, f receipts.Fiscal, now time.Time) Outcome {
	out := begin(w)
	r, ok := w.ReceiptOf(id)
	switch {
	case !ok || r.Status != ReceiptPending:
	case w.AlreadyHas(f):
		return ReceiptContested(w, id, f, now)
	default:
		f.Kind = r.Fiscal.Kind
		out.fill(r, f, r.Fiscal.Total.Amount, now)
	}
	return out
}

// ReceiptContested records that the till names a document that another receipt has, of this order or of another one: it is
// no proof of this receipt, and an operator is called.
func ReceiptContested(w Whole, id ids.ID, f receipts.Fiscal, now time.Time) Outcome {
	out := ReceiptLooked(w, id, false, now)
	if r, ok := w.ReceiptOf(id); ok && r.Status == ReceiptPending {
		out.raise(ReceiptConflict, id.String(), "the till names a document that another receipt has: FD "+itoa(f.FD), now)
	}
	return out
}

// ReceiptUndone records that the till proved not to make the receipt. It is asked again under another name; after some tries
// an operator is called. hopeless says that the receipt itself was refused, not that the till broke.
func ReceiptUndone(w Whole, id ids.ID, why string, hopeless bool, now time.Time) Outcome {
	out := begin(w)
	r, ok := w.ReceiptOf(id)
	if !ok || r.Status != ReceiptPending {
		return out
	}
	most := MaxTillTries
	if hopeless {
		most = MaxReceiptTries
	}
	r.Tries++
	r.TillID, r.Failure, r.UpdatedAt, r.Due = "", why, now, now.Add(looks[min(r.Tries, len(looks)-1)])
	if r.Tries >= most {
		r.Status, r.Due = ReceiptFailed, time.Time{}
		out.raise(FailedReceipt, id.String(), why, now)
	}
	out.putReceipt(r)
	return out
}

// ReceiptLooked records a look at the till that changed nothing: the next one is further away, and not behind the time when
// an operator has to be called. told says that a notice made us look, which anybody can send: it leaves our own next look
// where it is.
func ReceiptLooked(w Whole, id ids.ID, told bool, now time.Time) Outcome {
	out := begin(w)
	r, ok := w.ReceiptOf(id)
	if !ok || r.Status != ReceiptPending || r.Till.IsZero() {
		return out
	}
	r.UpdatedAt = now
	if told {
		r.Checks = max(r.Checks, 1)
	} else {
		r.Checks++
		r.Due = now.Add(looks[min(r.Checks, len(looks)-1)])
		if late := w.lateAt(r); now.Before(late) && late.Before(r.Due) {
			r.Due = late
		}
	}
	out.putReceipt(r)
	return out
}

// lateAt is when an operator is called for a receipt that is not made.
func (w Whole) lateAt(r Receipt) time.Time { return w.receiptBy(r.Payment.N(), w.owedSince(r)) }

// owedSince is since when a receipt is owed: what it is about says it.
func (w Whole) owedSince(r Receipt) time.Time {
	since := r.CreatedAt
	switch n := r.ID.N(); r.Operation {
	case OfPayment:
		if p, ok := w.Payment(n); ok && !p.PaidAt.IsZero() {
			since = p.PaidAt
		}
	case OfRefund:
		if back, ok := w.Refund(n); ok && !back.SucceededAt.IsZero() {
			since = back.SucceededAt
		}
	}
	return since
}

// unclosed lists what is left of the lines of a prepayment that no closing receipt has closed, or is about to close.
func (w Whole) unclosed(p Payment) []remain {
	return w.notClosedBy(p, func(r Receipt) bool { return r.Status != ReceiptFailed })
}

// closedLines are the lines of a prepayment that closing receipts have closed whole: what comes back of them comes back from
// full settlement.
func (w Whole) closedLines(p Payment) map[int]bool {
	closed := map[int]bool{}
	for _, l := range w.notClosedBy(p, func(r Receipt) bool { return r.Status == ReceiptReady }) {
		closed[l.line] = l.quantity <= 0
	}
	return closed
}

func (w Whole) notClosedBy(p Payment, counts func(Receipt) bool) []remain {
	var left []remain
	for i, item := range w.linesOf(p) {
		if item.Line == 0 {
			item.Line = i + 1
		}
		if !slices.Contains(prepaid, item.Mode) {
			continue
		}
		l := remain{line: item.Line, item: item, quantity: item.Quantity, amount: item.Amount.Amount}
		for _, r := range w.Receipts {
			if r.Operation != OfFulfilment || r.Payment != p.ID || !counts(r) {
				continue
			}
			for _, closed := range r.Parts {
				if closed.Line == l.line {
					l.gone, l.quantity, l.amount = l.gone+closed.Quantity, l.quantity-closed.Quantity, l.amount-closed.Amount
				}
			}
		}
		left = append(left, l)
	}
	return left
}
