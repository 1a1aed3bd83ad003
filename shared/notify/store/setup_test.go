package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/counting"
	"giberno.ru/shared/platform/table/limits"
	"giberno.ru/shared/platform/table/stamped"
)

var (
	start   = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	partner = ids.FromParts("partner")
	rival   = ids.FromParts("rival")
)

// world is a store over a table that counts and keeps the limits of the real service.
type world struct {
	*Store
	t      testing.TB
	table  table.Table
	engine *boltengine.Engine
	count  *counting.Table
	keys   *vault
	clock  *clock.Manual
	seed   byte
}

// vault gives keys, and can be closed.
type vault struct {
	mu     sync.Mutex
	closed error
}

func (v *vault) Unwrap(context.Context, secret.KeyName) ([secret.KeySize]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return [secret.KeySize]byte{1}, v.closed
}

// chance is a seeded source that many may use.
type chance struct {
	mu sync.Mutex
	of *rand.ChaCha8
}

func (c *chance) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of.Read(p)
}

// setup makes an empty store. Each around stands between the engine and what repeats writes.
func setup(t testing.TB, around ...func(table.Table) table.Table) *world {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "data"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	engine, err := boltengine.New(f, boltengine.Options{})
	require.NoError(t, err)
	count := counting.New(limits.New(engine))
	var tbl table.Table = count
	for _, wrap := range around {
		tbl = wrap(tbl)
	}
	tbl = stamped.New(tbl, stamped.Options{Sleep: func(ctx context.Context, _ time.Duration) error { runtime.Gosched(); return ctx.Err() }})
	w := &world{t: t, table: tbl, engine: engine, count: count, keys: &vault{}, clock: clock.At(start)}
	w.Store = w.process()
	return w
}

// process makes another store over the same table, as another process has.
func (w *world) process() *Store {
	w.seed++
	random := &chance{of: rand.NewChaCha8([32]byte{w.seed})}
	return New(w.table, secret.NewKeeper(w.keys, random), w.clock, random)
}

// fact is an event of a partner, as n differs.
func fact(of ids.ID, n int, typ notify.Type) notify.Event {
	e, err := notify.New(ids.Test, of, typ, ids.FromParts("object", of.String(), fmt.Sprint(n)), 1, start.Add(time.Duration(n)*time.Second), json.RawMessage(`{"version":1,"status":"paid"}`))
	if err != nil {
		panic(err)
	}
	return e
}

func (w *world) endpoint(n int, types ...notify.Type) notify.Endpoint {
	w.t.Helper()
	e, shown, err := w.Create(w.t.Context(), Wish{Mode: ids.Test, Partner: partner, URL: fmt.Sprintf("https://shop.example/hooks/%d", n), Types: types})
	require.NoError(w.t, err)
	require.NotEmpty(w.t, shown)
	return e
}

func (w *world) tell(e notify.Event) {
	w.t.Helper()
	require.NoError(w.t, w.Tell(w.t.Context(), e))
}

func (w *world) history(e notify.Event) History {
	w.t.Helper()
	h, err := w.Event(w.t.Context(), e.Mode, e.Partner, e.ID)
	require.NoError(w.t, err)
	return h
}

func lane(e notify.Endpoint, of notify.Event) LaneName {
	return LaneName{e.Mode, e.ID, notify.LaneOf(of.ID)}
}

func (w *world) waiting(n LaneName, now time.Time) []ids.ID {
	w.t.Helper()
	events, _, err := w.Waiting(w.t.Context(), n, now, nil)
	require.NoError(w.t, err)
	return events
}

func (w *world) due(at time.Time) (all []Due) {
	w.t.Helper()
	for shard := range DueShards {
		due, more, err := w.DueAfter(w.t.Context(), ids.Test, shard, at, nil, 100)
		require.NoError(w.t, err)
		require.Nil(w.t, more)
		all = append(all, due...)
	}
	return all
}
