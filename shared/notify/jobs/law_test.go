package jobs

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/notify/store"
	"giberno.ru/shared/platform/queue"
)

// sent collects what a sweeper sends.
type sent struct{ *stage }

func (s sent) Send(_ context.Context, _ string, _ time.Duration, jobs ...queue.Job) error {
	s.pending = append(s.pending, jobs...)
	return nil
}

// TestLaw plays facts, answers, crashes, lost and doubled jobs, sweeps and time in any order, with several workers at once. A
// lane never has two requests in flight, an event always has the same bytes, and once the partner is well everything arrives.
func TestLaw(t *testing.T) {
	t.Parallel()
	engine := setup(t).engine
	games := uint64(0)
	rapid.Check(t, func(rt *rapid.T) {
		games++
		s := &stage{rt: rt, engine: engine, clock: clock.At(start), seed: games << 12, flying: map[string]*actor{}, begun: map[string]time.Time{},
			bytes: map[string]string{}, heard: map[string]int{}}
		outside := s.process(engine)
		sweeper := &Sweeper{Store: outside, Queue: sent{s}, Clock: s.clock, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
		shop := ids.FromParts("shop", fmt.Sprint(games))
		made, _, err := outside.Create(rt.Context(), store.Wish{Mode: ids.Test, Partner: shop, URL: fmt.Sprintf("https://shop%d.example/", games)})
		require.NoError(rt, err)
		shard := int(made.ID[0]) % store.DueShards
		sweep := func() {
			_, err := sweeper.Sweep(rt.Context(), ids.Test, shard)
			require.NoError(rt, err)
		}
		told := 0
		rt.Repeat(map[string]func(*rapid.T){
			"tell": func(*rapid.T) {
				if told < 12 {
					require.NoError(rt, outside.Tell(rt.Context(), fact(shop, told)))
					told++
				}
			},
			"relay":  func(*rapid.T) { s.relay() },
			"sweep":  func(*rapid.T) { sweep() },
			"second": func(*rapid.T) { s.advance(time.Second) },
			"minute": func(*rapid.T) { s.advance(time.Minute) },
			"begin": func(rt *rapid.T) {
				if len(s.pending) == 0 || len(s.actors) >= 4 {
					return
				}
				i := rapid.IntRange(0, len(s.pending)-1).Draw(rt, "job")
				j := s.pending[i]
				if !rapid.Bool().Draw(rt, "comes again") {
					s.pending = append(s.pending[:i:i], s.pending[i+1:]...)
				}
				s.begin(j)
			},
			"lose": func(*rapid.T) {
				if len(s.pending) > 0 {
					s.pending = s.pending[1:]
				}
			},
			"answer": func(rt *rapid.T) {
				s.answer = rapid.SampledFrom([]string{"heard", "sick", "lost", "unheard"}).Draw(rt, "answer")
			},
			"":      func(rt *rapid.T) { require.Empty(rt, s.breach) },
			"step":  func(rt *rapid.T) { s.any(rt, 1, false) },
			"steps": func(rt *rapid.T) { s.any(rt, 6, false) },
			"crash": func(rt *rapid.T) { s.any(rt, 1, true) },
		})
		s.finish()
		for n := 0; n < 300 && !s.quiet(outside, shard); n++ {
			s.clock.Advance(5 * time.Minute)
			sweep()
			s.finish()
		}
		for n := range told {
			h, err := outside.Event(rt.Context(), ids.Test, shop, fact(shop, n).ID)
			require.NoError(rt, err)
			require.Len(rt, h.Deliveries, 1)
			require.Equal(rt, notify.Delivered, h.Deliveries[0].Status)
			require.Positive(rt, s.heard[h.ID.String()])
		}
		require.True(rt, s.quiet(outside, shard))
	})
}

// any lets some worker make a few steps, or die.
func (s *stage) any(rt *rapid.T, steps int, dies bool) {
	if len(s.actors) == 0 {
		return
	}
	i := rapid.IntRange(0, len(s.actors)-1).Draw(rt, "worker")
	for n := len(s.actors); steps > 0 && n == len(s.actors); steps-- {
		s.step(i, dies)
	}
}

// finish makes the partner well, and has every worker and every job come to its end.
func (s *stage) finish() {
	s.answer = "heard"
	s.relay()
	for len(s.actors) > 0 || len(s.pending) > 0 {
		if len(s.actors) == 0 {
			j := s.pending[0]
			s.pending = s.pending[1:]
			s.begin(j)
		}
		s.step(0, false)
		require.Empty(s.rt, s.breach)
	}
}

// quiet reports that nothing is due any more in a shard.
func (s *stage) quiet(st *store.Store, shard int) bool {
	at, err := st.OldestDue(context.Background(), ids.Test, shard)
	require.NoError(s.rt, err)
	return at.IsZero()
}
