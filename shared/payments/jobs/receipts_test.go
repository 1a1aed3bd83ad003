package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	ledgerjobs "giberno.ru/shared/ledger/jobs"
	"giberno.ru/shared/notify/mail"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/cashier"
	"giberno.ru/shared/payments/jobs"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/receipts"
	"giberno.ru/shared/receipts/atol"
)

const number = "2ea26f17-0884-4f08-b120-306fc096a58f" // of the receipt at the service

var (
	tillID = ids.FromParts("till")
	terms  = ledger.Terms{Account: ids.FromParts("account"), Ours: ledger.Fee{BP: 250}, Theirs: ledger.Fee{BP: 190}}
	errOff = errors.New("away")
)

// contracts gives its terms and a till; broken is its error.
type contracts struct {
	teller.Accounts
	terms  ledger.Terms
	broken error
}

func (c *contracts) Terms(context.Context, payments.Payment) (ledger.Terms, error) {
	return c.terms, c.broken
}

func (c *contracts) Till(context.Context, ids.Mode, ids.ID, ids.ID) (cashier.Till, error) {
	return cashier.Till{Taxation: "osn", Company: receipts.Company{INN: "7707083893", Email: "r@giberno.example", PaymentAddress: "https://giberno.example"}}, c.broken
}

// fiscalService makes every receipt at once.
type fiscalService struct{ last receipts.Draft }

func (s *fiscalService) Register(_ context.Context, _ atol.Account, d receipts.Draft) (atol.Registered, error) {
	s.last = d
	return atol.Registered{UUID: number, State: atol.Done}, nil
}

func (s *fiscalService) Report(context.Context, atol.Account, string) (atol.Report, error) {
	sum, err := s.last.Document.Total()
	return atol.Report{ExternalID: s.last.ID, State: atol.Done,
		Fiscal: &receipts.Fiscal{Total: sum, FN: "9999078900001234", FD: int64(s.last.Kind[len(s.last.Kind)-1]), FP: 7, IssuedAt: start}}, err
}

// letterBox keeps the keys of letters.
type letterBox struct{ keys []string }

func (b *letterBox) Send(_ context.Context, m mail.Message) error {
	b.keys = append(b.keys, m.Key)
	return nil
}

// office is a world whose worker has all that receipts and entries need.
type office struct {
	*world
	contracts *contracts
	letters   *letterBox
	whole     payments.Whole
	posted    map[string]bool
	postedErr error
}

// paid is an office with an order that was paid just now. Its terms are frozen where priced is set.
func paid(t *testing.T, priced bool) *office {
	t.Helper()
	o := &office{world: setup(t), contracts: &contracts{terms: terms}, letters: &letterBox{}, posted: map[string]bool{}}
	o.worker.Queue = o.queue
	o.worker.Teller = teller.New(teller.Config{Store: o.store, Accounts: o.contracts, Queue: o.queue, Clock: o.clock, Log: quiet,
		Bank: func(string) (teller.Bank, bool) { return nil, false }})
	o.worker.Cashier = cashier.New(cashier.Config{Store: o.store, Accounts: o.contracts, Service: &fiscalService{}, Mail: o.letters, Clock: o.clock, Log: quiet,
		Letter: func(_ payments.Whole, id ids.ID) (mail.Message, error) { return mail.Message{Key: id.String()}, nil }})
	o.sweeper.Posted = func(context.Context, ids.Mode, ...string) (map[string]bool, error) { return o.posted, o.postedErr }
	o.whole = o.load(o.orders(1)[0])
	out, _ := payments.Begin(o.whole, banks.Card, payments.Through{Account: terms.Account, Till: tillID}, "", nil, start)
	o.save(out)
	o.save(payments.Opened(o.whole, 1, banks.Opened{BankID: "1", PageURL: "https://bank.example"}, start))
	o.follows(t)
	out = payments.Apply(o.whole, 1, banks.News{Status: banks.Paid}, payments.Told, start)
	if priced {
		out.Freeze(1, terms)
	}
	o.save(out)
	return o
}

func (o *office) save(out payments.Outcome) {
	o.t.Helper()
	require.NoError(o.t, o.store.Save(o.t.Context(), out))
	o.whole = o.load(o.whole.Order)
}

// refunded gives a part back.
func (o *office) refunded(amount int64) {
	o.t.Helper()
	out, r, err := payments.BeginRefund(o.whole, 1, payments.RefundWish{Amount: amount, Source: payments.ByPartner}, start)
	require.NoError(o.t, err)
	o.save(out)
	o.save(payments.RefundAnswered(o.whole, r.N, banks.News{Status: banks.PartlyRefunded}, start))
}

