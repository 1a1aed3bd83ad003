package counted

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/api"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/platform/table/counting"
)

// cost is a row of the table of budgets: what an operation cost and what it may cost.
type cost struct {
	name                string
	spent               counting.Count
	trips, units, index int
	note                string
}

// noBudget is a figure that the design does not bound.
const noBudget = -1

func (c cost) kept() bool {
	within := func(spent, budget int) bool { return budget == noBudget || spent <= budget }
	return within(c.spent.Trips, c.trips) && within(c.spent.WriteUnits, c.units) && within(c.spent.IndexUnits, c.index)
}

// String is the cost as a row of the table.
func (c cost) String() string {
	budget := fmt.Sprintf("%d, %d + %d", c.trips, c.units, c.index)
	if c.index == noBudget {
		budget = fmt.Sprintf("%d, %d", c.trips, c.units)
	}
	text := fmt.Sprintf("%-46s %6d %6d %6d   %-14s %s", c.name, c.spent.Trips, c.spent.WriteUnits, c.spent.IndexUnits, budget, verdict(c.kept()))
	if c.note != "" {
		text += "   " + c.note
	}
	return text
}

// tally counts operations one after the other, until one fails.
type tally struct {
	*stage
	all []cost
	err error
}

// does counts one operation. c has its budget.
func (t *tally) does(c cost, do func() error) {
	if t.err != nil {
		return
	}
	if c.spent, t.err = t.spent(do); t.err != nil {
		t.err = fmt.Errorf("%s: %w", c.name, t.err)
		return
	}
	t.all = append(t.all, c)
}

// quietly does what is not counted.
func (t *tally) quietly(do func() error) {
	if t.err == nil {
		t.err = do()
	}
}

// lettingGo names the operation that ends a payment's road.
var lettingGo = fmt.Sprintf("sweeper lets go of %d finished payments", settled)

// lettingRefundGo names the operation that ends a refund's road.
const lettingRefundGo = "sweeper lets go of a finished refund"

// settled is how many payments the ledger's worker is given together.
const settled = 88

// factReads is how many reads of facts the sweeper makes for a page of due keys: the ledger's entries, and events.
const factReads = 2

// costs counts every operation that has a budget in the design (§4). Configuration rows are cached beforehand.
func costs(ctx context.Context) (all []cost, err error) {
	s, err := newStage(ctx, true)
	if err != nil {
		return nil, err
	}
	t := &tally{stage: s}
	t.quietly(func() error { _, err := s.buy(ctx, banks.Card); return err })
	t.aPayment(ctx)
	err = errors.Join(t.err, s.close())
	if err != nil {
		return nil, err
	}
	if s, err = newStage(ctx, false); err != nil {
		return nil, err
	}
	t.stage = s
	t.theRest(ctx)
	return t.all, errors.Join(t.err, s.close())
}

// buy plays a payment that nobody counts. Afterwards the caller, the account and the partner are known to the process.
func (s *stage) buy(ctx context.Context, by banks.Method) (p api.Payment, err error) {
	o, err := s.create(s.nextKey())
	if err != nil {
		return p, err
	}
	if p, err = s.open(o, by); err != nil {
		return p, err
	}
	notices, err := s.pay(ctx, p)
	if err != nil {
		return p, err
	}
	return p, s.tell(notices...)
}

// aPayment counts what a partner, a payer and a bank with a till do, up to the refund.
func (t *tally) aPayment(ctx context.Context) {
	var o api.Order
	var p api.Payment
	var notices [][]byte
	create := func(key string) func() error {
		return func() (err error) { o, err = t.create(key); return err }
	}
	t.quietly(create("of its size"))
	kilobytes, err := t.orderSize(ctx, o.UUID)
	t.quietly(func() error { return err })
	size := fmt.Sprintf("the order's row has %d KB", kilobytes)
	t.does(cost{name: "create order", trips: 1, units: kilobytes, index: 2, note: size}, create("counted"))
	t.does(cost{name: "create order, the same key again", trips: 1, units: kilobytes, note: "a put that is refused"}, create("counted"))
	t.does(cost{name: "get order with all its children", trips: 1}, func() error { return t.ask("GET", "/api/v1/order/"+o.UUID.String(), "", "", &o) })
	t.does(cost{name: "create payment", trips: 3, units: 5, index: 3}, func() (err error) { p, err = t.open(o, banks.Card); return err })
	t.quietly(func() (err error) { notices, err = t.pay(ctx, p); return err })
	tell := func() error { return t.tell(last(notices)...) }
	t.quietly(func() error { return t.tell(allButLast(notices)...) })
	t.does(cost{name: "bank notification applied", trips: 2, units: 4, index: 3}, tell)
	t.does(cost{name: "bank notification, a duplicate", trips: 1}, tell)
	receipt := func() (err error) { t.clock.Advance(5 * time.Second); notices, err = t.told(ctx); return err }
	t.quietly(receipt)
	t.quietly(func() error { return t.tell(allButLast(notices)...) })
	t.does(cost{name: "receipt notification with its look-up rows", trips: 2, units: 8, index: 2}, tell)
	t.refunds(p)
	t.quietly(func() (err error) { p, err = t.buy(ctx, banks.SBP); return err })
	t.does(cost{name: "refund by SBP, which the bank only begins", trips: 3, units: 8, index: 4}, t.refund(p, "", payments.RefundPending))
}

