package jobs

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify/store"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
)

func TestJobs(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.endpoint(address)
	good := drain{ids.Test, partner, ids.FromParts("endpoint"), 1, fact(partner, 1).ID, false}
	t.Run("GoTheWayOfRetries", func(t *testing.T) {
		t.Parallel()
		j := good.job()
		require.True(t, Mine(j))
		require.Equal(t, queue.WebhookRetries, QueueOf(j))
		require.Equal(t, "notify.drain:t:"+good.Endpoint.String()+":1:"+good.Event.String(), j.Key)
		require.NoError(t, queue.Validate(0, []queue.Job{j}))
		require.False(t, Mine(queue.Job{Kind: "payments.ask"}))
	})
	t.Run("ANewerOneComesAgain", func(t *testing.T) {
		t.Parallel()
		j := good.job()
		j.Version = 2
		err := w.worker.Do(t.Context(), j)
		_, never := queue.IsNever(err)
		require.Error(t, err)
		require.False(t, never)
	})
	for name, j := range map[string]queue.Job{
		"ErrBody":     {Kind: Kind, Version: 1, Body: []byte(`[]`)},
		"ErrNoBody":   {Kind: Kind, Version: 1},
		"ErrNoMode":   drain{"", partner, partner, 0, ids.ID{}, false}.job(),
		"ErrNoLane":   drain{ids.Test, partner, partner, 2, ids.ID{}, false}.job(),
		"ErrNowhere":  drain{ids.Test, partner, ids.ID{}, 0, ids.ID{}, false}.job(),
		"ErrNegative": drain{ids.Test, partner, partner, -1, ids.ID{}, false}.job(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, never := queue.IsNever(w.worker.Do(t.Context(), j))
			require.True(t, never)
		})
	}
	t.Run("ErrKindOfANewerVersion", func(t *testing.T) {
		t.Parallel()
		require.ErrorIs(t, w.worker.Do(t.Context(), queue.Job{Kind: "notify.dance", Version: 1}), queue.ErrNewer)
	})
	t.Run("OfAnEndpointThatIsNotThere", func(t *testing.T) {
		t.Parallel()
		require.NoError(t, w.worker.Do(t.Context(), good.job()))
	})
	t.Run("RowsOfOthersAreNoBusinessOfOurs", func(t *testing.T) {
		t.Parallel()
		require.Empty(t, FromChange(table.Change{NewExists: true, New: table.Row{Key: table.Key{PK: "PAY#t#x", SK: "D#y"}}}))
		require.Empty(t, FromChange(table.Change{NewExists: true, New: table.Row{Key: table.Key{PK: store.Prefix + "t#x", SK: "D#y"}}}), "nor what cannot be read")
	})
}

// FuzzJob holds that no body makes a worker panic, and that it is refused for good or done.
func FuzzJob(f *testing.F) {
	w := setup(f)
	f.Add([]byte(drain{ids.Test, partner, partner, 1, partner, false}.job().Body))
	f.Add([]byte(`{"mode":"t","endpoint":"x"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		err := w.worker.Do(t.Context(), queue.Job{Kind: Kind, Version: 1, Body: body})
		if _, never := queue.IsNever(err); err != nil && !never {
			t.Fatalf("%q: %v", body, err)
		}
	})
}

func TestWaitsAreWholeSeconds(t *testing.T) {
	t.Parallel()
	require.Equal(t, time.Second, roundedUp(time.Millisecond))
	require.Equal(t, 5*time.Second, roundedUp(5*time.Second))
	require.Equal(t, queue.MaxDelay, roundedUp(time.Hour))
}
