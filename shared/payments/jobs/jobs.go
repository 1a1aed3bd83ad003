// Package jobs is the queue work of the module: what follows from a change of its rows, what the sweeper finds owed, and
// the doing of it. The table's changes are the fast road, the due keys the guarantee; both ask the same question,
// payments.OwedByPayment, so that a lost message is only a late one.
package jobs

import (
	"context"
	"encoding/json"
	"errors"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	ledgerjobs "giberno.ru/shared/ledger/jobs"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/cashier"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
)

// The kinds of this module beside the teller's own.
const (
	Tidy   = "payments.tidy"   // close the other attempts of an order that takes no more of them
	Expire = "payments.expire" // end an order whose time is over
	Alarm  = "payments.alarm"  // call an operator for a missing receipt
	Return = "payments.return" // give back a success that its order does not keep
	Refund = "payments.refund" // carry a refund on
	Entry  = "payments.entry"  // hand what happened to the ledger
	Till   = "payments.till"   // have a till of ours make a receipt, or ask about it
	Mail   = "payments.mail"   // write to the payer about a receipt
	Tell   = "payments.tell"   // tell the partner what happened
)

// QueueOf is the queue that a job of this module goes to, or one that it makes for the ledger.
func QueueOf(j queue.Job) string {
	switch j.Kind {
	case ledgerjobs.Post:
		return queue.Settlements
	case Till, Mail:
		return queue.Receipts
	}
	return queue.WebhookRetries
}

var kindOf = map[payments.Duty]string{
	payments.DutyAsk: teller.JobAsk, payments.DutyTidy: Tidy, payments.DutyExpire: Expire, payments.DutyAlarm: Alarm,
	payments.DutyReturn: Return, payments.DutyRefund: Refund, payments.DutyPost: Entry, payments.DutyTill: Till, payments.DutyMail: Mail,
	payments.DutyTell: Tell,
}

// job makes the job of a kind about a child of an order; the order itself is its own child.
func job(kind string, m ids.Mode, child ids.ID) queue.Job {
	a := teller.AttemptJob{Mode: m, Order: child.Root()}
	switch child.Family() {
	case ids.Root:
	case ids.Payment:
		a.N = child.N()
	default:
		a.Child = child
	}
	body, err := json.Marshal(a)
	if err != nil {
		panic(err) // plain data of our own
	}
	return queue.Job{Kind: kind, Version: 1, Key: kind + ":" + string(m) + ":" + child.String(), Body: body}
}

// FromChange lists the jobs that follow from one change of the table. Pure. Money that was taken or given back goes into the
// ledger and wants a receipt; a receipt that is ready, a letter. A payment that was taken, on an order whose other attempts
// may still be open at their banks, makes closing them a duty, and giving it back where another one won; so does a hold
// that came late.
func FromChange(c table.Change) []queue.Job {
	changed, ok := store.ReadChange(c)
	if !ok {
		return nil
	}
	switch {
	case changed.State.Is != nil:
		return fromState(changed)
	case changed.Payment.Is != nil:
		return append(fromPayment(changed.Payment), told(changed.Mode, changed.Payment.Is.ID, changed.Payment.Before().Marks, changed.Payment.Is.Marks)...)
	case changed.Refund.Is != nil:
		return append(fromRefund(changed.Refund), told(changed.Mode, changed.Refund.Is.ID, changed.Refund.Before().Marks, changed.Refund.Is.Marks)...)
	}
	r := changed.Receipt
	return append(fromReceipt(changed.Mode, r), told(changed.Mode, r.Is.ID, r.Before().Marks, r.Is.Marks)...)
}

// fromState tells of what happened to an order. That it was paid the attempt tells which paid it.
func fromState(c store.Changed) []queue.Job {
	jobs := told(c.Mode, c.Order, c.State.Before().Marks, c.State.Is.Marks)
	if is := c.State.Is.Marks; len(jobs) > 0 && is[len(is)-1].Type == payments.EventOrderPaid {
		return nil
	}
	return jobs
}

// told gives the job that tells the partner about a child, if its row has got a new mark.
func told(m ids.Mode, child ids.ID, was, is []payments.Mark) []queue.Job {
	if len(is) == 0 || len(was) > 0 && was[len(was)-1] == is[len(is)-1] {
		return nil
	}
	return []queue.Job{job(Tell, m, child)}
}

func fromPayment(p store.Pair[payments.Payment]) (follow []queue.Job) {
	was, is := p.Was, p.Is
	taken := is.Status == payments.Paid || is.Status == payments.Held
	if !taken || was != nil && was.Status == is.Status {
		return nil
	}
	if is.Status == payments.Paid {
		if entry, ok := entryJob(is.Entry()); ok {
			follow = append(follow, entry)
		}
		if !is.Till.IsZero() {
			follow = append(follow, job(Till, is.Mode, is.ID))
		}
	}
	if is.N == 1 && was != nil && was.Status == payments.Pending { // it held the road, and nobody before it
		return follow
	}
	if is.Status == payments.Paid {
		follow = append(follow, job(Return, is.Mode, is.ID))
	}
	return append(follow, job(Tidy, is.Mode, is.ID))
}

// entryJob hands an entry to the ledger. One that cannot be made is found again by the due key, and told there.
func entryJob(e ledger.Entry, ok bool, err error) (queue.Job, bool) {
	if err != nil || !ok {
		return queue.Job{}, false
	}
	j, err := ledgerjobs.PostJob(e)
	return j, err == nil
}

