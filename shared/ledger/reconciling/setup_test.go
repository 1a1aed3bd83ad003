package reconciling_test

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/reconcile"
	"giberno.ru/shared/ledger/reconciling"
	"giberno.ru/shared/ledger/store"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/limits"
	"giberno.ru/shared/platform/table/stamped"
)

var (
	zone     = time.FixedZone("MSK", 3*3600)
	day      = time.Date(2026, 11, 21, 0, 0, 0, 0, zone)
	account  = ids.FromParts("account")
	own      = ids.FromParts("own account")
	partners = []ids.ID{ids.FromParts("partner", "1"), ids.FromParts("partner", "2"), ids.FromParts("partner", "3")}
)

var errNoAccount = fault.NotFound("account_not_found", "There is no such account.")

// world is a ledger with a reconciler over it.
type world struct {
	*reconciling.Reconciler
	t      testing.TB
	engine *boltengine.Engine
	store  *store.Store
	poster *store.Poster
	clock  *clock.Manual
	mu     sync.Mutex
	alarms []string
	broken error // of posting
	folder string
}

// setup makes an empty ledger, at noon of the day after day. Each around stands between the engine and what repeats writes.
func setup(t testing.TB, around ...func(table.Table) table.Table) *world {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "data"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	engine, err := boltengine.New(f, boltengine.Options{})
	require.NoError(t, err)
	var tbl table.Table = limits.New(engine)
	for _, wrap := range around {
		tbl = wrap(tbl)
	}
	w := &world{t: t, engine: engine, clock: clock.At(day.Add(12 * time.Hour)), folder: t.TempDir()}
	w.store = store.New(stamped.New(tbl, stamped.Options{Sleep: func(ctx context.Context, _ time.Duration) error { runtime.Gosched(); return ctx.Err() }}))
	w.poster = w.store.NewPoster(w.clock, rand.NewChaCha8([32]byte{1}))
	post := reconciling.PostWith(w.poster, func(context.Context, ids.ID) (*time.Location, error) { return zone, nil })
	w.Reconciler = &reconciling.Reconciler{
		Store: w.store, Clock: w.clock, Folder: w.folder, SortBytes: 64 << 10,
		Partners: func(context.Context) iter.Seq2[ids.ID, error] {
			return func(yield func(ids.ID, error) bool) {
				for _, p := range partners {
					if !yield(p, nil) {
						return
					}
				}
			}
		},
		Account: func(_ context.Context, _ ids.Mode, id ids.ID) (reconciling.Account, error) {
			switch id {
			case account:
				return reconciling.Account{Provider: "tbank"}, nil
			case own:
				return reconciling.Account{Provider: "tbank", Pays: partners[0]}, nil
			}
			return reconciling.Account{}, errNoAccount
		},
		Post: func(ctx context.Context, e ledger.Entry) error {
			if w.broken != nil {
				return w.broken
			}
			return post(ctx, e)
		},
		Raise: func(_ context.Context, m ids.Mode, account ids.ID, detail string) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.alarms = append(w.alarms, detail)
			return nil
		},
	}
	return w
}

// reference names payment n at the bank.
func reference(n int) string {
	return ids.Reference(ids.Test, ids.FromParts("order", fmt.Sprint(n)), 1)
}

// paid is the entry of payment n, of n+1 roubles with both fees, made at noon of the day and n seconds.
func paid(n int) ledger.Entry {
	order := ids.FromParts("order", fmt.Sprint(n))
	e, err := ledger.Paid(ledger.Payment{
		ID: order.Child(ids.Payment, 1), Mode: ids.Test, Partner: partners[n%len(partners)], Amount: money.Of(int64(n+1)*100, money.RUB),
		Terms: ledger.Terms{Account: account, Ours: ledger.Fee{BP: 250}, Theirs: ledger.Fee{BP: 200, Returned: true}},
	}, day.Add(12*time.Hour+time.Duration(n)*time.Second))
	if err != nil {
		panic(err)
	}
	e.Reference = reference(n)
	return e
}

func (w *world) post(entries ...ledger.Entry) {
	w.t.Helper()
	for _, e := range entries {
		require.NoError(w.t, w.poster.Post(w.t.Context(), e.Book, zone, []ledger.Entry{e})[0])
	}
}

const heading = "Номер заказа;Идентификатор платежа;Тип операции;Статус;Сумма операции;Комиссия;Валюта;Дата операции\n"

// line is an entry as the bank's register tells it. change may make it differ.
func line(e ledger.Entry, change ...func(amount, fee *int64)) string {
	kind, amount, fee := "Оплата", e.Facts.Paid, e.Facts.ProviderFee
	if e.Kind == ledger.KindRefunded {
		kind, amount = "Возврат", e.Facts.Refunded
	}
	for _, c := range change {
		c(&amount, &fee)
	}
	sign := ""
	if fee < 0 {
		sign, fee = "-", -fee
	}
	return fmt.Sprintf("%s;%s;%s;Успешно;%d,%02d;%s%d,%02d;RUB;%s\n", e.Reference, "b"+e.Reference, kind, amount/100, amount%100,
		sign, fee/100, fee%100, e.At.In(zone).Format("02.01.2006 15:04:05"))
}

// register is a day's file.
func register(lines ...string) string { return heading + strings.Join(lines, "") }

func period() reconciling.Period {
	return reconciling.Period{Mode: ids.Test, Account: account, From: day, To: day.Add(24 * time.Hour), Operator: "anna"}
}

// runs holds a file against the ledger.
func (w *world) run(p reconciling.Period, file string) (reconciling.Outcome, error) {
	return w.Run(w.t.Context(), p, reconciling.Register{Content: strings.NewReader(file), Mapping: reconcile.TBank()})
}

func (w *world) ran(p reconciling.Period, file string) reconciling.Outcome {
	w.t.Helper()
	out, err := w.run(p, file)
	require.NoError(w.t, err)
	left, err := os.ReadDir(w.folder)
	require.NoError(w.t, err)
	require.Empty(w.t, left, "temporary files are removed")
	return out
}

func (w *world) list(state reconcile.State) []store.Break {
	w.t.Helper()
	list, next, err := w.store.Breaks(w.t.Context(), ids.Test, state, "", 100)
	require.NoError(w.t, err)
	require.Empty(w.t, next)
	return list
}

// told writes open breaks in short.
func (w *world) told() (all []string) {
	w.t.Helper()
	for _, b := range w.list(reconcile.Open) {
		d, err := b.Difference()
		require.NoError(w.t, err)
		all = append(all, fmt.Sprintf("%s %d", b.Kind, d.Amount))
	}
	slices.Sort(all)
	return all
}

// sound holds the ledger and the breaks against themselves.
func (w *world) sound() {
	w.t.Helper()
	changes, err := w.engine.Changes(w.t.Context(), 1_000_000)
	require.NoError(w.t, err)
	rows := map[table.Key]table.Row{}
	for _, c := range changes {
		rows[c.Key()] = c.New
	}
	books, breaks := store.NewAuditor(), store.NewReconciled()
	for _, row := range rows {
		breaks.Add(row)
		if !store.IsOfReconciliation(row.Key) {
			books.Add(row)
		}
	}
	require.Empty(w.t, books.Done().Breaches)
	require.Empty(w.t, breaks.Done())
}

func (w *world) balances(partner ids.ID) ledger.Balances {
	w.t.Helper()
	b, err := w.store.Balances(w.t.Context(), ledger.Book{Mode: ids.Test, Partner: partner, Currency: money.RUB})
	require.NoError(w.t, err)
	return b.Balances
}
