package boltengine

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/queue"
)

// Dead lists up to limit dead letters, in the order in which their jobs were sent.
func (e *Engine) Dead(ctx context.Context, name string, limit int) (letters []queue.DeadLetter, err error) {
	err = e.view(ctx, name, func(q shelf) error {
		cursor := q.dead.Cursor()
		for k, v := cursor.First(); k != nil && len(letters) < limit; k, v = cursor.Next() {
			var g grave
			if err := json.Unmarshal(v, &g); err != nil {
				return fmt.Errorf("%w: %w", errDamaged, err)
			}
			letters = append(letters, g.DeadLetter)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return letters, nil
}

// Revive puts a dead letter back into its queue, visible at once and as if never received. ErrNoDeadLetter if it is not there.
func (e *Engine) Revive(ctx context.Context, name, id string) error {
	err := e.update(ctx, name, func(q shelf) error {
		n, ok := parseID(id)
		if !ok {
			return queue.ErrNoDeadLetter
		}
		raw := q.dead.Get(idKey(n))
		if raw == nil {
			return queue.ErrNoDeadLetter
		}
		var g grave
		if err := json.Unmarshal(raw, &g); err != nil {
			return fmt.Errorf("%w: %w", errDamaged, err)
		}
		job, err := json.Marshal(g.Job)
		if err != nil {
			return err
		}
		if err := q.dead.Delete(idKey(n)); err != nil {
			return file.Spoiled(err)
		}
		return file.Spoiled(q.put(n, record{visible: e.clock.Now().UnixNano(), sent: g.SentAt.UnixNano(), turn: g.Turn, job: job}))
	})
	if err == nil {
		e.announce()
	}
	return err
}

// Next is when the earliest job of a queue is or was to be seen; false if the queue holds none. A poller sleeps until then.
func (e *Engine) Next(ctx context.Context, name string) (at time.Time, some bool, err error) {
	err = e.view(ctx, name, func(q shelf) error {
		k, _ := q.order.Cursor().First()
		if len(k) == 16 {
			at, some = time.Unix(0, int64(binary.BigEndian.Uint64(k))).UTC(), true
		}
		return nil
	})
	return at, some, err
}

// Sent gives a channel that is closed when a job is next sent, revived or given another time in any queue. Take it before looking
// into the queue, or a job may slip between the look and the wait.
func (e *Engine) Sent() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.sent
}

func (e *Engine) announce() {
	e.mu.Lock()
	defer e.mu.Unlock()
	close(e.sent)
	e.sent = make(chan struct{})
}
