package tills

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	simulator "giberno.ru/infra/simulators/atol"
	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	ledgerstore "giberno.ru/shared/ledger/store"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/receipts"
)

var total = money.Of(150_000, money.RUB)

// goods are what every order is about: a third of the first line is no whole number of kopecks.
var goods = []payments.Item{
	{Name: "Консультация", Price: money.Of(33_333, money.RUB), Quantity: 3000, Subject: "service", VAT: "vat22"},
	{Name: "Запись", Price: money.Of(50_001, money.RUB), Quantity: 1000, Subject: "service"},
}

var orderID = ids.FromParts("order")

// shard is where the due keys of the order are.
var shard = int(orderID[0]) % store.Shards

// terms are those of partner and account.
var terms = ledger.Terms{Account: account.ID, Ours: ledger.Fee{BP: ourFee}, Theirs: ledger.Fee{BP: theirFee}}

// load reads what stands there, not over the line.
func (w *world) load(ctx context.Context) payments.Whole {
	w.t.Helper()
	whole, err := store.New(w.table).Load(ctx, ids.Test, orderID)
	require.NoError(w.t, err)
	return whole
}

// save writes what the doors have decided, not over the line.
func (w *world) save(ctx context.Context, out payments.Outcome) payments.Whole {
	w.t.Helper()
	require.NoError(w.t, store.New(w.table).Save(ctx, out))
	return w.load(ctx)
}

// paid is an order that was paid just now through a bank without a till. What follows of it has not been done.
func (w *world) paid(ctx context.Context) { w.t.Helper(); w.pays(ctx, terms) }

func (w *world) pays(ctx context.Context, t ledger.Terms) {
	w.t.Helper()
	o, err := payments.NewOrder(payments.Draft{Project: "Школа", Email: "buyer@example.com", Items: goods}, orderID, ids.Test, partner.ID, w.clock.Now())
	require.NoError(w.t, err)
	require.Equal(w.t, total, o.Total)
	_, _, err = store.New(w.table).Create(ctx, o)
	require.NoError(w.t, err)
	now := w.clock.Now()
	out, _ := payments.Begin(w.load(ctx), banks.Card, payments.Through{Account: account.ID, Provider: account.Provider, Till: tillAccount("v5").ID, Agent: true}, "", nil, now)
	whole := w.save(ctx, payments.Opened(w.save(ctx, out), 1, banks.Opened{BankID: "1", PageURL: "https://bank.example"}, now))
	out = payments.Apply(whole, 1, banks.News{Status: banks.Paid, BankID: "1"}, payments.Told, now)
	if !t.Account.IsZero() {
		out.Freeze(1, t)
	}
	w.save(ctx, out)
}

// givesBack has the bank give a part back.
func (w *world) givesBack(ctx context.Context, wish payments.RefundWish) {
	w.t.Helper()
	wish.Source = payments.ByPartner
	out, r, err := payments.BeginRefund(w.load(ctx), 1, wish, w.clock.Now())
	require.NoError(w.t, err)
	w.save(ctx, payments.RefundAnswered(w.save(ctx, out), r.N, banks.News{Status: banks.PartlyRefunded}, w.clock.Now()))
}

// fulfils closes some lines of the prepayment, or all that is left.
func (w *world) fulfils(ctx context.Context, parts ...payments.Part) payments.Receipt {
	w.t.Helper()
	out, r, err := payments.BeginFulfil(w.load(ctx), parts, "", "", w.clock.Now())
	require.NoError(w.t, err)
	w.save(ctx, out)
	return r
}

// around lets the platform's own work go on for a moment: relay, sweeper, workers, fiscal service.
func (w *world) around(ctx context.Context) {
	require.NoError(w.t, w.atol.Tick(ctx))
	w.alive(func(p *process) { w.relay(ctx, p) })
	w.alive(func(p *process) { _, _ = p.Sweeper.Sweep(ctx, ids.Test, shard) })
	for range 20 {
		worked := 0
		for _, name := range []string{queue.Receipts, queue.WebhookRetries} {
			w.alive(func(p *process) {
				n, _ := queue.Work(ctx, p.queue, name, 10, p.Worker.Do, quiet)
				worked += n
			})
		}
		w.alive(func(p *process) {
			n, _ := p.books.Worker.Work(ctx, p.queue)
			worked += n
		})
		w.alive(func(p *process) { w.relay(ctx, p) })
		if worked == 0 {
			return
		}
	}
}

// pace is how time goes by while nobody does anything.
var pace = []struct {
	step  time.Duration
	times int
}{{5 * time.Second, 3}, {time.Minute, 12}, {20 * time.Minute, 12}, {12 * time.Hour, 10}}

// settle lets time go by, first in small steps, until nobody has anything left to do; and then three days more, in which
// nothing may come of it.
func (w *world) settle(ctx context.Context) {
	w.t.Helper()
	for _, p := range pace {
		for range p.times {
			w.clock.Advance(p.step)
			w.around(ctx)
			if w.atRest(ctx) {
				w.clock.Advance(3 * 24 * time.Hour)
				w.around(ctx)
				return
			}
		}
	}
	w.t.Fatal("there is always more to do: ", w.left(ctx))
}

// pass lets time go by in steps, with the platform at work.
func (w *world) pass(ctx context.Context, step time.Duration, times int) {
	for range times {
		w.clock.Advance(step)
		w.around(ctx)
	}
}

