package settle_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/register"
	"giberno.ru/shared/ledger/settle"
	"giberno.ru/shared/ledger/store"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/counting"
	"giberno.ru/shared/platform/table/limits"
	"giberno.ru/shared/platform/table/stamped"
)

var (
	start   = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	today   = ledger.Day("2026-03-02")
	partner = ids.FromParts("partner")
	account = ids.FromParts("account")
	book    = ledger.Book{Mode: ids.Test, Partner: partner, Currency: money.RUB}
)

// contracts is a port that knows one partner and one account.
type contracts struct{ zone string }

func (c contracts) Partner(_ context.Context, id ids.ID) (settle.Partner, error) {
	if id != partner {
		return settle.Partner{}, errors.New("no such partner")
	}
	zone, err := time.LoadLocation(c.zone)
	return settle.Partner{Zone: zone, Country: "RU"}, err
}

var errNoAccount = errors.New("no such account")

func (contracts) Account(_ context.Context, _ ids.Mode, id ids.ID) error {
	if id != account {
		return errNoAccount
	}
	return nil
}

// rung remembers alarms, one for each kind and object; it may fail first.
type rung struct {
	mu    sync.Mutex
	open  map[string]string
	times int
	fail  bool
}

var errRung = errors.New("nobody hears")

func (r *rung) Raise(_ context.Context, m ids.Mode, kind, object, detail string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail {
		return errRung
	}
	r.times++
	r.open[string(m)+" "+kind+" "+object] = detail
	return nil
}

// sent is a queue that keeps what is sent.
type sent struct {
	mu   sync.Mutex
	jobs []queue.Job
	fail error
}

func (s *sent) Send(_ context.Context, name string, _ time.Duration, jobs ...queue.Job) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	if name != queue.Settlements {
		return errors.New("another queue: " + name)
	}
	s.jobs = append(s.jobs, jobs...)
	return nil
}

// take gives what was sent since.
func (s *sent) take() []queue.Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	jobs := s.jobs
	s.jobs = nil
	return jobs
}

type world struct {
	t       testing.TB
	store   *store.Store
	poster  *store.Poster
	settler *settle.Settler
	sweeper *settle.Sweeper
	worker  *settle.Worker
	alarms  *rung
	queue   *sent
	clock   *clock.Manual
	count   *counting.Table
	engine  *boltengine.Engine
	table   table.Table
	zone    *time.Location
	seed    byte
}

func setup(t testing.TB, zone string, around ...func(table.Table) table.Table) *world {
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
	w := &world{t: t, store: store.New(tbl), alarms: &rung{open: map[string]string{}}, queue: &sent{}, clock: clock.At(start), count: count, engine: engine, table: tbl}
	p, err := contracts{zone}.Partner(t.Context(), partner)
	require.NoError(t, err)
	w.zone = p.Zone
	w.settler = &settle.Settler{Store: w.store, Partners: contracts{zone}, Alarms: w.alarms, Clock: w.clock}
	w.worker = &settle.Worker{Settler: w.settler, Queue: w.queue}
	w.sweeper = &settle.Sweeper{Store: w.store, Queue: w.queue, Clock: w.clock, Log: slog.New(slog.DiscardHandler)}
	w.restart()
	return w
}

func yield(ctx context.Context, _ time.Duration) error {
	runtime.Gosched()
	return ctx.Err()
}

// restart gives a new process's poster, which knows no shards.
func (w *world) restart() {
	w.seed++
	w.poster = w.store.NewPoster(w.clock, rand.NewChaCha8([32]byte{w.seed}))
	w.settler.Poster = w.poster
}

func payment(b ledger.Book, n int, own bool) ledger.Payment {
	return ledger.Payment{
		ID: ids.FromParts("order", b.String(), fmt.Sprint(n)).Child(ids.Payment, 1), Mode: b.Mode, Partner: b.Partner, Amount: money.Of(150_000, b.Currency),
		Terms: ledger.Terms{Account: account, Own: own, Ours: ledger.Fee{BP: 250, Returned: true}, Theirs: ledger.Fee{BP: 190}},
	}
}

