package payments

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"giberno.ru/shared/core/fault"
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

// wantsTill reports that a till of ours owes child a receipt which nobody has asked for yet.
func (w Whole) wantsTill(child ids.ID) bool {
	p, done := w.Payment(child.N())
	done = done && p.Status == Paid
	if child.Family() == ids.Refund {
		r, _ := w.Refund(child.N())
		p, _ = w.Payment(r.Payment)
		done = r.Status == RefundSucceeded
	}
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
	r.Items, r.Fiscal.Kind = w.Order.Items, receipts.Income
	if len(p.Taken) > 0 {
		r.Items = p.Taken
	}
	if child.Family() == ids.Refund {
		back, _ := w.Refund(child.N())
		p, _ = w.Payment(back.Payment)
		r.Operation, r.Items, r.Fiscal.Kind, total = OfRefund, w.ReturnedLines(back), receipts.IncomeReturn, back.Amount.Amount
	}
	out.ask(r, p, total, now)
	return out
}

// ask puts a receipt on its way to a till of ours. Lines that are not known, or not over the total, are one line of it all.
func (o *Outcome) ask(r Receipt, p Payment, total int64, now time.Time) {
	if sum(r.Items) != total || len(r.Items) == 0 {
		first := o.After.Order.Items[0]
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
		out = ReceiptLooked(w, id, false, now)
		out.raise(ReceiptConflict, id.String(), "the till names a document that another receipt has: FD "+itoa(f.FD), now)
	default:
		f.Kind = r.Fiscal.Kind
		out.fill(r, f, r.Fiscal.Total.Amount, now)
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

// lateAt is when an operator is called for a receipt that is not made: counted from what it is about.
func (w Whole) lateAt(r Receipt) time.Time {
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
	return since.Add(ReceiptWithin)
}

// MailLife is how long a letter about a receipt is tried.
const MailLife = 3 * 24 * time.Hour

// WantsMail reports a receipt that the payer has not been written about.
func (r Receipt) WantsMail(now time.Time) bool {
	return r.Status == ReceiptReady && r.Verified && r.MailedAt.IsZero() && r.Failure == "" && now.Sub(r.UpdatedAt) < MailLife
}

// ReceiptMailed records that the payer was written to; why is set where his address was refused for good.
func ReceiptMailed(w Whole, id ids.ID, why string, now time.Time) Outcome {
	out := begin(w)
	r, ok := w.ReceiptOf(id)
	if !ok || !r.WantsMail(now) {
		return out
	}
	r.Due = time.Time{}
	if r.Failure = why; why == "" {
		r.MailedAt = now
	}
	out.putReceipt(r)
	return out
}

// CorrectionWish is a correction as an operator asks for it.
type CorrectionWish struct {
	Kind     receipts.Kind // income_correction or income_return_correction
	Amount   int64         // minor units; lines are those of the order's payment where they come to it
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
	if !paid || p.Till.IsZero() {
		return Outcome{}, Receipt{}, ErrNoTill
	}
	n := 1
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
	}
	out := begin(w)
	r := Receipt{ID: w.Order.ID.Child(ids.CorrectionReceipt, n), Operation: OfCorrection, Items: w.Order.Items, Corrects: wish.Corrects, By: wish.By, Key: wish.Key}
	r.Fiscal.Kind = wish.Kind
	out.ask(r, p, wish.Amount, now)
	out.state(w.State, now)
	r, _ = out.After.ReceiptOf(r.ID)
	return out, r, nil
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
	taken := w.Order.Items
	if len(p.Taken) > 0 {
		taken = p.Taken
	}
	for i, item := range taken {
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
