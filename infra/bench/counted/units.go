package counted

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/api"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table/counting"
)

// UnitsBudget is how many base units a paid payment may take at BudgetBatch (issue 6): its notice, its posting and the
// letting-go of its due key.
const (
	UnitsBudget = 8
	BudgetBatch = 25
)

// Batches are the sizes that make bench counts.
var Batches = []int{1, 25, 88}

// units is what a batch of payments took, each part of the road by itself.
type units struct {
	n        int
	creating counting.Count // the orders, and letting go of their own due keys when their time is over
	opening  counting.Count // the attempts
	notices  counting.Count
	posting  counting.Count
	telling  counting.Count // the partner, of the payment and of the order
	hearing  counting.Count // and bringing both to one endpoint of his
	letting  counting.Count
}

func (u units) paid() (base, index int) {
	for _, c := range []counting.Count{u.notices, u.posting, u.letting} {
		base, index = base+c.WriteUnits, index+c.IndexUnits
	}
	return base, index
}

// countUnits plays n payments side by side, after one that opened the partner's book.
func countUnits(ctx context.Context, n int) (u units, err error) {
	s, err := newStage(ctx, false)
	if err != nil {
		return u, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if _, err := s.play(ctx, 1); err != nil {
		return u, err
	}
	if u, err = s.play(ctx, n); err != nil {
		return u, err
	}
	over, err := s.spent(func() error { return s.letGo(ctx, 25*time.Hour, n+1) })
	u.creating.WriteUnits += over.WriteUnits / (n + 1) * n // that one's order is like the others
	u.creating.IndexUnits += over.IndexUnits / (n + 1) * n
	return u, err
}

// play takes n payments along the road, each part for all of them, until nothing is owed to any of them.
func (s *stage) play(ctx context.Context, n int) (u units, err error) {
	u.n = n
	orders, attempts, notices := make([]api.Order, n), make([]api.Payment, n), [][]byte{}
	each := func(do func(i int) error) func() error {
		return func() error {
			for i := range n {
				if err := do(i); err != nil {
					return err
				}
			}
			return nil
		}
	}
	for _, part := range []struct {
		into *counting.Count
		do   func() error
	}{
		{&u.creating, each(func(i int) (err error) { orders[i], err = s.create(s.nextKey()); return err })},
		{&u.opening, each(func(i int) (err error) { attempts[i], err = s.open(orders[i], banks.Card); return err })},
		{new(counting.Count), each(func(i int) error {
			told, err := s.pay(ctx, attempts[i])
			notices = append(notices, told...)
			return err
		})},
		{&u.notices, func() error { return s.tell(notices...) }},
		{new(counting.Count), func() error { return s.relay(ctx) }},
		{&u.posting, func() error { return s.post(ctx, n) }},
		{&u.telling, func() error { return s.work(ctx) }},
		{new(counting.Count), func() error { return s.relay(ctx) }},
		{&u.hearing, func() error { return s.work(ctx) }},
		{&u.letting, func() error { return s.letGo(ctx, payments.FeedFirst, n) }},
	} {
		if *part.into, err = s.spent(part.do); err != nil {
			return u, err
		}
	}
	return u, nil
}

// post gives the settlements worker one batch, as its function gets it from the queue.
func (s *stage) post(ctx context.Context, n int) error {
	var batch []queue.Delivery
	for len(batch) < n {
		some, err := s.queue.Receive(ctx, queue.Settlements, min(queue.MaxBatch, n-len(batch)))
		if err != nil {
			return err
		}
		if len(some) == 0 {
			return fmt.Errorf("counted: the worker gets %d jobs of %d", len(batch), n)
		}
		batch = append(batch, some...)
	}
	outcomes := s.ledger.Dispatch(ctx, batch)
	for _, o := range outcomes {
		if o.Ending != queue.Finished {
			return fmt.Errorf("counted: the posting %s is not done: %s", o.Delivery.Job.Key, o.Reason)
		}
	}
	return queue.Settle(ctx, s.queue, queue.Settlements, outcomes)
}

// letGo sweeps after a time, when so many due keys must go.
func (s *stage) letGo(ctx context.Context, after time.Duration, n int) error {
	s.clock.Advance(after)
	gone, err := s.sweep(ctx)
	if err == nil && gone != n {
		err = fmt.Errorf("counted: %d due keys went of %d", gone, n)
	}
	return err
}

// Units counts and prints the write units of a paid payment for ledger batches of these sizes. kept says whether those of
// BudgetBatch are within UnitsBudget.
func Units(ctx context.Context, out io.Writer, batches []int) (kept bool, err error) {
	var all []units
	head := fmt.Sprintf("%-46s", "base + index units of a payment, batches of")
	for _, n := range batches {
		u, err := countUnits(ctx, n)
		if err != nil {
			return false, err
		}
		all, head = append(all, u), head+fmt.Sprintf(" %16d", n)
	}
	fmt.Fprintln(out, head)
	row := func(name string, of func(units) (base, index int)) {
		text := fmt.Sprintf("%-46s", name)
		for _, u := range all {
			base, index := of(u)
			text += fmt.Sprintf(" %16s", hundredths(base, u.n)+" + "+hundredths(index, u.n))
		}
		fmt.Fprintln(out, text)
	}
	part := func(of func(units) counting.Count) func(units) (int, int) {
		return func(u units) (int, int) { c := of(u); return c.WriteUnits, c.IndexUnits }
	}
	row("  notices, "+rows(all[0], all[0].notices), part(func(u units) counting.Count { return u.notices }))
	row("  posting: an entry and a share of the shard", part(func(u units) counting.Count { return u.posting }))
	row("  letting go of the payment's due key", part(func(u units) counting.Count { return u.letting }))
	row("paid, posted and let go", units.paid)
	row("  apart: creating the order, its own due key", part(func(u units) counting.Count { return u.creating }))
	row("  apart: opening the attempt", part(func(u units) counting.Count { return u.opening }))
	row("  apart: keeping its two events for the partner", part(func(u units) counting.Count { return u.telling }))
	row("  apart: bringing both to one endpoint", part(func(u units) counting.Count { return u.hearing }))
	kept = true
	for _, u := range all {
		if base, _ := u.paid(); u.n == BudgetBatch {
			kept = base <= UnitsBudget*u.n
			fmt.Fprintf(out, "%s base units at %d, budget %d: %s\n", hundredths(base, u.n), u.n, UnitsBudget, verdict(kept))
		}
	}
	return kept, nil
}

// rows says how many rows a part writes for one payment.
func rows(u units, c counting.Count) string {
	return fmt.Sprintf("%d rows written", c.RowsWritten/u.n)
}

// hundredths writes a share with two decimals, rounded up.
func hundredths(sum, n int) string {
	share := (sum*100 + n - 1) / n
	return fmt.Sprintf("%d.%02d", share/100, share%100)
}

func verdict(kept bool) string {
	if kept {
		return "ok"
	}
	return "OVER"
}