// left tells what there is still to do.
func (w *world) left(ctx context.Context) (story []string) {
	w.t.Helper()
	due, err := store.New(w.table).DueBy(ctx, ids.Test, shard, w.clock.Now().Add(365*24*time.Hour), 10)
	require.NoError(w.t, err)
	for _, d := range due {
		duties, _ := payments.Owed(w.load(ctx), d.Child, true, w.clock.Now())
		story = append(story, fmt.Sprintf("%s is due at %s and owed %v", d.Child, d.At, duties))
	}
	for _, name := range queue.Names {
		dead, err := w.queue.Dead(ctx, name, 3)
		require.NoError(w.t, err)
		for _, d := range dead {
			story = append(story, d.Job.Key+" is dead: "+d.Reason)
		}
	}
	return story
}

// atRest reports that neither we nor the service have anything to do.
func (w *world) atRest(ctx context.Context) bool {
	w.t.Helper()
	at, err := store.New(w.table).OldestDue(ctx, ids.Test, shard)
	require.NoError(w.t, err)
	for _, name := range queue.Names {
		_, waiting, err := w.queue.Next(ctx, name)
		require.NoError(w.t, err)
		if waiting {
			return false
		}
	}
	changes, err := w.table.Changes(ctx, 1)
	require.NoError(w.t, err)
	open := slices.ContainsFunc(w.atol.Receipts(1000), func(r simulator.Receipt) bool {
		return r.Status == simulator.Wait || r.Notice == "pending"
	})
	return at.IsZero() && len(changes) == 0 && !open
}

func (w *world) alarms(ctx context.Context) (kinds []payments.AlarmKind) {
	w.t.Helper()
	page, _, err := store.New(w.table).OpenAlarms(ctx, ids.Test, "", 100)
	require.NoError(w.t, err)
	for _, a := range page {
		kinds = append(kinds, a.Kind)
	}
	return kinds
}

// printed are the fiscal documents of the till, by the first 37 characters of their names: the mode and our id.
func (w *world) printed() map[string][]simulator.Receipt {
	made := map[string][]simulator.Receipt{}
	for _, r := range w.atol.Receipts(1000) {
		if r.Status == simulator.Done {
			made[r.ExternalID[:37]] = append(made[r.ExternalID[:37]], r)
		}
	}
	return made
}

// requireBooks: every receipt of ours is ready and is exactly one document of the till, and the till has made no other; the
// payer has one letter for each; the ledger holds each entry once; nobody owes anything.
func (w *world) requireBooks(ctx context.Context) payments.Whole {
	w.t.Helper()
	whole, made := w.load(ctx), w.printed()
	for _, r := range whole.Receipts {
		require.Equal(w.t, payments.ReceiptReady, r.Status, "%s of %s", r.Operation, r.ID)
		paper := made["t"+r.ID.String()]
		require.Len(w.t, paper, 1, "documents of %s %s", r.Operation, r.ID)
		delete(made, "t"+r.ID.String())
		f := paper[0].Fiscal
		require.Equal(w.t, []any{f.FN, f.Document, f.Sign, paper[0].Total, f.URL},
			[]any{r.Fiscal.FN, r.Fiscal.FD, r.Fiscal.FP, r.Fiscal.Total.Amount, r.Fiscal.URL})
		if r.Operation != payments.OfCorrection { // which has no sign in the string
			q, err := receipts.ParseQR(r.Fiscal.QR)
			require.NoError(w.t, err)
			require.Equal(w.t, []any{f.FN, f.Document, f.Sign, paper[0].Total}, []any{q.FN, q.FD, q.FP, q.Total.Amount})
		}
		require.False(w.t, r.MailedAt.IsZero(), "a letter about %s", r.Operation)
	}
	require.Empty(w.t, made, "documents that nobody knows of")
	require.Len(w.t, w.outbox.Messages(), len(whole.Receipts), "letters")
	for _, k := range w.outbox.Messages() {
		require.LessOrEqual(w.t, k.Times, 2, "one fault repeats a letter once, under the same name")
	}
	w.requireLedger(ctx, whole)
	w.requireQuiet(ctx)
	return whole
}

// requireLedger: the ledger holds the entries of what happened and no other, and its balances are what they come to.
func (w *world) requireLedger(ctx context.Context, whole payments.Whole) {
	w.t.Helper()
	book := ledger.Book{Mode: ids.Test, Partner: partner.ID, Currency: money.RUB}
	want, names := ledger.Balances{}, []string{}
	p, _ := whole.Payment(1)
	children := []ids.ID{p.ID}
	for _, r := range whole.Refunds {
		children = append(children, r.ID)
	}
	for _, child := range children {
		e, ok, err := whole.EntryOf(child)
		require.NoError(w.t, err)
		require.True(w.t, ok)
		require.NoError(w.t, want.Post(e.Postings...))
		names = append(names, e.ID)
	}
	books := ledgerstore.New(w.table)
	posted, err := books.Posted(ctx, ids.Test, names...)
	require.NoError(w.t, err)
	for _, name := range names {
		require.True(w.t, posted[name], "the entry %s", name)
	}
	held, err := books.Balances(ctx, book)
	require.NoError(w.t, err)
	require.EqualValues(w.t, len(names), held.Entries)
	require.Equal(w.t, want, held.Balances)
	require.True(w.t, held.Balances.Balanced())
}

// requireQuiet: no due key, no dead letter and no job is left.
func (w *world) requireQuiet(ctx context.Context) {
	w.t.Helper()
	require.True(w.t, w.atRest(ctx))
	for _, name := range queue.Names {
		dead, err := w.queue.Dead(ctx, name, 10)
		require.NoError(w.t, err)
		require.Empty(w.t, dead)
	}
}
