// Package days measures settling: a business day with many entries is closed, counted with the hash of every entry, held
// against its sums and settled, as the job of the settlements queue does it.
package days

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"giberno.ru/infra/world/memory"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/settle"
	"giberno.ru/shared/ledger/store"
	"giberno.ru/shared/platform/table/counting"
	"giberno.ru/shared/platform/table/limits"
	"giberno.ru/shared/platform/table/stamped"
)

// start is a Monday, noon in Moscow.
var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

var (
	moscow = time.FixedZone("MSK", 3*3600)
	book   = ledger.Book{Mode: ids.Test, Partner: ids.FromParts("partner"), Currency: money.RUB}
)

// parties knows everybody, and calls nobody: nothing here may need an operator.
type parties struct{}

func (parties) Partner(context.Context, ids.ID) (settle.Partner, error) {
	return settle.Partner{Zone: moscow, Country: "RU"}, nil
}

func (parties) Account(context.Context, ids.Mode, ids.ID) error { return nil }

func (parties) Raise(_ context.Context, _ ids.Mode, kind, object, detail string) error {
	return fmt.Errorf("days: an operator is called: %s of %s: %s", kind, object, detail)
}

// Settled is how the settling of a day went.
type Settled struct {
	Entries int
	Jobs    int // that it took, for one counts so many entries at most
	Took    time.Duration
	Posting time.Duration // of all entries beforehand, in batches as large as they may be
	Spent   counting.Count
}

// Settle posts n entries in one business day and settles it. pace is how many entries one job counts at most; 0: as many as
// in production.
func Settle(ctx context.Context, n, pace int) (s Settled, err error) {
	now := clock.At(start)
	count := counting.New(limits.New(memory.NewTable()))
	random := rand.NewChaCha8([32]byte{1})
	ledgers := store.New(stamped.New(count, stamped.Options{Rand: random}))
	poster := ledgers.NewPoster(now, random)
	s.Entries = n
	began := time.Now()
	for first := 0; first < n; first += store.MaxBatch {
		if err := post(ctx, poster, first, min(store.MaxBatch, n-first)); err != nil {
			return s, err
		}
	}
	s.Posting = time.Since(began)
	now.Advance(24 * time.Hour)
	count.Reset()
	settler := &settle.Settler{Store: ledgers, Poster: poster, Partners: parties{}, Alarms: parties{}, Clock: now, Pace: pace}
	day := ledger.DayOf(start, moscow)
	began = time.Now()
	for done := false; !done; s.Jobs++ {
		if done, err = settler.Close(ctx, book, day); err != nil {
			return s, err
		}
	}
	s.Took, s.Spent = time.Since(began), count.Snapshot().Total
	made, err := ledgers.Settlement(ctx, book.Mode, ledger.SettlementID(book, day))
	if err == nil && (made.Entries != int64(n) || made.Payout != int64(n)*146_250 || made.Hash.IsZero()) {
		err = fmt.Errorf("days: the settlement of %d entries says %d and pays out %d", n, made.Entries, made.Payout)
	}
	return s, err
}

// post writes payments of 1500.00 with a fee of 2.5 %.
func post(ctx context.Context, p *store.Poster, first, n int) error {
	entries := make([]ledger.Entry, n)
	for i := range entries {
		var err error
		if entries[i], err = ledger.Paid(ledger.Payment{
			ID: ids.FromParts("order", fmt.Sprint(first+i)).Child(ids.Payment, 1), Mode: book.Mode, Partner: book.Partner, Amount: money.Of(150_000, book.Currency),
			Terms: ledger.Terms{Account: ids.FromParts("account"), Ours: ledger.Fee{BP: 250}, Theirs: ledger.Fee{BP: 190}},
		}, start); err != nil {
			return err
		}
	}
	return errors.Join(p.Post(ctx, book, moscow, entries)...)
}

// Report measures and prints the settling of a day of n entries.
func Report(ctx context.Context, out io.Writer, n int) error {
	s, err := Settle(ctx, n, 0)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "settled a day of %d entries in %s by %d jobs: %.0f entries per second closed, counted, hashed and held against the sums\n",
		s.Entries, s.Took.Round(time.Millisecond), s.Jobs, float64(s.Entries)/s.Took.Seconds())
	fmt.Fprintf(out, "over a table in memory, so this is our own work; %d round trips, %d base and %d index units; posting the entries took %s\n",
		s.Spent.Trips, s.Spent.WriteUnits, s.Spent.IndexUnits, s.Posting.Round(time.Millisecond))
	return nil
}
