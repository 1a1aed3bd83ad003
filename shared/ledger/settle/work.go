package settle

import (
	"context"
	"encoding/json"
	"errors"

	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/queue"
)

// Closing is the kind of a job that closes and settles a business day.
const Closing = "ledger.close"

const version = 1

type closing struct {
	Book ledger.Book `json:"book"`
	Day  ledger.Day  `json:"day"`
}

// CloseJob is the job that closes and settles a day, on the queue of settlements.
func CloseJob(b ledger.Book, day ledger.Day) (queue.Job, error) {
	body, err := json.Marshal(closing{b, day})
	if err != nil {
		return queue.Job{}, err
	}
	key := Closing + ":" + string(b.Mode) + ":" + b.Partner.String() + ":" + string(b.Currency) + ":" + string(day)
	return queue.Job{Kind: Closing, Version: version, Key: key, Body: body}, nil
}

// Mine reports a job of settlement.
func Mine(j queue.Job) bool { return j.Kind == Closing }

// Worker does the jobs of settlement.
type Worker struct {
	Settler *Settler
	Queue   queue.Sender
}

// Do does one job. A day with more entries than one job counts is gone on with by another job of the same day.
func (w *Worker) Do(ctx context.Context, j queue.Job) error {
	if !Mine(j) {
		return queue.ErrNewer
	}
	if j.Version > version {
		return queue.ErrNewer
	}
	var c closing
	if err := json.Unmarshal(j.Body, &c); err != nil || !c.Book.Valid() || !c.Day.Valid() {
		return queue.Never("its body names no business day")
	}
	done, err := w.Settler.Close(ctx, c.Book, c.Day)
	switch {
	case errors.Is(err, ErrDayNotOver): // by this clock; the day stays due, and comes again
		return nil
	case errors.Is(err, ErrMismatch): // an operator has been called
		if later := w.Settler.putOff(ctx, c.Book, c.Day); later != nil {
			return later
		}
		return queue.Never("%v", err)
	case err != nil:
		return errors.Join(err, w.Settler.overdue(ctx, c.Book, c.Day, err))
	case done:
		return nil
	}
	return w.Queue.Send(ctx, queue.Settlements, 0, j)
}

// Ask has a past day closed and settled soon, by a job: the way of an operator whose sweeper has lost a day. It fails with
// ErrDayNotOver, and with store.ErrNoDay where nothing was posted on that day.
func (w *Worker) Ask(ctx context.Context, b ledger.Book, day ledger.Day) error {
	partner, err := w.Settler.Partners.Partner(ctx, b.Partner)
	if err != nil {
		return err
	}
	if day >= ledger.DayOf(w.Settler.now(), partner.Zone) {
		return ErrDayNotOver
	}
	held, err := w.Settler.Store.Balances(ctx, b)
	if err != nil {
		return err
	}
	if day != held.Open {
		if _, err := w.Settler.Store.Closed(ctx, b, day); err != nil {
			return err
		}
	}
	job, err := CloseJob(b, day)
	if err != nil {
		return err
	}
	return w.Queue.Send(ctx, queue.Settlements, 0, job)
}