// follows gives the jobs that follow from all changes since it was last called.
func (o *office) follows(t *testing.T) (list []queue.Job) {
	t.Helper()
	changes, err := o.table.Changes(t.Context(), 100)
	require.NoError(t, err)
	for _, c := range changes {
		list = append(list, jobs.FromChange(c)...)
		require.NoError(t, o.table.Done(t.Context(), c.Seq))
	}
	return list
}

func kinds(list []queue.Job) (all []string) {
	for _, j := range list {
		all = append(all, j.Kind)
	}
	return all
}

// entries takes the entries that wait for the ledger.
func (o *office) entries(t *testing.T) (list []ledger.Entry) {
	t.Helper()
	batch, err := o.queue.Receive(t.Context(), queue.Settlements, 10)
	require.NoError(t, err)
	for _, d := range batch {
		var e ledger.Entry
		require.Equal(t, ledgerjobs.Post, d.Job.Kind)
		require.NoError(t, json.Unmarshal(d.Job.Body, &e))
		require.NoError(t, o.queue.Ack(t.Context(), queue.Settlements, d.Receipt))
		list = append(list, e)
	}
	return list
}

// do does jobs, and those that follow from their changes, until there are none.
func (o *office) do(t *testing.T, list []queue.Job) (done []string) {
	t.Helper()
	for ; len(list) > 0; list = o.follows(t) {
		for _, j := range list {
			if !jobs.Mine(j) {
				continue
			}
			require.NoError(t, o.worker.Do(t.Context(), j))
			done = append(done, j.Kind)
		}
	}
	o.whole = o.load(o.whole.Order)
	return done
}

func TestWhatFollowsForTillAndLedger(t *testing.T) {
	t.Parallel()
	t.Run("PaidAndPriced", func(t *testing.T) {
		t.Parallel()
		o := paid(t, true)
		follow := o.follows(t)
		require.Equal(t, []string{ledgerjobs.Post, jobs.Till, jobs.Tell}, kinds(follow))
		require.Equal(t, []string{queue.Settlements, queue.Receipts, queue.WebhookRetries}, []string{jobs.QueueOf(follow[0]), jobs.QueueOf(follow[1]), jobs.QueueOf(follow[2])})
		require.Equal(t, []string{jobs.Till, jobs.Tell, jobs.Mail, jobs.Tell}, o.do(t, follow))
		require.Equal(t, payments.ReceiptReady, o.whole.Receipts[0].Status)
		require.Equal(t, []string{payments.ReceiptID(o.whole.Payments[0].ID).String()}, o.letters.keys)
	})
	t.Run("PaidByOlderCode", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, []string{jobs.Till, jobs.Tell}, kinds(paid(t, false).follows(t)), "its due key finds the entry")
	})
	t.Run("GivenBack", func(t *testing.T) {
		t.Parallel()
		o := paid(t, true)
		o.do(t, o.follows(t))
		o.refunded(50_000)
		follow := o.follows(t)
		require.Equal(t, []string{jobs.Entry, jobs.Till, jobs.Tell}, kinds(follow))
		require.Equal(t, queue.WebhookRetries, jobs.QueueOf(follow[0]))
		o.do(t, follow)
		back, begun := o.whole.ReceiptOf(payments.ReceiptID(o.whole.Refunds[0].ID))
		require.True(t, begun)
		require.Equal(t, receipts.IncomeReturn, back.Fiscal.Kind)
	})
	t.Run("UndoneWaitsForItsTime", func(t *testing.T) {
		t.Parallel()
		o := paid(t, true)
		o.save(payments.BeginReceipt(o.whole, o.whole.Payments[0].ID, start))
		id := payments.ReceiptID(o.whole.Payments[0].ID)
		o.save(payments.ReceiptTaken(o.whole, id, number, start))
		o.follows(t)
		o.save(payments.ReceiptUndone(o.whole, id, "it broke", false, start))
		require.Empty(t, o.follows(t), "a broken till is not asked at once")
		o.save(payments.ReceiptLooked(o.whole, id, false, start))
		require.Empty(t, o.follows(t))
	})
}

