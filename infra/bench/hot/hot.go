// Package hot measures whether one busy partner is written into the ledger as fast as many: the settlements worker's road,
// eight workers as eight processes, over a table that takes as long as a service far away and cancels writes that overlap. The
// time is virtual: it passes only while everybody waits, so that the rates tell of waiting and not of this machine.
package hot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"giberno.ru/infra/bench/overlapping"
	"giberno.ru/infra/bench/virtual"
	"giberno.ru/infra/world/memory"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/jobs"
	"giberno.ru/shared/ledger/store"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table/stamped"
)

// pace is our assumption of DynamoDB's times: a single write takes some 5 ms, a transaction of 100 rows some 35 ms; each a
// quarter more or less.
var pace = overlapping.Pace{Read: 4 * time.Millisecond, Write: 5 * time.Millisecond, Row: 300 * time.Microsecond}

// start is a Monday.
var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

var (
	moscow = time.FixedZone("MSK", 3*3600)
	quiet  = slog.New(slog.DiscardHandler)
)

// load is what eight workers are given to do.
type load struct {
	workers  int
	partners int
	batches  int
	size     int  // jobs of a batch, at most what the queue gives: 100
	mixed    bool // a batch brings payments of any partners, as the queue mixes them; else those of one
}

// ideal is the rate, in payments a second, of workers who know their places and never meet: one partner's can be no faster.
func (l load) ideal() float64 {
	var one time.Duration
	for left := l.size; left > 0; left -= store.MaxBatch {
		one += pace.Write + time.Duration(min(left, store.MaxBatch)+1)*pace.Row
	}
	return float64(l.workers*l.size) / one.Seconds()
}

// took is how a load was done.
type took struct {
	payments  int
	virtual   time.Duration
	ours      time.Duration // of this machine: our own work, by one core
	cancelled int           // writes that met another one
	cold      int           // the same while workers found their places
}

func (t *took) add(o took) {
	t.payments += o.payments
	t.virtual += o.virtual
	t.ours += o.ours
	t.cancelled += o.cancelled
	t.cold += o.cold
}

// rate is payments a second of the virtual time.
func (t took) rate() float64 { return float64(t.payments) / t.virtual.Seconds() }

// house is the table with its workers, each with what it alone remembers.
type house struct {
	load
	time    *virtual.Time
	table   *overlapping.Table
	memory  *memory.Table
	workers []*jobs.Worker
	books   []ledger.Book
	posted  int
}

func build(l load, seed uint64) *house {
	h := &house{load: l, time: virtual.New(start), memory: memory.NewTable()}
	luck := rand.New(rand.NewPCG(seed, 2))
	h.table = overlapping.New(h.memory, pace, func(ctx context.Context, wait time.Duration) error {
		return h.time.Sleep(ctx, wait*3/4+time.Duration(luck.Int64N(int64(wait)/2+1)))
	})
	for n := range l.partners {
		h.books = append(h.books, ledger.Book{Mode: ids.Test, Partner: ids.FromParts("partner", fmt.Sprint(n)), Currency: money.RUB})
	}
	for n := range l.workers {
		random := rand.NewChaCha8([32]byte{byte(seed), byte(n)})
		s := store.New(stamped.New(h.table, stamped.Options{Rand: random, Sleep: h.time.Sleep}))
		h.workers = append(h.workers, &jobs.Worker{Poster: s.NewPoster(h.time, random), Log: quiet,
			Zones: func(context.Context, ids.ID) (*time.Location, error) { return moscow, nil }})
	}
	return h
}

// job is the posting of one more payment of a partner.
func (h *house) job(b ledger.Book) (queue.Delivery, error) {
	h.posted++
	account := ids.FromParts("account")
	e, err := ledger.Paid(ledger.Payment{
		ID: ids.FromParts("order", fmt.Sprint(h.posted)).Child(ids.Payment, 1), Mode: b.Mode, Partner: b.Partner, Amount: money.Of(150_000, b.Currency),
		Terms: ledger.Terms{Account: account, Ours: ledger.Fee{BP: 250}, Theirs: ledger.Fee{BP: 190}},
	}, start)
	if err != nil {
		return queue.Delivery{}, err
	}
	j, err := jobs.PostJob(e)
	return queue.Delivery{Job: j, Received: 1, SentAt: start}, err
}

