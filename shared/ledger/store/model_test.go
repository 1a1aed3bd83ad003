package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
)

// TestModel plays random postings, repetitions, reversals and closings against sums that a child could keep.
func TestModel(t *testing.T) {
	t.Parallel()
	games := 0
	base := setup(t)
	rapid.Check(t, func(rt *rapid.T) {
		games++
		w := *base
		b := ledger.Book{Mode: ids.Live, Partner: ids.FromParts("partner", fmt.Sprint(games)), Currency: money.KZT}
		posters := []*Poster{w.poster(), w.poster(), w.poster()}
		var history []ledger.Entry
		want, day := ledger.Balances{}, ledger.Balances{}
		open, facts, sums := ledger.Day(""), ledger.Facts{}, ledger.Sums{}
		for step := range rapid.IntRange(1, 12).Draw(rt, "steps") {
			if open != "" && rapid.IntRange(0, 4).Draw(rt, "what") == 0 {
				c, err := w.CloseDay(rt.Context(), b, open, open.Next(), w.clock.Now())
				require.NoError(rt, err)
				require.Equal(rt, facts, c.Facts)
				require.Equal(rt, day, c.Moved)
				require.Equal(rt, want, c.Balances)
				split, err := c.Sums()
				require.NoError(rt, err)
				require.Equal(rt, sums, split)
				open, day, facts, sums = open.Next(), ledger.Balances{}, ledger.Facts{}, ledger.Sums{}
				continue
			}
			batch := draw(rt, b, step, history)
			poster := rapid.SampledFrom(posters).Draw(rt, "poster")
			for _, err := range poster.Post(rt.Context(), b, time.UTC, batch) {
				require.NoError(rt, err)
			}
			seen := map[string]bool{}
			for _, e := range history {
				seen[e.ID] = true
			}
			for _, e := range batch {
				if seen[e.ID] {
					continue
				}
				seen[e.ID], history = true, append(history, e)
				require.NoError(rt, want.Post(e.Postings...))
				require.NoError(rt, day.Post(e.Postings...))
				require.NoError(rt, sums.Add(e))
				var err error
				facts, err = facts.Plus(e.Facts)
				require.NoError(rt, err)
			}
			got, err := w.Balances(rt.Context(), b)
			require.NoError(rt, err)
			if open == "" {
				open = got.Open
			}
			require.Equal(rt, Balances{Open: open, Balances: want, Today: facts, running: sums, Entries: int64(len(history))}, got)
		}
	})
	base.sound()
}

// draw makes a batch of new entries, repetitions and reversals.
func draw(t *rapid.T, b ledger.Book, step int, history []ledger.Entry) (batch []ledger.Entry) {
	for i := range rapid.IntRange(1, 5).Draw(t, "size") {
		what := rapid.IntRange(0, 3).Draw(t, "entry")
		if len(history) > 0 && what == 0 {
			batch = append(batch, rapid.SampledFrom(history).Draw(t, "again"))
			continue
		}
		if len(history) > 0 && what == 1 {
			if back := ledger.Reverse(rapid.SampledFrom(history).Draw(t, "reversed"), start); back.Validate() == nil {
				batch = append(batch, back)
			}
			continue
		}
		batch = append(batch, paid(b, step*100+i))
	}
	return batch
}
