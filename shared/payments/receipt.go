package payments

import (
	"slices"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/receipts"
)

// ReceiptStatus is where a fiscal receipt stands.
type ReceiptStatus string

// The statuses of a receipt.
const (
	ReceiptPending ReceiptStatus = "pending" // a till has been asked, or has to be
	ReceiptReady   ReceiptStatus = "ready"
	ReceiptFailed  ReceiptStatus = "failed" // proven: no till made it
)

// Operation is what a receipt is about. There is one receipt per operation and kind, ever.
type Operation string

// The operations.
const (
	OfPayment    Operation = "payment"
	OfRefund     Operation = "refund"
	OfFulfilment Operation = "fulfilment" // the goods of a prepayment were given
	OfCorrection Operation = "correction"
)

// Receipt is a fiscal receipt that hangs on an order.
type Receipt struct {
	ID        ids.ID
	Payment   ids.ID
	Operation Operation
	Status    ReceiptStatus
	Source    string // the provider whose till makes it, or "partner"
	Verified  bool
	Fiscal    receipts.Fiscal // Kind and Total from the start, the rest once it is ready
	Items     []Item          // its lines; empty: those of the order
	Parts     []Returned      // of a fulfilment: what of which lines it closes
	CreatedAt time.Time

	Version   int64
	Until     time.Time // until then a caller is waiting for the bank to close a prepayment
	Failure   string    // why no till made it
	Till      ids.ID    // the till account that makes it; zero: the bank's own till, or the partner
	TillID    string    // the till's number of it, once it has taken it
	Tries     int       // how often a till proved not to make it and it was asked again, under another name
	Checks    int
	Corrects  receipts.Correction // of a correction
	By        string              // the operator who corrected
	MailedAt  time.Time           // when the payer was written to
	Key       Answered
	Marks     []Mark // the events that it owes its partner, or has told
	UpdatedAt time.Time
	Due       time.Time // zero: nothing is owed
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
// Returns of one amount are matched oldest first; one that belongs to no refund that we know makes us ask the bank, for
// it may have given money back without us. closing says that its lines are of full settlement.
func AddReceipt(w Whole, p Payment, f receipts.Fiscal, closing bool, how Evidence, now time.Time) Outcome {
	out := begin(w)
	if w.AlreadyHas(f) {
		return out
	}
	switch f.Kind {
	case receipts.Income:
		out.addIncome(p, f, closing, now)
	case receipts.IncomeReturn:
		out.addReturn(p, f, how, now)
	default:
		out.raise(ReceiptConflict, p.ID.String(), "a till made a receipt of kind "+string(f.Kind), now)
	}
	return out
}

func (o *Outcome) addIncome(p Payment, f receipts.Fiscal, closing bool, now time.Time) {
	id := p.Order.Child(ids.PaymentReceipt, p.N)
	old, taken := o.After.ReceiptOf(id)
	if pending, ok := o.After.closing(p); ok && (closing || taken) {
		o.fill(pending, f, pending.Fiscal.Total.Amount, now)
		return
	}
	if taken {
		o.raise(ReceiptConflict, p.ID.String(), "a second receipt: FD "+itoa(f.FD)+" beside FD "+itoa(old.Fiscal.FD), now)
		return
	}
	due := p.expected()
	if p.Status == Paid {
		due = p.Captured
	}
	o.fill(Receipt{ID: id, Payment: p.ID, Operation: OfPayment, Source: p.Provider, Items: p.Taken, CreatedAt: now}, f, due, now)
}

func (o *Outcome) addReturn(p Payment, f receipts.Fiscal, how Evidence, now time.Time) {
	r, ok := o.After.unprinted(p, f.Total)
	if !ok {
		// While refunds are on their way, or money is suspected to have gone back, it may be theirs.
		if o.Ask = how == Told || o.After.flying(p.N) || p.Suspect; !o.Ask {
			o.raise(ReceiptConflict, p.ID.String(), "a receipt over a return that nobody knows: FD "+itoa(f.FD)+", "+f.Total.String(), now)
		}
		return
	}
	o.fill(Receipt{ID: p.Order.Child(ids.RefundReceipt, r.N), Payment: p.ID, Operation: OfRefund, Source: p.Provider,
		Items: o.After.ReturnedLines(r), CreatedAt: now}, f, r.Amount.Amount, now)
}

// unprinted is the oldest refund of this amount that has no receipt yet.
func (w Whole) unprinted(p Payment, total money.Money) (Refund, bool) {
	for _, r := range w.Refunds {
		if r.Payment != p.N || !r.counts() || r.Status == RefundAwaitsApproval || r.Amount != total {
			continue
		}
		if _, printed := w.ReceiptOf(p.Order.Child(ids.RefundReceipt, r.N)); !printed {
			return r, true
		}
	}
	return Refund{}, false
}

// fill makes a receipt ready. One over another sum than the operation's is kept, for the till has printed it, and calls
// an operator. The payer is written to next.
func (o *Outcome) fill(r Receipt, f receipts.Fiscal, due int64, now time.Time) {
	if f.Total.Amount != due || f.Total.Currency != o.After.Order.Total.Currency {
		o.raise(AmountMismatch, r.ID.String(), "the receipt is over "+f.Total.String(), now)
	}
	r.Status, r.Verified, r.Fiscal, r.Failure, r.UpdatedAt, r.Due = ReceiptReady, true, f, "", now, now.Add(FeedFirst)
	o.putReceipt(r)
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
	out.putReceipt(Receipt{ID: w.Order.ID.Child(ids.PaymentReceipt, n), Payment: winner.ID, Operation: OfPayment, Status: ReceiptReady,
		Source: "partner", Fiscal: f, CreatedAt: now, UpdatedAt: now})
	return out, out.After.Receipts[len(out.After.Receipts)-1], nil
}

// MaxReceiptsOfTill: receipts 1 … 20 belong to the attempts of the same number, those above to the partner.
const MaxReceiptsOfTill = ids.MaxAttempts

// The refusals of receipts.
var (
	ErrTooManyReceipts = fault.Conflict("receipts_exhausted", "The order has all the receipts it can hold.")
	ErrNotFulfillable  = fault.Conflict("not_fulfillable", "Only a paid, prepaid order of which nothing was refunded can be closed, and only once.")
	ErrFulfilPart      = fault.Conflict("operation_not_supported", "The bank's till closes a prepayment only as a whole.")
)

// prepaid are the modes of payment (tag 1214) that a receipt of full settlement has to close.
var prepaid = []string{"full_prepayment", "prepayment", "advance"}

// fullPayment is the mode of a closing receipt's lines.
const fullPayment = "full_payment"

// closing gives the fulfilment of payment p that waits for its receipt.
func (w Whole) closing(p Payment) (Receipt, bool) {
	i := slices.IndexFunc(w.Receipts, func(r Receipt) bool {
		return r.Operation == OfFulfilment && r.Payment == p.ID && r.Status == ReceiptPending
	})
	if i < 0 {
		return Receipt{}, false
	}
	return w.Receipts[i], true
}

// BeginFulfil makes the intent to close a prepaid order, or some of its lines: the goods were given, and a receipt of full
// settlement is due (54-FZ; tbank.md §3.9). The bank's till closes all of it at once, a till of ours line by line.
func BeginFulfil(w Whole, parts []Part, key, hash string, now time.Time) (Outcome, Receipt, error) {
	p, paid := w.Payment(w.State.Winner)
	ours := !p.Till.IsZero() && p.Amount.Currency == money.RUB
	if !paid || w.State.promised(p.N) > 0 || !p.Fiscal && !ours {
		return Outcome{}, Receipt{}, ErrNotFulfillable
	}
	n := 1
	for _, r := range w.Receipts {
		if r.Operation == OfFulfilment {
			n++
		}
	}
	if n > ids.MaxChild {
		return Outcome{}, Receipt{}, ErrTooManyReceipts
	}
	left := w.unclosed(p)
	whole := wholeOf(left)
	if len(parts) == 0 {
		parts = whole
	}
	if len(parts) == 0 {
		return Outcome{}, Receipt{}, ErrNotFulfillable
	}
	closed, total, err := byParts(left, parts)
	switch {
	case err != nil:
		return Outcome{}, Receipt{}, err
	case total <= 0: // a part that is worth nothing yet has no receipt
		return Outcome{}, Receipt{}, ErrNotFulfillable
	case !ours && total != p.Captured:
		return Outcome{}, Receipt{}, ErrFulfilPart
	}
	r := Receipt{ID: w.Order.ID.Child(ids.FulfilmentReceipt, n), Operation: OfFulfilment, Items: w.lines(p, closed), Parts: closed,
		Key: Answered{Key: key, Hash: hash, At: now, Amount: w.State.Refunded}}
	for i := range r.Items {
		r.Items[i].Mode = fullPayment
	}
	r.Fiscal.Kind = receipts.Income
	out := begin(w)
	out.ask(r, p, total, now)
	if r, _ = out.After.ReceiptOf(r.ID); !ours {
		r.Source, r.Due = p.Provider, w.receiptBy(p.N, now) // the bank tells when its till has printed
		r.Until = now.Add(CallTimeout + 5*time.Second)
		out.putReceipt(r)
	}
	out.state(w.State, now) // no refund begins beside it
	r, _ = out.After.ReceiptOf(r.ID)
	return out, r, nil
}

// wholeOf are the parts that close everything that is left.
func wholeOf(left []remain) (parts []Part) {
	for _, l := range left {
		if l.quantity > 0 {
			parts = append(parts, Part{l.line, l.quantity})
		}
	}
	return parts
}

func sum(items []Item) (minor int64) {
	for _, i := range items {
		minor += i.Amount.Amount // at most the order's total
	}
	return minor
}

// ReceiptSent records that nobody waits any more for the bank to take a closing receipt: it did, or nobody knows.
func ReceiptSent(w Whole, id ids.ID, now time.Time) Outcome {
	out := begin(w)
	if r, ok := w.ReceiptOf(id); ok && !r.Until.IsZero() && r.Status == ReceiptPending {
		r.Until, r.UpdatedAt = time.Time{}, now
		out.putReceipt(r)
	}
	return out
}

// ReceiptRefused records that a till proved not to make a receipt.
func ReceiptRefused(w Whole, id ids.ID, why string, now time.Time) Outcome {
	out := begin(w)
	if r, ok := w.ReceiptOf(id); ok && r.Status == ReceiptPending {
		r.Status, r.Failure, r.UpdatedAt, r.Due = ReceiptFailed, why, now, time.Time{}
		out.putReceipt(r)
	}
	return out
}

// ReceiptByKey finds the fulfilment or correction that answers an Idempotency-Key. One that failed answers none: the caller
// may try again.
func (w Whole) ReceiptByKey(of Operation, key string) (Receipt, bool) {
	for _, r := range w.Receipts {
		if key != "" && r.Operation == of && r.Key.Key == key && r.Status != ReceiptFailed {
			return r, true
		}
	}
	return Receipt{}, false
}