func TestEntry(t *testing.T) {
	t.Parallel()
	entry := func(o *office, child ids.ID) error {
		body, err := json.Marshal(teller.AttemptJob{Mode: ids.Test, Order: child.Root(), Child: child})
		require.NoError(o.t, err)
		return o.worker.Do(o.t.Context(), queue.Job{Kind: jobs.Entry, Version: 1, Body: body})
	}
	t.Run("PaidByOlderCodeIsPricedFirst", func(t *testing.T) {
		t.Parallel()
		o := paid(t, false)
		p := o.whole.Payments[0]
		require.NoError(t, entry(o, p.ID))
		o.whole = o.load(o.whole.Order)
		require.Equal(t, terms, o.whole.Payments[0].Terms)
		list := o.entries(t)
		require.Len(t, list, 1)
		require.Equal(t, ledger.PaidID(p.ID), list[0].ID)
		require.Equal(t, ledger.Facts{Paid: 150_000, OurFee: 3_750, ProviderFee: 2_850}, list[0].Facts)
	})
	t.Run("ARefundPricesItsPayment", func(t *testing.T) {
		t.Parallel()
		o := paid(t, false)
		o.refunded(60_000)
		require.NoError(t, entry(o, o.whole.Refunds[0].ID))
		require.Equal(t, terms, o.load(o.whole.Order).Payments[0].Terms)
		list := o.entries(t)
		require.Len(t, list, 2, "older code let the payment's own entry go")
		require.Equal(t, ledger.PaidID(o.whole.Payments[0].ID), list[0].ID)
		require.Equal(t, ledger.RefundedID(o.whole.Refunds[0].ID), list[1].ID)
		require.EqualValues(t, 60_000, list[1].Facts.Refunded)
	})
	t.Run("TheFastRoadAndTheJobTellTheSame", func(t *testing.T) {
		t.Parallel()
		o := paid(t, true)
		fast := o.follows(t)[0]
		var is ledger.Entry
		require.NoError(t, json.Unmarshal(fast.Body, &is))
		require.NoError(t, entry(o, o.whole.Payments[0].ID))
		require.Equal(t, []ledger.Entry{is}, o.entries(t))
	})
	t.Run("ErrNoTermsYet", func(t *testing.T) {
		t.Parallel()
		o := paid(t, false)
		o.contracts.broken = errOff
		require.ErrorIs(t, entry(o, o.whole.Payments[0].ID), errOff)
		require.Empty(t, o.entries(t))
	})
	t.Run("WhatTheBooksCannotHoldCallsAnOperator", func(t *testing.T) {
		t.Parallel()
		o := paid(t, false)
		o.contracts.terms = ledger.Terms{Account: terms.Account, Ours: ledger.Fee{Fixed: 1 << 62}, Theirs: ledger.Fee{Fixed: 1 << 62}}
		for range 2 {
			require.NoError(t, entry(o, o.whole.Payments[0].ID), "the due key asks again, so that it is no dead letter")
		}
		require.Empty(t, o.entries(t))
		alarms, _, err := o.store.OpenAlarms(t.Context(), ids.Test, "", 10)
		require.NoError(t, err)
		require.Len(t, alarms, 1)
		require.Equal(t, ledgerjobs.LedgerMissing, string(alarms[0].Kind))
		require.Equal(t, ledger.PaidID(o.whole.Payments[0].ID), alarms[0].Object)
	})
	t.Run("NothingIsOwed", func(t *testing.T) {
		t.Parallel()
		o := paid(t, true)
		for _, child := range []ids.ID{o.whole.Order.ID.Child(ids.Payment, 2), o.whole.Order.ID.Child(ids.Refund, 1)} {
			require.NoError(t, entry(o, child))
		}
		require.Empty(t, o.entries(t))
	})
}

func TestSweepOfEntries(t *testing.T) {
	t.Parallel()
	sweep := func(o *office) jobs.Swept {
		o.t.Helper()
		swept, err := o.sweeper.Sweep(o.t.Context(), ids.Test, 3)
		require.NoError(o.t, err)
		return swept
	}
	// made is an office whose receipt is made and written about; only the entry is open.
	made := func(t *testing.T) *office {
		t.Helper()
		o := paid(t, true)
		o.do(t, o.follows(t))
		o.clock.Advance(payments.FeedFirst)
		return o
	}
	t.Run("WhatTheLedgerHoldsIsLetGo", func(t *testing.T) {
		t.Parallel()
		o := made(t)
		o.posted[ledger.PaidID(o.whole.Payments[0].ID)] = true
		require.Equal(t, 2, sweep(o).LetGo, "the payment and its receipt")
		o.clock.Advance(24 * time.Hour)
		require.Zero(t, sweep(o).Enqueued)
	})
	t.Run("WhatItLacksIsSentUntilItIsThere", func(t *testing.T) {
		t.Parallel()
		o := made(t)
		for range 3 {
			require.Equal(t, 1, sweep(o).Enqueued)
			require.Equal(t, 1, o.work())
			require.Len(t, o.entries(t), 1)
			o.clock.Advance(5 * time.Minute)
		}
	})
	t.Run("ErrTheLedgerCannotBeRead", func(t *testing.T) {
		t.Parallel()
		o := made(t)
		o.postedErr = errOff
		require.Equal(t, jobs.Swept{Seen: 1, LetGo: 1}, sweep(o), "the receipt waits for nothing in the ledger")
		o.postedErr = nil
		require.Equal(t, 1, sweep(o).Enqueued, "the key still stands")
	})
}