func fromRefund(p store.Pair[payments.Refund]) []queue.Job {
	if p.Is.Status != payments.RefundSucceeded || p.Was != nil && p.Was.Status == p.Is.Status {
		return nil
	}
	follow := []queue.Job{job(Entry, p.Is.Mode, p.Is.ID)}
	if !p.Is.Till.IsZero() {
		follow = append(follow, job(Till, p.Is.Mode, p.Is.ID))
	}
	return follow
}

func fromReceipt(m ids.Mode, p store.Pair[payments.Receipt]) []queue.Job {
	switch is := p.Is; {
	case p.Was != nil && p.Was.Status == is.Status && p.Was.TillID == is.TillID:
	case is.Status == payments.ReceiptPending && p.Was == nil && (is.Operation == payments.OfFulfilment || is.Operation == payments.OfCorrection) && !is.Till.IsZero():
		return []queue.Job{job(Till, m, is.ID)}
	case is.Status == payments.ReceiptReady && is.Verified:
		return []queue.Job{job(Mail, m, is.ID)}
	}
	return nil
}

// Worker does the module's jobs.
type Worker struct {
	Store   *store.Store
	Teller  *teller.Teller
	Cashier *cashier.Cashier
	Queue   queue.Sender
	Events  Events // nil: nobody is told
	Clock   clock.Clock
	BaseURL string // of the platform as payers reach it: an order's link begins with it
}

// Do does one job. Doing it again is harmless: each looks at the facts first.
func (d *Worker) Do(ctx context.Context, j queue.Job) error {
	if j.Version != 1 {
		return queue.ErrNewer
	}
	if j.Kind == teller.JobNotice {
		return d.notice(ctx, j)
	}
	var a teller.AttemptJob
	if err := json.Unmarshal(j.Body, &a); err != nil || !a.Mode.Valid() {
		return queue.Never("its body cannot be read")
	}
	w, err := d.Store.Load(ctx, a.Mode, a.Order)
	if errors.Is(err, payments.ErrOrderNotFound) {
		return queue.Never("there is no such order")
	}
	if err != nil {
		return err
	}
	switch j.Kind {
	case teller.JobAsk:
		return d.Teller.AskDuty(ctx, w, a.N)
	case Tidy:
		return d.Teller.Tidy(ctx, w, a.N)
	case Expire:
		return d.Teller.Expire(ctx, w)
	case Return:
		return d.Teller.ReturnUnwanted(ctx, w, a.N)
	case Refund:
		return d.Teller.RefundDuty(ctx, w, a.Child.N())
	case Entry:
		return d.entry(ctx, w, childOf(a))
	case Till:
		return d.Cashier.Make(ctx, w, childOf(a))
	case Mail:
		return d.Cashier.Write(ctx, w, a.Child)
	case Alarm:
		return d.Teller.MissReceipt(ctx, w, childOf(a))
	case Tell:
		return d.tell(ctx, w, childOf(a))
	}
	return queue.ErrNewer
}

// childOf is what a job is about.
func childOf(a teller.AttemptJob) ids.ID {
	switch {
	case !a.Child.IsZero():
		return a.Child
	case a.N == 0:
		return a.Order
	}
	return a.Order.Child(ids.Payment, a.N)
}

// entry hands what happened to the ledger. What was paid by code that froze no terms gets them first.
func (d *Worker) entry(ctx context.Context, w payments.Whole, child ids.ID) error {
	n := child.N()
	if r, ok := w.Refund(n); ok && child.Family() == ids.Refund {
		n = r.Payment
	}
	before, _ := w.Payment(n)
	w, err := d.Teller.Price(ctx, w, n)
	if err != nil {
		return err
	}
	if is, _ := w.Payment(n); is.ID != child && is.Terms != before.Terms { // older code paid it, and let it go
		if j, ok := entryJob(is.Entry()); ok {
			if err := d.Queue.Send(ctx, queue.Settlements, 0, j); err != nil {
				return err
			}
		}
	}
	e, ok, err := w.EntryOf(child)
	if err == nil && !ok {
		return nil
	}
	var j queue.Job
	if err == nil {
		j, err = ledgerjobs.PostJob(e)
	}
	if err != nil { // no dead letter: the due key asks again every few minutes, until the books can hold it
		return d.Teller.RaiseHouse(ctx, w.Order.Mode, payments.AlarmKind(ledgerjobs.LedgerMissing), w.EntryID(child), "the ledger cannot hold it: "+err.Error())
	}
	return d.Queue.Send(ctx, queue.Settlements, 0, j)
}

func (d *Worker) notice(ctx context.Context, j queue.Job) error {
	var n teller.NoticeJob
	if err := json.Unmarshal(j.Body, &n); err != nil {
		return queue.Never("its body cannot be read")
	}
	err := d.Teller.ApplyNotice(ctx, n.Provider, n.Raw, n.Header)
	if f := fault.As(err); err != nil && (f.Kind == fault.KindForbidden || f.Kind == fault.KindMalformed) {
		return queue.Never("%s", f.Code)
	}
	return err
}

// Mine reports a job of this module.
func Mine(j queue.Job) bool { return len(j.Kind) > 9 && j.Kind[:9] == "payments." }
