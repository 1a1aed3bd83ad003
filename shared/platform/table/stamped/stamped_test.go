package stamped_test

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/faulty"
	"giberno.ru/shared/platform/table/stamped"
)

type world struct {
	t      *testing.T
	bolt   *boltengine.Engine
	faulty *faulty.Table
	table  *stamped.Table
	slept  []time.Duration
	meant  func() // what a third does while we sleep
}

func setup(t *testing.T) *world {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "t.db"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	w := &world{t: t}
	w.bolt, err = boltengine.New(f, boltengine.Options{})
	require.NoError(t, err)
	w.faulty = faulty.New(w.bolt, nil)
	w.table = stamped.New(w.faulty, stamped.Options{Rand: rand.NewChaCha8([32]byte{7}), Sleep: func(_ context.Context, wait time.Duration) error {
		w.slept = append(w.slept, wait)
		if w.meant != nil {
			w.meant()
		}
		return nil
	}})
	return w
}

// plan lets the first writes end like this; the later ones pass.
func (w *world) plan(faults ...faulty.Fault) {
	n := 0
	w.faulty.SetPlan(func(c faulty.Call) faulty.Fault {
		if c.Op != faulty.OpWrite || n >= len(faults) {
			return faulty.None
		}
		n++
		return faults[n-1]
	})
}

func (w *world) write(actions ...table.Action) error { return w.table.Write(w.t.Context(), actions...) }

func (w *world) changes() int {
	w.t.Helper()
	changes, err := w.bolt.Changes(w.t.Context(), 1000)
	require.NoError(w.t, err)
	return len(changes)
}

func (w *world) num(sk string) int64 {
	w.t.Helper()
	row, ok, err := w.table.Get(w.t.Context(), key(sk))
	require.NoError(w.t, err)
	require.True(w.t, ok)
	require.NotContains(w.t, row.Attrs, table.WriterAttr)
	return row.Attrs["num"].Number()
}

func key(sk string) table.Key { return table.Key{PK: "p", SK: sk} }

func row(sk string, num int64) table.Row {
	return table.Row{Key: key(sk), Attrs: table.Attrs{"num": table.N(num), "ver": table.N(1)}}
}

// bump is the shape of most writes of the house: a change under a version.
func bump(sk string) table.Action {
	return table.Update(key(sk)).Add("num", 1).Set("ver", table.N(2)).If(table.Version(1))
}

func TestReadsGoAgain(t *testing.T) {
	t.Parallel()
	w := setup(t)
	require.NoError(t, w.write(table.Put(row("a", 1)).If(table.Absent)))
	for _, f := range []faulty.Fault{faulty.ErrorBefore, faulty.ErrorAfter, faulty.Throttle} {
		w.faulty.SetPlan(faulty.Nth(0, f))
		require.Equal(t, int64(1), w.num("a"))
		w.faulty.SetPlan(faulty.Nth(0, f))
		rows, err := w.table.GetMany(t.Context(), []table.Key{key("a")})
		require.NoError(t, err)
		require.True(t, rows[0].Equal(row("a", 1)))
		w.faulty.SetPlan(faulty.Nth(0, f))
		page, err := w.table.Query(t.Context(), table.Query{PK: "p"})
		require.NoError(t, err)
		require.True(t, page.Rows[0].Equal(row("a", 1)))
	}
	w.faulty.SetPlan(func(faulty.Call) faulty.Fault { return faulty.ErrorBefore })
	_, _, err := w.table.Get(t.Context(), key("a"))
	require.ErrorIs(t, err, table.ErrUnavailable)
	require.Equal(t, 5, w.faulty.Calls())
}

func TestTheDefaultSleepEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		always := faulty.New(nil, func(faulty.Call) faulty.Fault { return faulty.Throttle })
		tb := stamped.New(always, stamped.Options{Tries: 1000})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		require.ErrorIs(t, tb.Write(ctx, table.Delete(key("a"))), table.ErrThrottled)
		require.Equal(t, time.Second, time.Since(begun))
		require.Greater(t, always.Calls(), 3)
	})
}
