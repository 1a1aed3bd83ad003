// Package jobs delivers events to partners: what follows from a change of the rows, the draining of a lane, and the sweeper.
//
// A drain claims its lane, so that the lane has at most one request in flight; it writes the outcome of each delivery before
// it begins the next, and gives the lane back with its health. Whatever it dies of, the lease ends and the due key brings the
// delivery back: an event may be told twice, and is never lost.
package jobs

import (
	"context"
	"encoding/json"
	"log/slog"
	"strconv"
	"time"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/notify/store"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
)

// Kind is the kind of a job that drains a lane.
const Kind = "notify.drain"

const version = 1

// drain names the lane, and the event that the job was sent for, which the index may not show yet. Over says to give up what is
// over and nothing else, which needs no claim and can be done while the lane sleeps.
type drain struct {
	Mode     ids.Mode `json:"mode"`
	Partner  ids.ID   `json:"partner"`
	Endpoint ids.ID   `json:"endpoint"`
	Lane     int      `json:"lane"`
	Event    ids.ID   `json:"event,omitzero"`
	Over     bool     `json:"over,omitempty"`
}

func (d drain) name() store.LaneName {
	return store.LaneName{Mode: d.Mode, Endpoint: d.Endpoint, N: d.Lane}
}

func (d drain) valid() bool {
	return d.Mode.Valid() && !d.Endpoint.IsZero() && d.Lane >= 0 && d.Lane < notify.Lanes
}

func (d drain) job() queue.Job {
	body, err := json.Marshal(d)
	if err != nil {
		panic(err) // plain data of our own
	}
	key := Kind + ":" + string(d.Mode) + ":" + d.Endpoint.String() + ":" + strconv.Itoa(d.Lane)
	if !d.Event.IsZero() {
		key += ":" + d.Event.String()
	}
	if d.Over {
		key += ":over"
	}
	return queue.Job{Kind: Kind, Version: version, Key: key, Body: body}
}

// QueueOf is the queue that the jobs of this domain go to.
func QueueOf(queue.Job) string { return queue.WebhookRetries }

// Mine reports a job of this domain.
func Mine(j queue.Job) bool { return j.Kind == Kind }

// FromChange lists the jobs that follow from one change of the table. Pure. A delivery that has begun to wait is made; the lanes
// of an endpoint that was deleted or is gone are drained, which drops what waits there.
func FromChange(c table.Change) []queue.Job {
	changed, ok := store.ReadChange(c)
	switch {
	case !ok:
		return nil
	case changed.OnItsWay != nil:
		d := changed.OnItsWay
		return []queue.Job{drain{Mode: d.Mode, Partner: d.Partner, Endpoint: d.Endpoint, Lane: d.Lane, Event: d.Event}.job()}
	case changed.Deleted != nil:
		l := changed.Deleted
		return []queue.Job{drain{Mode: l.Mode, Partner: l.Partner, Endpoint: l.Endpoint, Lane: l.N}.job()}
	}
	var follow []queue.Job
	for n := range notify.Lanes {
		e := changed.Disabled
		follow = append(follow, drain{Mode: e.Mode, Partner: e.Partner, Endpoint: e.ID, Lane: n}.job())
	}
	return follow
}

// Worker does the jobs. It is safe for concurrent use.
type Worker struct {
	Store *store.Store
	Queue queue.Sender
	Out   outbound.Doer // made with Options
	Clock clock.Clock
	Log   *slog.Logger
}

// The bounds of one job.
const (
	workTime = 5 * time.Second  // for how long new attempts are begun
	timeLeft = 12 * time.Second // what has to be left of the invocation to begin one
	comeBack = 10 * time.Second // after an invocation that had no time
)

// Do does one job. Doing it again is harmless: a lane that somebody holds, or that sleeps, is left alone.
func (w *Worker) Do(ctx context.Context, j queue.Job) error {
	if !Mine(j) {
		return queue.ErrNewer
	}
	if j.Version > version {
		return queue.ErrNewer
	}
	var d drain
	if err := json.Unmarshal(j.Body, &d); err != nil || !d.valid() {
		return queue.Never("its body names no lane")
	}
	enough, cancel := before(ctx, timeLeft)
	defer cancel()
	if enough.Err() != nil {
		// Another message and not another receive: behind slow endpoints a job may be last of its batch many times.
		return w.Queue.Send(ctx, QueueOf(j), comeBack, j)
	}
	r := &round{Worker: w, drain: d, enough: enough, until: w.Clock.Now().Add(workTime), seen: map[ids.ID]bool{}}
	return r.run(ctx)
}

// before gives a context that ends some time before ctx does.
func before(ctx context.Context, left time.Duration) (context.Context, context.CancelFunc) {
	if end, ok := ctx.Deadline(); ok {
		return context.WithDeadline(ctx, end.Add(-left))
	}
	return context.WithCancel(ctx)
}
