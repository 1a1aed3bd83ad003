package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/stamped"
)

// overlapping is a table that cancels a write of a row that another write holds, as DynamoDB cancels overlapping transactions.
type overlapping struct {
	table.Table
	mu        sync.Mutex
	held      map[table.Key]bool
	cancelled atomic.Int64
}

func overlap(inner table.Table) *overlapping {
	return &overlapping{Table: inner, held: map[table.Key]bool{}}
}

func (o *overlapping) Write(ctx context.Context, actions ...table.Action) error {
	if !o.hold(actions) {
		o.cancelled.Add(1)
		return table.ErrConflict
	}
	defer o.release(actions)
	runtime.Gosched() // whoever else is at work comes by now
	return o.Table.Write(ctx, actions...)
}

func (o *overlapping) hold(actions []table.Action) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, a := range actions {
		if o.held[a.Key()] {
			return false
		}
	}
	for _, a := range actions {
		o.held[a.Key()] = true
	}
	return true
}

func (o *overlapping) release(actions []table.Action) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, a := range actions {
		delete(o.held, a.Key())
	}
}

// TestOverlap has eight processes write into one book at once, each entry told by two of them, over a table that cancels
// overlapping transactions, while days are closed under their hands.
func TestOverlap(t *testing.T) {
	t.Parallel()
	const workers, rounds, size = 8, 12, 10
	var o *overlapping
	w := setup(t, func(inner table.Table) table.Table { o = overlap(inner); return o })
	var all sync.WaitGroup
	for worker := range workers {
		poster := w.poster()
		all.Go(func() {
			for round := range rounds {
				mine := paids(book, (worker*rounds+round)*size, size)
				neighbours := paids(book, ((worker+1)%workers*rounds+round)*size, size)
				persist(t, poster, append(mine, neighbours...))
			}
		})
	}
	all.Go(func() {
		for day := today; day < "2026-03-06"; {
			_, err := w.CloseDay(t.Context(), book, day, day.Next(), start)
			if err == nil {
				day = day.Next()
			}
			runtime.Gosched()
		}
	})
	all.Wait()
	require.Equal(t, held(workers*rounds*size), w.balances().Balances)
	got := w.sound()
	require.Equal(t, workers*rounds*size, got.Entries)
	t.Logf("%d writes were cancelled", o.cancelled.Load())
}

// persist posts until all is in the ledger, as the queue does.
func persist(t *testing.T, p *Poster, entries []ledger.Entry) {
	t.Helper()
	for range 100 {
		var left []ledger.Entry
		for i, err := range p.Post(t.Context(), entries[0].Book, zone, entries) {
			if err != nil {
				require.True(t, errors.Is(err, ErrBusy) || errors.Is(err, table.ErrUnavailable), err)
				left = append(left, entries[i])
			}
		}
		if entries = left; len(entries) == 0 {
			return
		}
	}
	require.Fail(t, "the book stayed busy")
}

// BenchmarkHotPartner compares payments that are all one partner's with payments spread over 1,000, written by eight posters
// in batches of 88 over a table that cancels overlapping transactions. The two take turns, so that both meet the same
// machine.
func BenchmarkHotPartner(b *testing.B) {
	const workers, batches, size = 8, 64, 88
	w := setup(b)
	cancels := overlap(w.engine)
	s := New(stamped.New(cancels, stamped.Options{}))
	posters := make([]*Poster, workers)
	for i := range posters {
		posters[i] = s.NewPoster(w.clock, rand.NewChaCha8([32]byte{byte(i / 2)}))
	}
	hot, spread := books(1, "hot"), books(1000, "spread")
	for _, one := range append(hot, spread...) {
		require.NoError(b, s.open(b.Context(), one, today))
	}
	round := func(round int, among []ledger.Book) time.Duration {
		begun := time.Now()
		var next atomic.Int64
		var all sync.WaitGroup
		for _, poster := range posters {
			all.Go(func() {
				for n := next.Add(1); n <= batches; n = next.Add(1) {
					at := round*batches + int(n)
					of := among[at%len(among)]
					for _, err := range poster.Post(b.Context(), of, zone, paids(of, at*size, size)) {
						if err != nil {
							panic(err)
						}
					}
				}
			})
		}
		all.Wait()
		return time.Since(begun)
	}
	round(0, hot) // posters find their shards
	round(0, spread)
	var one, many time.Duration
	b.ResetTimer()
	for n := range b.N {
		one += round(n+1, hot)
		many += round(n+1, spread)
	}
	b.ReportMetric(float64(cancels.cancelled.Load()), "cancelled")
	b.ReportMetric(float64(b.N*batches*size)/one.Seconds(), "hot-payments/s")
	b.ReportMetric(float64(many)/float64(one), "hot/spread")
}

func books(n int, name string) []ledger.Book {
	all := make([]ledger.Book, n)
	for i := range all {
		all[i] = book
		all[i].Partner = ids.FromParts("partner", name, fmt.Sprint(i))
	}
	return all
}
