package workers

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/settle"
	ledgerstore "giberno.ru/shared/ledger/store"
	notifyjobs "giberno.ru/shared/notify/jobs"
	notifystore "giberno.ru/shared/notify/store"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/jobs"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/log"
	"giberno.ru/shared/platform/queue"
	queueengine "giberno.ru/shared/platform/queue/boltengine"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/faulty"
)

func TestSweepOfAShardThatCannotBeReadHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	f, err := file.Open(filepath.Join(t.TempDir(), "data"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	engine, err := boltengine.New(f, boltengine.Options{})
	require.NoError(t, err)
	now := clock.At(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC))
	jobsOf, err := queueengine.New(f, now, queueengine.Options{})
	require.NoError(t, err)

	id := ids.FromParts("an order")
	number := int(id[0]) % store.Shards
	broken := (number + store.Shards - 1) % store.Shards
	rows := store.New(faulty.New(engine, func(c faulty.Call) faulty.Fault {
		if c.Query != nil && c.Query.Index == table.Second && strings.HasSuffix(c.Query.PK, "#"+twoDigits(broken)) {
			return faulty.ErrorBefore
		}
		return faulty.None
	}))
	o, err := payments.NewOrder(payments.Draft{Project: "p", Email: "a@b.ru",
		Items: []payments.Item{{Name: "a", Price: money.Of(100, money.RUB), Quantity: 1000}}}, id, ids.Test, ids.FromParts("partner"), now.Now())
	require.NoError(t, err)
	_, _, err = rows.Create(t.Context(), o)
	require.NoError(t, err)
	now.Advance(25 * time.Hour)

	silent := log.New(io.Discard, slog.LevelError)
	r := round{orders: &jobs.Sweeper{Store: rows, Queue: jobsOf, Clock: now, Log: silent}, clock: now, log: silent,
		days:   &settle.Sweeper{Store: ledgerstore.New(engine), Queue: jobsOf, Clock: now, Log: silent},
		events: waiting(engine, jobsOf, now, silent)}
	for range 2 * store.Shards { // whichever shard the minute begins with
		require.ErrorIs(t, r.sweep(t.Context(), Sweep{}), table.ErrUnavailable, "it is told all the same")
		due, err := rows.DueBy(t.Context(), ids.Test, number, now.Now(), 1)
		require.NoError(t, err)
		require.Empty(t, due, "the order was claimed")
		now.Advance(6 * time.Minute)
	}
}

func TestSweepFindsDaysThatAreOver(t *testing.T) {
	t.Parallel()
	require.Equal(t, store.Shards, ledgerstore.DueShards, "a sweep names the shards of all")
	require.Equal(t, store.Shards, notifystore.DueShards)
	f, err := file.Open(filepath.Join(t.TempDir(), "data"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	engine, err := boltengine.New(f, boltengine.Options{})
	require.NoError(t, err)
	now := clock.At(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	jobsOf, err := queueengine.New(f, now, queueengine.Options{})
	require.NoError(t, err)
	book := ledger.Book{Mode: ids.Test, Partner: ids.FromParts("partner"), Currency: money.RUB}
	days := ledgerstore.New(engine)
	entry, err := ledger.BankTransfer(book, ledger.Transfer{ID: ids.FromParts("transfer").String(), Account: ids.FromParts("account"), Amount: 100}, now.Now())
	require.NoError(t, err)
	require.NoError(t, days.NewPoster(now, rand.NewChaCha8([32]byte{1})).Post(t.Context(), book, time.UTC, []ledger.Entry{entry})[0])

	silent := log.New(io.Discard, slog.LevelError)
	r := round{orders: &jobs.Sweeper{Store: store.New(engine), Queue: jobsOf, Clock: now, Log: silent}, clock: now, log: silent,
		days:   &settle.Sweeper{Store: days, Queue: jobsOf, Clock: now, Log: silent},
		events: waiting(engine, jobsOf, now, silent)}
	require.NoError(t, r.sweep(t.Context(), Sweep{}))
	waiting, err := jobsOf.Receive(t.Context(), queue.Settlements, 10)
	require.NoError(t, err)
	require.Empty(t, waiting, "the day is not over")
	now.Advance(24 * time.Hour)
	require.NoError(t, r.sweep(t.Context(), Sweep{}))
	waiting, err = jobsOf.Receive(t.Context(), queue.Settlements, 10)
	require.NoError(t, err)
	require.Len(t, waiting, 1)
	require.Equal(t, settle.Closing, waiting[0].Job.Kind)
}

func TestSweepOfSlowEventsHoldsUpNoOrder(t *testing.T) {
	t.Parallel()
	f, err := file.Open(filepath.Join(t.TempDir(), "data"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	engine, err := boltengine.New(f, boltengine.Options{})
	require.NoError(t, err)
	now := clock.At(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	ctx, cancel := context.WithCancel(t.Context())
	looked := map[string]int{} // by domain
	rows := faulty.New(engine, func(c faulty.Call) faulty.Fault {
		domain, _, _ := strings.Cut(c.Query.PK, "#DUE#")
		if looked[domain]++; domain == "EVT" {
			cancel() // an endpoint has been dead for so long, and so much waits for it, that the invocation ends here
		}
		return faulty.None
	})
	silent := log.New(io.Discard, slog.LevelError)
	r := round{orders: &jobs.Sweeper{Store: store.New(rows), Clock: now, Log: silent}, clock: now, log: silent,
		days: &settle.Sweeper{Store: ledgerstore.New(rows), Clock: now, Log: silent}, events: waiting(rows, nil, now, silent)}
	require.ErrorIs(t, r.sweep(ctx, Sweep{}), context.Canceled)
	require.Equal(t, 2*store.Shards, looked["PAY"])
	require.Equal(t, 1, looked["EVT"])
}

// waiting is the sweeper of events on their way, of which there are none.
func waiting(rows table.Table, q queue.Sender, c clock.Clock, log *slog.Logger) *notifyjobs.Sweeper {
	return &notifyjobs.Sweeper{Store: notifystore.New(rows, nil, c, nil), Queue: q, Clock: c, Log: log}
}

func twoDigits(n int) string { return string([]byte{'0' + byte(n/10), '0' + byte(n%10)}) }
