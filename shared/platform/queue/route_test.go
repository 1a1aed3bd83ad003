package queue_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/queue"
)

// sent keeps the sizes of batches by queue, and refuses a queue.
type sent struct {
	batches map[string][]int
	refuses string
}

func (s *sent) Send(_ context.Context, name string, _ time.Duration, jobs ...queue.Job) error {
	if name == s.refuses {
		return errors.New("no")
	}
	s.batches[name] = append(s.batches[name], len(jobs))
	return nil
}

func TestSendAll(t *testing.T) {
	t.Parallel()
	var jobs []queue.Job
	for i := range 25 {
		jobs = append(jobs, queue.Job{Kind: []string{"a", "b"}[i%2]})
	}
	route := func(j queue.Job) string { return j.Kind }
	t.Run("EachQueueInBatches", func(t *testing.T) {
		t.Parallel()
		to := &sent{batches: map[string][]int{}}
		unsent, err := queue.SendAll(t.Context(), to, route, jobs...)
		require.NoError(t, err)
		require.Equal(t, 25, unsent)
		require.Equal(t, map[string][]int{"a": {10, 3}, "b": {10, 2}}, to.batches)
	})
	t.Run("ErrNamesTheFirstThatWasNotSent", func(t *testing.T) {
		t.Parallel()
		to := &sent{batches: map[string][]int{}, refuses: "b"}
		unsent, err := queue.SendAll(t.Context(), to, route, jobs...)
		require.Error(t, err)
		require.Equal(t, 1, unsent)
		require.Equal(t, map[string][]int{"a": {10, 3}}, to.batches, "the others go all the same")
	})
}