// refunds counts those of a payment by card, which the bank makes at once.
func (t *tally) refunds(p api.Payment) {
	for _, r := range []struct{ name, body string }{
		{"refund of a part, by card", `{"amount":{"amount":50000,"currency":"RUB"}}`},
		{"refund of a line, by card", `{"items":[{"line":2,"quantity":1}],"reason":"a torn page"}`},
		{"refund of all that is left, by card", ""},
	} {
		t.does(cost{name: r.name, trips: 3, units: 8, index: 4}, t.refund(p, r.body, payments.RefundSucceeded))
	}
}

func (t *tally) refund(p api.Payment, body string, want payments.RefundStatus) func() error {
	return func() error {
		var got api.Refund
		err := t.ask("POST", "/api/v1/payment/"+p.UUID.String()+"/refund", t.nextKey(), body, &got)
		if err == nil && got.Status != string(want) {
			err = fmt.Errorf("counted: the refund is %s", got.Status)
		}
		return err
	}
}

// theRest counts what workers and sweeper do, at a bank without a till.
func (t *tally) theRest(ctx context.Context) {
	t.quietly(func() error { _, err := t.play(ctx, 1); return err })
	var many units
	t.quietly(func() (err error) { many, err = t.play(ctx, settled); return err })
	many.letting.Trips -= store.Shards * (1 + factReads)
	t.all = append(t.all,
		cost{name: lettingGo, spent: many.letting, trips: 2 * settled, units: settled, index: settled,
			note: "beside one look at each shard of due keys, and two reads for each page of it: entries, and events"},
		cost{name: lettingRefundGo, spent: t.aRefundGone(ctx), trips: 2, units: 1, index: 2,
			note: "the same; the second index unit takes it out of its partner's list of open refunds, which his balance reads"},
		cost{name: fmt.Sprintf("settle %d payments of one partner", settled), spent: many.posting, trips: 1, units: 2 * (settled + 1), index: noBudget,
			note: "N payments and the one row of accounts, twice each"})
}

// aRefundGone is what it takes to let go of a refund that the bank has made and the ledger has taken.
func (t *tally) aRefundGone(ctx context.Context) (spent counting.Count) {
	var p api.Payment
	t.quietly(func() (err error) { p, err = t.buy(ctx, banks.Card); return err })
	t.quietly(func() error { return t.relay(ctx) })
	t.quietly(func() error { return t.work(ctx) })
	t.quietly(func() error { return t.post(ctx, 1) })
	t.quietly(func() error { return t.letGo(ctx, payments.FeedFirst, 1) })
	t.quietly(t.refund(p, "", payments.RefundSucceeded))
	t.quietly(func() error { return t.relay(ctx) })
	t.quietly(func() error { return t.work(ctx) })
	t.quietly(func() error { return t.post(ctx, 1) })
	t.quietly(func() (err error) {
		spent, err = t.spent(func() error { return t.letGo(ctx, payments.FeedFirst, 1) })
		return err
	})
	spent.Trips -= store.Shards + factReads
	return spent
}

// orderSize is what the row of an order takes, in whole KB.
func (s *stage) orderSize(ctx context.Context, order ids.ID) (int, error) {
	changes, err := s.feed.Changes(ctx, 1000)
	if err != nil {
		return 0, err
	}
	for _, c := range changes {
		if !c.OldExists && strings.Contains(c.Key().PK, order.String()) {
			return (c.New.Size() + 1023) / 1024, nil
		}
	}
	return 0, errors.New("counted: the order's row was not seen")
}

func last[T any](all []T) []T { return all[max(len(all)-1, 0):] }

func allButLast[T any](all []T) []T { return all[:max(len(all)-1, 0)] }

// Budgets counts and prints what the operations cost. kept says whether all are within their budgets.
func Budgets(ctx context.Context, out io.Writer) (kept bool, err error) {
	all, err := costs(ctx)
	if err != nil {
		return false, err
	}
	kept = true
	fmt.Fprintf(out, "%-46s %6s %6s %6s   %s\n", "operation", "trips", "base", "index", "budget")
	for _, c := range all {
		fmt.Fprintln(out, c)
		kept = kept && c.kept()
	}
	return kept, nil
}
