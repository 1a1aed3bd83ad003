package deliveries

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/notify/jobs"
	"giberno.ru/shared/platform/queue"
)

// TestMoneyDoesNotWaitBehindEndpoints: each of them may take ten seconds to answer, and an invocation that has no time left
// costs whatever is behind them one of its receives.
func TestMoneyDoesNotWaitBehindEndpoints(t *testing.T) {
	t.Parallel()
	d := &Deliveries{Worker: &jobs.Worker{}}
	batch := []queue.Delivery{{ID: "a", Job: queue.Job{Kind: jobs.Kind}}, {ID: "b", Job: queue.Job{Kind: "payments.notice"}},
		{ID: "c", Job: queue.Job{Kind: jobs.Kind}}, {ID: "d", Job: queue.Job{Kind: "payments.ask"}}}
	did := d.Together(func(context.Context, queue.Job) error { return nil }, slog.New(slog.DiscardHandler))(t.Context(), batch)
	var order string
	for _, o := range did {
		order += o.Delivery.ID
	}
	require.Equal(t, "bdac", order)
	require.Equal(t, "a", batch[0].ID, "the batch belongs to its caller")
}
