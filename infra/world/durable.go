package world

import (
	"context"
	"path/filepath"
	"time"

	"giberno.ru/infra/world/memory"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/queue"
	queueengine "giberno.ru/shared/platform/queue/boltengine"
	"giberno.ru/shared/platform/table"
	tableengine "giberno.ru/shared/platform/table/boltengine"
)

// durable is what outlives a process: the table with its log of changes, and the queues.
type durable struct {
	table table.Table
	feed  table.Feed
	queue messages
	grave queue.Graveyard
	close func() error
}

// messages are queues that tell when their next job can be seen.
type messages interface {
	queue.Queue
	Next(ctx context.Context, name string) (at time.Time, some bool, err error)
}

// openDurable opens the engines of production in a file of the folder, without the disk's fsync, or others in memory.
func openDurable(folder string, c clock.Clock) (*durable, error) {
	if folder == "" {
		t, q := memory.NewTable(), memory.NewQueue(c)
		return &durable{t, t, q, q, func() error { return nil }}, nil
	}
	f, err := file.Open(filepath.Join(folder, "world.db"), file.Options{NoSync: true})
	if err != nil {
		return nil, err
	}
	t, err := tableengine.New(f, tableengine.Options{})
	if err != nil {
		return nil, err
	}
	q, err := queueengine.New(f, c, queueengine.Options{})
	if err != nil {
		return nil, err
	}
	return &durable{t, t, q, q, f.Close}, nil
}

// rowsOf reads a whole partition, past every fault.
func (d *durable) rowsOf(pk string) ([]table.Row, error) {
	var rows []table.Row
	q := table.Query{PK: pk, Limit: table.MaxPageRows}
	for {
		page, err := d.table.Query(context.Background(), q)
		if err != nil {
			return nil, err
		}
		rows = append(rows, page.Rows...)
		if page.More == nil {
			return rows, nil
		}
		q.After = page.More
	}
}
