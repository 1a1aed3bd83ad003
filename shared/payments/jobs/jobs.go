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
	"giberno.ru/shared/payments"
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
)

var kindOf = map[payments.Duty]string{
	payments.DutyAsk: teller.JobAsk, payments.DutyTidy: Tidy, payments.DutyExpire: Expire, payments.DutyAlarm: Alarm,
	payments.DutyReturn: Return, payments.DutyRefund: Refund,
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

// FromChange lists the jobs that follow from one change of the table. Pure. A payment that was taken, on an order whose
// other attempts may still be open at their banks, makes closing them a duty, and giving it back where another one won;
// so does a hold that came late.
func FromChange(c table.Change) []queue.Job {
	m, order, was, is, ok := store.ReadChange(c)
	if !ok || was != nil && was.Status == is.Status {
		return nil
	}
	taken := is.Status == payments.Paid || is.Status == payments.Held
	alone := is.N == 1 && was != nil && was.Status == payments.Pending // it held the road, and nobody before it
	if !taken || alone {
		return nil
	}
	child := order.Child(ids.Payment, is.N)
	if is.Status == payments.Held {
		return []queue.Job{job(Tidy, m, child)}
	}
	return []queue.Job{job(Return, m, child), job(Tidy, m, child)}
}

// Worker does the module's jobs.
type Worker struct {
	Store  *store.Store
	Teller *teller.Teller
	Clock  clock.Clock
}

// Do does one job. Doing it again is harmless: each looks at the facts first.
func (d *Worker) Do(ctx context.Context, j queue.Job) error {
	if j.Version != 1 {
		return queue.Never("version %d of %s is not known here", j.Version, j.Kind)
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
	case Alarm:
		if a.Child.IsZero() {
			a.Child = a.Order.Child(ids.Payment, a.N)
		}
		return d.Teller.MissReceipt(ctx, w, a.Child)
	}
	return queue.Never("the kind %q is not known here", j.Kind)
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
