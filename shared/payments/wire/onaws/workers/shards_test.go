package workers

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments/store"
)

func TestShards(t *testing.T) {
	t.Parallel()
	t.Run("NoneIsEveryShardOfBothModes", func(t *testing.T) {
		t.Parallel()
		all, err := Sweep{}.shards(time.Unix(0, 0))
		require.NoError(t, err)
		require.Len(t, all, 2*store.Shards)
	})
	t.Run("EveryMinuteBeginsElsewhere", func(t *testing.T) {
		t.Parallel()
		first := map[shard]bool{}
		for minute := range int64(4) {
			list, err := Sweep{Shards: []int{3, 15}}.shards(time.Unix(60*minute, 0))
			require.NoError(t, err)
			require.ElementsMatch(t, []shard{{ids.Live, 3}, {ids.Test, 3}, {ids.Live, 15}, {ids.Test, 15}}, list)
			first[list[0]] = true
		}
		require.Len(t, first, 4)
	})
	t.Run("ErrNoSuchShard", func(t *testing.T) {
		t.Parallel()
		for _, n := range []int{-1, store.Shards} {
			_, err := Sweep{Shards: []int{0, n}}.shards(time.Unix(0, 0))
			require.ErrorIs(t, err, errShards)
		}
	})
}
