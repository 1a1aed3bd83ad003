package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/counting"
	"giberno.ru/shared/platform/table/limits"
	"giberno.ru/shared/platform/table/stamped"
)

var (
	start   = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	today   = ledger.Day("2026-03-02")
	zone    = time.FixedZone("MSK", 3*3600)
	partner = ids.FromParts("partner")
	account = ids.FromParts("account")
	book    = ledger.Book{Mode: ids.Test, Partner: partner, Currency: money.RUB}
)

// world is a ledger over a table that counts and keeps the limits of the real service.
type world struct {
	*Store
	*Poster
	t      testing.TB
	table  table.Table
	count  *counting.Table
	engine *boltengine.Engine
	clock  *clock.Manual
	seed   byte
}

// setup makes an empty ledger. Each around stands between the engine and what repeats writes.
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
	tbl = stamped.New(tbl, stamped.Options{Sleep: yield})
	w := &world{Store: New(tbl), t: t, table: tbl, count: count, engine: engine, clock: clock.At(start)}
	w.Poster = w.poster()
	return w
}

// yield waits between tries no longer than others need to go on.
func yield(ctx context.Context, _ time.Duration) error {
	runtime.Gosched()
	return ctx.Err()
}

// poster makes another poster, as another process has.
func (w *world) poster() *Poster {
	w.seed++
	return w.NewPoster(w.clock, rand.NewChaCha8([32]byte{w.seed}))
}

// paid is the entry of a payment of 1500.00 with both fees, as n differs.
func paid(b ledger.Book, n int) ledger.Entry {
	e, err := ledger.Paid(ledger.Payment{
		ID: ids.FromParts("order", b.String(), fmt.Sprint(n)).Child(ids.Payment, 1), Mode: b.Mode, Partner: b.Partner, Amount: money.Of(150_000, b.Currency),
		Terms: ledger.Terms{Account: account, Ours: ledger.Fee{BP: 250}, Theirs: ledger.Fee{BP: 190}},
	}, start)
	if err != nil {
		panic(err)
	}
	return e
}

func paids(b ledger.Book, from, n int) []ledger.Entry {
	entries := make([]ledger.Entry, n)
	for i := range entries {
		entries[i] = paid(b, from+i)
	}
	return entries
}

// held is what a book holds after n such payments.
func held(n int64) ledger.Balances {
	return ledger.Balances{
		ledger.Clearing(account): -147_150 * n, ledger.Payable: 146_250 * n, ledger.PlatformFees: 3_750 * n, ledger.ProviderFees(account): -2_850 * n,
	}
}

func (w *world) post(entries ...ledger.Entry) {
	w.t.Helper()
	for i, err := range w.Post(w.t.Context(), entries[0].Book, zone, entries) {
		require.NoError(w.t, err, entries[i].ID)
	}
}

func (w *world) balances() Balances {
	w.t.Helper()
	got, err := w.Balances(w.t.Context(), book)
	require.NoError(w.t, err)
	return got
}

// rows are all rows as they stand.
func (w *world) rows() (rows []table.Row) {
	w.t.Helper()
	last := map[table.Key]table.Row{}
	changes, err := w.engine.Changes(w.t.Context(), 1_000_000)
	require.NoError(w.t, err)
	for _, c := range changes {
		last[c.Key()] = c.New
	}
	for _, row := range last {
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b table.Row) int { return strings.Compare(a.Key.PK+"\x00"+a.Key.SK, b.Key.PK+"\x00"+b.Key.SK) })
	return rows
}

func audit(rows []table.Row) Audit {
	a := NewAuditor()
	for _, row := range rows {
		a.Add(row)
	}
	return a.Done()
}

// sound holds the whole ledger against itself, and gives what there is.
func (w *world) sound() Audit {
	w.t.Helper()
	got := audit(w.rows())
	require.Empty(w.t, got.Breaches)
	return got
}

func collect[T any](t testing.TB, seq func(func(T, error) bool)) (all []T) {
	t.Helper()
	for one, err := range seq {
		require.NoError(t, err)
		all = append(all, one)
	}
	return all
}
