package boltengine_test

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/counting"
	"giberno.ru/shared/platform/table/faulty"
	"giberno.ru/shared/platform/table/limits"
	"giberno.ru/shared/platform/table/stamped"
	"giberno.ru/shared/platform/table/tabletest"
)

func openFile(t testing.TB, path string, o file.Options) *file.File {
	t.Helper()
	f, err := file.Open(path, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

func over(t testing.TB, f *file.File) *boltengine.Engine {
	t.Helper()
	e, err := boltengine.New(f, boltengine.Options{})
	require.NoError(t, err)
	return e
}

func open(t testing.TB) *boltengine.Engine {
	t.Helper()
	return over(t, openFile(t, filepath.Join(t.TempDir(), "t.db"), file.Options{NoSync: true}))
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(table.Table) table.Table{
		"Bolt":           func(e table.Table) table.Table { return e },
		"BehindLimits":   func(e table.Table) table.Table { return limits.New(e) },
		"BehindCounting": func(e table.Table) table.Table { return counting.New(e) },
		"BehindFaulty":   func(e table.Table) table.Table { return faulty.New(e, nil) },
		"BehindStamped":  func(e table.Table) table.Table { return stamped.New(e, stamped.Options{}) },
		"BehindStampedAmongConflicts": func(e table.Table) table.Table {
			every := func(c faulty.Call) faulty.Fault {
				return [...]faulty.Fault{faulty.Conflict, faulty.None, faulty.Throttle, faulty.None, faulty.None}[c.N%5]
			}
			return stamped.New(faulty.New(e, every), stamped.Options{Tries: 50, Sleep: func(context.Context, time.Duration) error { return nil }})
		},
		"BehindAll": func(e table.Table) table.Table {
			return limits.New(stamped.New(faulty.New(counting.New(limits.New(e)), nil), stamped.Options{}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tabletest.Conformance(t, func(t *testing.T) table.Table { return wrap(open(t)) })
		})
	}
}

func TestFeed(t *testing.T) {
	t.Parallel()
	tabletest.Feed(t, func(t *testing.T) tabletest.Fed { return open(t) })

	t.Run("SwitchedOffItLogsNothing", func(t *testing.T) {
		t.Parallel()
		f := openFile(t, filepath.Join(t.TempDir(), "t.db"), file.Options{NoSync: true})
		e, err := boltengine.New(f, boltengine.Options{NoFeed: true})
		require.NoError(t, err)
		put := func(sk string) {
			require.NoError(t, e.Write(t.Context(), table.Put(table.Row{Key: table.Key{PK: "p", SK: sk}})))
		}
		put("a")
		e.SetFeed(true)
		put("b")
		e.SetFeed(false)
		put("c")
		changes, err := e.Changes(t.Context(), 10)
		require.NoError(t, err)
		require.Len(t, changes, 1)
		require.Equal(t, "b", changes[0].Key().SK)
	})
}

func TestReopenKeepsRowsIndexesAndChanges(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "t.db")
	f := openFile(t, path, file.Options{})
	row := table.Row{Key: table.Key{PK: "p", SK: "s"}, First: table.Key{PK: "f", SK: "1"}, TTL: 5, Attrs: table.Attrs{"st": table.S("x")}}
	require.NoError(t, over(t, f).Write(t.Context(), table.Put(row)))
	require.NoError(t, f.Close())

	e := over(t, openFile(t, path, file.Options{}))
	got, ok, err := e.Get(t.Context(), row.Key)
	require.NoError(t, err)
	require.True(t, ok && row.Equal(got))
	page, err := e.Query(t.Context(), table.Query{Index: table.First, PK: "f"})
	require.NoError(t, err)
	require.Len(t, page.Rows, 1)
	changes, err := e.Changes(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, changes, 1)
	n, err := e.Expire(t.Context(), time.Unix(6, 0), 10)
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

func TestExpire(t *testing.T) {
	t.Parallel()
	e := open(t)
	for i := range 7 {
		require.NoError(t, e.Write(t.Context(), table.Put(table.Row{Key: table.Key{PK: "p", SK: fmt.Sprint(i)}, TTL: int64(i), First: table.Key{PK: "f", SK: fmt.Sprint(i)}})))
	}
	expire := func(now int64, limit, want int) {
		t.Helper()
		n, err := e.Expire(t.Context(), time.Unix(now, 0), limit)
		require.NoError(t, err)
		require.Equal(t, want, n)
	}
	expire(1, 100, 0)
	expire(5, 2, 2)
	expire(5, 100, 2)
	expire(5, 100, 0)
	page, err := e.Query(t.Context(), table.Query{Index: table.First, PK: "f"})
	require.NoError(t, err)
	require.Equal(t, []string{"0", "5", "6"}, []string{page.Rows[0].First.SK, page.Rows[1].First.SK, page.Rows[2].First.SK})
	changes, err := e.Changes(t.Context(), 100)
	require.NoError(t, err)
	require.Len(t, changes, 7+4, "an expiry is a change like any other")
}

func TestErrors(t *testing.T) {
	t.Parallel()
	key := table.Key{PK: "p", SK: "s"}
	t.Run("ErrSumLeavesInt64", func(t *testing.T) {
		t.Parallel()
		e := open(t)
		require.NoError(t, e.Write(t.Context(), table.Update(key).Add("up", math.MaxInt64).Add("down", math.MinInt64)))
		require.ErrorIs(t, e.Write(t.Context(), table.Update(key).Add("up", 1)), table.ErrLimit)
		require.ErrorIs(t, e.Write(t.Context(), table.Update(key).Add("down", -1)), table.ErrLimit)
	})
	t.Run("ErrDamagedRowIsNotAMissingRow", func(t *testing.T) {
		t.Parallel()
		f := openFile(t, filepath.Join(t.TempDir(), "t.db"), file.Options{NoSync: true})
		e := over(t, f)
		require.NoError(t, e.Write(t.Context(), table.Put(table.Row{Key: key, Attrs: table.Attrs{"a": table.S("long enough")}})))
		require.NoError(t, f.Update(t.Context(), func(tx *bbolt.Tx) error {
			rows := tx.Bucket([]byte("table/rows"))
			k, v := rows.Cursor().First()
			return file.Spoiled(rows.Put(k, v[:len(v)-3]))
		}))
		_, _, err := e.Get(t.Context(), key)
		require.ErrorContains(t, err, "damaged")
		require.ErrorContains(t, e.Write(t.Context(), table.Put(table.Row{Key: key}).If(table.Absent)), "damaged")
		_, err = e.Query(t.Context(), table.Query{PK: "p"})
		require.ErrorContains(t, err, "damaged")
	})
	t.Run("ErrFullDiskIsAnUnknownOutcome", func(t *testing.T) {
		t.Parallel()
		e := over(t, openFile(t, filepath.Join(t.TempDir(), "t.db"), file.Options{NoSync: true, MaxBytes: 256 << 10}))
		large := table.Row{Key: key, Attrs: table.Attrs{"a": table.S(strings.Repeat("x", 390<<10))}}
		require.ErrorIs(t, e.Write(t.Context(), table.Put(large)), table.ErrUnavailable)
		require.NoError(t, e.Write(t.Context(), table.Put(table.Row{Key: key})), "the process goes on")
	})
	t.Run("ErrClosed", func(t *testing.T) {
		t.Parallel()
		f := openFile(t, filepath.Join(t.TempDir(), "t.db"), file.Options{NoSync: true})
		e := over(t, f)
		require.NoError(t, f.Close())
		require.ErrorIs(t, e.Write(t.Context(), table.Put(table.Row{Key: key})), file.ErrClosed)
		_, _, err := e.Get(t.Context(), key)
		require.ErrorIs(t, err, file.ErrClosed)
	})
}

func TestARefusalAndANoOpCostNoCommit(t *testing.T) {
	t.Parallel()
	f := openFile(t, filepath.Join(t.TempDir(), "t.db"), file.Options{NoSync: true})
	e := over(t, f)
	row := table.Row{Key: table.Key{PK: "p", SK: "s"}}
	require.NoError(t, e.Write(t.Context(), table.Put(row)))
	before := f.Commits()
	require.True(t, table.IsRefused(e.Write(t.Context(), table.Put(row).If(table.Absent))))
	require.NoError(t, e.Write(t.Context(), table.Put(row)))
	require.NoError(t, e.Write(t.Context(), table.Check(row.Key).If(table.Exists)))
	require.Equal(t, before, f.Commits())
}

// BenchmarkWrite compares one writer with 64 at once, which share their commits.
func BenchmarkWrite(b *testing.B) {
	for _, writers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("AtOnce%d", writers), func(b *testing.B) {
			f := openFile(b, filepath.Join(b.TempDir(), "t.db"), file.Options{})
			e := over(b, f)
			var wg sync.WaitGroup
			var next atomic.Int64
			before := f.Commits()
			b.ReportAllocs()
			b.ResetTimer()
			for range writers {
				wg.Go(func() {
					for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
						if err := e.Write(b.Context(), table.Put(order(int(i))).If(table.Absent)); err != nil {
							b.Error(err)
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/float64(f.Commits()-before), "writes/commit")
		})
	}
}

func BenchmarkGet(b *testing.B) {
	e := open(b)
	require.NoError(b, e.Write(b.Context(), table.Put(order(1))))
	b.ReportAllocs()
	for b.Loop() {
		if _, ok, err := e.Get(b.Context(), order(1).Key); !ok || err != nil {
			b.Fatal(err)
		}
	}
}

// order is a row of the size of an order.
func order(i int) table.Row {
	id := fmt.Sprintf("payments#ORD#t#%08d", i)
	return table.Row{
		Key: table.Key{PK: id, SK: "ORDER"}, First: table.Key{PK: "payments#LIST#t#partner", SK: id}, Second: table.Key{PK: "payments#DUE#t#3", SK: id},
		Attrs: table.Attrs{"st": table.S("created"), "ver": table.N(1), "made": table.N(1_795_000_000_000), "doc": table.B([]byte(strings.Repeat("x", 700)))},
	}
}
