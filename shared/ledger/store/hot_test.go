package store

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/stamped"
)

// distant is a table that takes as long to answer as a service far away does; a write holds its rows meanwhile.
type distant struct{ table.Table }

func (d distant) Query(ctx context.Context, q table.Query) (table.Page, error) {
	time.Sleep(3 * time.Millisecond)
	return d.Table.Query(ctx, q)
}

func (d distant) Write(ctx context.Context, actions ...table.Action) error {
	time.Sleep(10 * time.Millisecond)
	return d.Table.Write(ctx, actions...)
}

// TestAHotPartnerIsAsFastAsMany counts by a clock that stands still while anybody works: what it shows is waiting, for the
// service and for each other. Eight processes write batches of 8, all of one partner or of 100 in turn, over a table that
// cancels overlapping transactions.
func TestAHotPartnerIsAsFastAsMany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const workers, batches, size = 8, 400, 8
		w := setup(t)
		cancels := overlap(distant{w.engine})
		s := New(stamped.New(cancels, stamped.Options{}))
		spent := func(among []ledger.Book) (cold, warm time.Duration) {
			posters := make([]*Poster, workers)
			for i := range posters {
				posters[i] = s.NewPoster(clock.System{}, rand.NewChaCha8([32]byte{byte(i / 2)})) // two draw alike: they meet at first
			}
			for _, one := range among {
				require.NoError(t, s.open(t.Context(), one, ledger.DayOf(time.Now(), zone)))
			}
			round := func(first int) time.Duration {
				begun := time.Now()
				var next atomic.Int64
				var all sync.WaitGroup
				for _, poster := range posters {
					all.Go(func() {
						for n := int(next.Add(1)); n <= batches; n = int(next.Add(1)) {
							of := among[n%len(among)]
							for _, err := range poster.Post(t.Context(), of, zone, paids(of, first+n*size, size)) {
								require.NoError(t, err)
							}
						}
					})
				}
				all.Wait()
				return time.Since(begun)
			}
			return round(0), round(1_000_000)
		}
		manyCold, many := spent(books(100, "spread"))
		cancels.cancelled.Store(0)
		oneCold, one := spent(books(1, "hot"))
		t.Logf("of 100 partners: %s cold, %s warm; of one: %s cold, %s warm, %d writes were cancelled",
			manyCold, many, oneCold, one, cancels.cancelled.Load())
		require.LessOrEqual(t, 9*one, 10*many, "at least 0.9 of the rate")
		got, err := s.Balances(t.Context(), books(1, "hot")[0])
		require.NoError(t, err)
		require.Equal(t, held(2*batches*size), got.Balances)
	})
}