// batches are what the queue brings in a round.
func (h *house) batches(dice *rand.Rand) (all [][]queue.Delivery, err error) {
	for n := range h.load.batches {
		batch := make([]queue.Delivery, h.size)
		for i := range batch {
			b := h.books[n%len(h.books)]
			if h.mixed {
				b = h.books[dice.IntN(len(h.books))]
			}
			if batch[i], err = h.job(b); err != nil {
				return nil, err
			}
		}
		all = append(all, batch)
	}
	return all, nil
}

// greet has every worker write one payment of every partner, so that the measured round finds nobody new.
func (h *house) greet(ctx context.Context) error {
	var all [][]queue.Delivery
	for range h.workers {
		for _, b := range h.books {
			d, err := h.job(b)
			if err != nil {
				return err
			}
			all = append(all, []queue.Delivery{d})
		}
	}
	return h.work(ctx, func(worker int) []queue.Delivery {
		at := slices.IndexFunc(all[worker*len(h.books):(worker+1)*len(h.books)], func(b []queue.Delivery) bool { return b != nil })
		if at < 0 {
			return nil
		}
		at += worker * len(h.books)
		batch := all[at]
		all[at] = nil
		return batch
	})
}

// work has all workers take batches until there are none; what could not be done comes again at once.
func (h *house) work(ctx context.Context, next func(worker int) []queue.Delivery) error {
	errs := make([]error, len(h.workers))
	var all []func()
	for n, w := range h.workers {
		all = append(all, func() {
			for batch := next(n); batch != nil; batch = next(n) {
				for tries := 0; len(batch) > 0; tries++ {
					if batch = again(w.Dispatch(ctx, batch)); tries == 100 {
						errs[n] = fmt.Errorf("hot: worker %d cannot write %d payments", n, len(batch))
						return
					}
				}
			}
		})
	}
	h.time.Run(all...)
	return errors.Join(errs...)
}

func again(outcomes []queue.Outcome) (left []queue.Delivery) {
	for _, o := range outcomes {
		if o.Ending != queue.Finished {
			left = append(left, o.Delivery)
		}
	}
	return left
}

// play builds a house, lets its workers find their places, and measures one round.
func play(ctx context.Context, l load, seed uint64) (t took, err error) {
	h := build(l, seed)
	dice := rand.New(rand.NewPCG(seed, 1))
	if err := h.greet(ctx); err != nil {
		return t, err
	}
	warm, err := h.batches(dice)
	if err == nil {
		_, _, err = h.round(ctx, warm[:max(len(warm)/4, 1)])
	}
	if err != nil {
		return t, err
	}
	t.cold = h.table.Cancelled()
	all, err := h.batches(dice)
	if err != nil {
		return t, err
	}
	t.payments = len(all) * l.size
	t.virtual, t.ours, err = h.round(ctx, all)
	t.cancelled = h.table.Cancelled() - t.cold
	if err != nil {
		return t, err
	}
	return t, h.check(ctx, len(all)*l.size)
}

// round works through batches, whoever is free taking the next one.
func (h *house) round(ctx context.Context, all [][]queue.Delivery) (passed, ours time.Duration, err error) {
	began, machine := h.time.Now(), time.Now()
	err = h.work(ctx, func(int) []queue.Delivery {
		if len(all) == 0 {
			return nil
		}
		batch := all[0]
		all = all[1:]
		return batch
	})
	return h.time.Now().Sub(began), time.Since(machine), err
}

// check requires that all payments are in the ledger.
func (h *house) check(ctx context.Context, least int) error {
	s := store.New(h.memory)
	var entries int64
	for _, b := range h.books {
		got, err := s.Balances(ctx, b)
		if err != nil {
			return err
		}
		entries += got.Entries
	}
	if entries < int64(least) || entries > int64(h.posted) {
		return fmt.Errorf("hot: the ledger holds %d entries of %d", entries, h.posted)
	}
	return nil
}