// made gives the entry of a maker that cannot refuse.
func made(e ledger.Entry, err error) ledger.Entry {
	if err != nil {
		panic(err)
	}
	return e
}

func paid(n int) ledger.Entry { return made(ledger.Paid(payment(book, n, false), start)) }

func refunded(n int, amount int64) ledger.Entry {
	p := payment(book, n, false)
	return made(ledger.Refunded(p, ledger.Refund{ID: p.ID.Root().Child(ids.Refund, 1), Amount: amount}, start))
}

func paids(from, n int) []ledger.Entry {
	entries := make([]ledger.Entry, n)
	for i := range entries {
		entries[i] = paid(from + i)
	}
	return entries
}

func (w *world) post(entries ...ledger.Entry) {
	w.t.Helper()
	require.NoError(w.t, errors.Join(w.poster.Post(w.t.Context(), book, w.zone, entries)...))
}

// closeDay closes a day to its end.
func (w *world) closeDay(day ledger.Day) {
	w.t.Helper()
	done, err := w.settler.Close(w.t.Context(), book, day)
	require.NoError(w.t, err)
	require.True(w.t, done)
}

func (w *world) settlement(day ledger.Day) ledger.Settlement {
	w.t.Helper()
	s, err := w.store.Settlement(w.t.Context(), book.Mode, ledger.SettlementID(book, day))
	require.NoError(w.t, err)
	return s
}

func (w *world) balances() ledger.Balances {
	w.t.Helper()
	b, err := w.store.Balances(w.t.Context(), book)
	require.NoError(w.t, err)
	return b.Balances
}

// sweep goes over the partner's shard once and does what it enqueues.
func (w *world) sweep() (worked int) {
	w.t.Helper()
	_, err := w.sweeper.Sweep(w.t.Context(), book.Mode, int(partner[0])%store.DueShards)
	require.NoError(w.t, err)
	for jobs := w.queue.take(); len(jobs) > 0; jobs = w.queue.take() {
		for _, j := range jobs {
			require.NoError(w.t, w.worker.Do(w.t.Context(), j))
			worked++
		}
	}
	return worked
}

// rows are all rows as they stand.
func (w *world) rows() map[table.Key]table.Row {
	w.t.Helper()
	rows := map[table.Key]table.Row{}
	changes, err := w.engine.Changes(w.t.Context(), 1_000_000)
	require.NoError(w.t, err)
	for _, c := range changes {
		rows[c.Key()] = c.New
	}
	return rows
}

// sound holds the ledger and its settlements against the entries, and the balances against the settlements.
func (w *world) sound() (settlements int) {
	w.t.Helper()
	auditor, chains := store.NewAuditor(), store.NewChains()
	for _, row := range w.rows() {
		chains.Add(row)
		if !store.IsOfChain(row.Key) {
			auditor.Add(row)
		}
	}
	require.Empty(w.t, auditor.Done().Breaches)
	settlements, breaches := chains.Done()
	require.Empty(w.t, breaches)
	return settlements
}

// total writes a settlement's register and gives its sums.
func (w *world) total(s ledger.Settlement) (sum register.Totals) {
	w.t.Helper()
	for l, err := range (&settle.Registers{Store: w.store}).Lines(w.t.Context(), s, nil) {
		require.NoError(w.t, err)
		require.NoError(w.t, sum.Add(l.Line))
	}
	return sum
}

// agrees holds that a settlement and its register are the same to the unit.
func (w *world) agrees(s ledger.Settlement) {
	w.t.Helper()
	sum := w.total(s)
	require.Equal(w.t, s.Facts.Paid+s.Own.Paid, sum.Amount)
	require.Equal(w.t, s.Facts.Refunded+s.Own.Refunded, sum.Refund)
	require.Equal(w.t, s.Facts.OurFee+s.Own.OurFee, sum.Fee)
	require.Equal(w.t, s.Facts.ProviderFee+s.Own.ProviderFee, sum.ProviderFee)
	require.Equal(w.t, s.Earned-s.Charge, sum.Net)
}

// spoiltFact changes what an entry says was paid.
func spoiltFact(key table.Key) table.Action {
	return table.Update(key).Set("xp", table.N(1)).If(table.Exists)
}
