package road

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/platform/queue"
)

// pace is how time goes by while nobody does anything.
var pace = []struct {
	step  time.Duration
	times int
}{{time.Minute, 12}, {20 * time.Minute, 12}, {12 * time.Hour, 14}}

// queues are those that have work on these roads.
var queues = []string{queue.WebhookRetries, queue.Receipts, queue.Settlements}

// settle lets time go by, first in small steps, until nobody has anything left to do; and then three days more, in which
// nothing may come of it.
func (w *world) settle(ctx context.Context) {
	w.t.Helper()
	for _, p := range pace {
		for range p.times {
			w.clock.Advance(p.step)
			w.around(ctx)
			if w.atRest(ctx) {
				w.clock.Advance(3 * 24 * time.Hour)
				w.around(ctx)
				return
			}
		}
	}
}

// atRest reports that neither we nor the bank have anything to do.
func (w *world) atRest(ctx context.Context) bool {
	w.t.Helper()
	for _, shard := range w.shards {
		at, err := store.New(w.table).OldestDue(ctx, ids.Test, shard)
		require.NoError(w.t, err)
		if !at.IsZero() {
			return false
		}
	}
	for _, name := range queues {
		_, waiting, err := w.queue.Next(ctx, name)
		require.NoError(w.t, err)
		if waiting {
			return false
		}
	}
	changes, err := w.table.Changes(ctx, 1)
	require.NoError(w.t, err)
	return len(changes) == 0 && w.bankAtRest()
}

func (w *world) bankAtRest() bool {
	for _, n := range w.bank.Notices("") {
		if n.State == "pending" {
			return false
		}
	}
	for _, p := range w.bank.Payments(1000) {
		switch {
		case len(p.Owed) > 0, p.Status == "NEW", p.Status == "FORM_SHOWED", p.Status == "AUTHORIZED", p.Status == "ASYNC_REFUNDING":
			return false
		}
	}
	return true
}
