package calls

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	ledgerstore "giberno.ru/shared/ledger/store"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/jobs"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/counting"
	"giberno.ru/shared/platform/table/faulty"
)

var (
	partner = ids.FromParts("partner")
	account = ids.FromParts("account")
	terms   = ledger.Terms{Account: account, Ours: ledger.Fee{BP: 1000, Returned: true}} // a tenth
)

// street is the orders and the books over one table.
type street struct {
	t      *testing.T
	orders *store.Store
	books  *ledgerstore.Store
	count  *counting.Table
	faults *faulty.Table
}

func newStreet(t *testing.T) *street {
	s := &street{t: t, faults: faulty.New(engine(t), nil)}
	s.count = counting.New(s.faults)
	s.orders, s.books = store.New(s.count), ledgerstore.New(s.count)
	return s
}

func (s *street) save(out payments.Outcome) payments.Whole {
	s.t.Helper()
	require.NoError(s.t, s.orders.Save(s.t.Context(), out))
	w, err := s.orders.Load(s.t.Context(), out.Before.Order.Mode, out.Before.Order.ID)
	require.NoError(s.t, err)
	return w
}

// paid is an order over 10.00 that was paid through an account of the platform's, or of the partner's.
func (s *street) paid(name string, c money.Currency, terms ledger.Terms) payments.Whole {
	s.t.Helper()
	o, err := payments.NewOrder(payments.Draft{Project: "p", Email: "a@b.ru", Items: []payments.Item{{Name: "a", Price: money.Of(1000, c), Quantity: 1000}}},
		ids.FromParts(name), ids.Test, partner, start)
	require.NoError(s.t, err)
	_, _, err = s.orders.Create(s.t.Context(), o)
	require.NoError(s.t, err)
	out, _ := payments.Begin(payments.Whole{Order: o}, banks.Card, payments.Through{Account: account, Provider: "tbank", Agent: !terms.Own}, "", nil, start)
	w := s.save(payments.Opened(s.save(out), 1, banks.Opened{BankID: "1", PageURL: "https://bank.example"}, start))
	out = payments.Apply(w, 1, banks.News{Status: banks.Paid, BankID: "1"}, payments.Told, start)
	out.Freeze(1, terms)
	return s.save(out)
}

func (s *street) refund(w payments.Whole, amount, approveAbove int64) payments.Whole {
	s.t.Helper()
	out, _, err := payments.BeginRefund(w, 1, payments.RefundWish{Amount: amount, Source: payments.ByPartner, Author: "ann", Keyed: true, ApproveAbove: approveAbove}, start)
	require.NoError(s.t, err)
	return s.save(out)
}

func (s *street) done(w payments.Whole, k int) payments.Whole {
	s.t.Helper()
	return s.save(payments.RefundAnswered(w, k, banks.News{Status: banks.PartlyRefunded}, start))
}

// post writes the entries of refunds into the ledger.
func (s *street) post(w payments.Whole, refunds ...ids.ID) {
	s.t.Helper()
	poster := s.books.NewPoster(clock.At(start), rand.NewChaCha8([32]byte{1}))
	for _, refund := range refunds {
		e, ok, err := w.EntryOf(refund)
		require.NoError(s.t, err)
		require.True(s.t, ok)
		require.NoError(s.t, errors.Join(poster.Post(s.t.Context(), e.Book, time.UTC, []ledger.Entry{e})...))
	}
}

// unlisted takes a refund out of its list, as a version before this one left it.
func (s *street) unlisted(w payments.Whole, k int) {
	s.t.Helper()
	key := table.Key{PK: store.Prefix + "t#" + w.Order.ID.String(), SK: fmt.Sprintf("F#%02d", k)}
	require.NoError(s.t, s.count.Write(s.t.Context(), table.Update(key).PlaceFirst(table.Key{})))
}

// nobody takes jobs and does nothing.
type nobody struct{}

func (nobody) Send(context.Context, string, time.Duration, ...queue.Job) error { return nil }

// leaving asks, and counts the round trips.
func (s *street) leaving(readers int) (got map[money.Currency]int64, trips int) {
	s.t.Helper()
	s.count.Reset()
	got, err := LeavingOf(s.orders, s.books, readers)(s.t.Context(), ids.Test, partner)
	require.NoError(s.t, err)
	return got, s.count.Snapshot().Total.Trips
}

func TestLeaving(t *testing.T) {
	t.Parallel()
	t.Run("Nothing", func(t *testing.T) {
		t.Parallel()
		s := newStreet(t)
		s.paid("o", money.RUB, terms)
		got, trips := s.leaving(readers)
		require.Empty(t, got)
		require.Equal(t, 2, trips, "two queries")
	})
	t.Run("OnItsWayWaitingOrDone", func(t *testing.T) {
		t.Parallel()
		s := newStreet(t)
		w := s.done(s.refund(s.refund(s.paid("o", money.RUB, terms), 100, 0), 200, 0), 1)
		s.refund(w, 300, 1)
		s.refund(s.paid("tenge", money.KZT, terms), 400, 0)
		got, trips := s.leaving(readers)
		require.Equal(t, map[money.Currency]int64{money.RUB: 540, money.KZT: 360}, got)
		require.Equal(t, 2+1+2, trips, "the lists, the ledger, and each order once")
		other, err := LeavingOf(s.orders, s.books, readers)(t.Context(), ids.Test, ids.FromParts("rival"))
		require.NoError(t, err)
		require.Empty(t, other)
		live, err := LeavingOf(s.orders, s.books, readers)(t.Context(), ids.Live, partner)
		require.NoError(t, err)
		require.Empty(t, live)
	})
	t.Run("NotWhatTheLedgerHolds", func(t *testing.T) {
		t.Parallel()
		s := newStreet(t)
		w := s.done(s.refund(s.refund(s.paid("o", money.RUB, terms), 100, 0), 200, 0), 1)
		s.post(w, w.Refunds[0].ID)
		got, _ := s.leaving(readers)
		require.EqualValues(t, 180, got[money.RUB])
		w = s.done(w, 2)
		s.post(w, w.Refunds[1].ID)
		got, trips := s.leaving(readers)
		require.Empty(t, got)
		require.Equal(t, 3, trips, "their order is not read")
	})
	t.Run("NotWhatWasLetGo", func(t *testing.T) {
		t.Parallel()
		s := newStreet(t)
		w := s.done(s.refund(s.paid("o", money.RUB, terms), 100, 0), 1)
		s.post(w, w.Refunds[0].ID)
		gone, err := s.orders.MoveDue(t.Context(), store.Due{Mode: ids.Test, Order: w.Order.ID, Child: w.Refunds[0].ID, At: w.Refunds[0].Due}, time.Time{})
		require.NoError(t, err)
		require.True(t, gone)
		w, err = s.orders.Load(t.Context(), ids.Test, w.Order.ID)
		require.NoError(t, err)
		s.refund(w, 200, 0)
		got, _ := s.leaving(readers)
		require.EqualValues(t, 180, got[money.RUB], "the ledger is not asked for it, and its order is read for the other")
	})
	t.Run("NotTwiceWhatAnOlderVersionGaveBack", func(t *testing.T) {
		t.Parallel()
		s := newStreet(t)
		w := s.done(s.refund(s.paid("o", money.RUB, terms), 100, 0), 1)
		s.post(w, w.Refunds[0].ID)
		s.unlisted(w, 1)
		s.refund(w, 200, 0)
		got, trips := s.leaving(readers)
		require.EqualValues(t, 180, got[money.RUB], "the ledger holds the other")
		require.Equal(t, 2+1+1+1, trips, "it is asked for those that no list names")
	})
	t.Run("WhatAnOlderVersionBeganOnceTheSweeperHasSeenIt", func(t *testing.T) {
		t.Parallel()
		s := newStreet(t)
		w := s.refund(s.paid("o", money.RUB, terms), 100, 0)
		s.unlisted(w, 1)
		sweeper := &jobs.Sweeper{Store: s.orders, Queue: nobody{}, Posted: s.books.Posted, Clock: clock.At(start.Add(time.Hour)), Log: slog.New(slog.DiscardHandler)}
		_, err := sweeper.Sweep(t.Context(), ids.Test, int(w.Order.ID[0])%store.Shards)
		require.NoError(t, err)
		got, _ := s.leaving(readers)
		require.EqualValues(t, 90, got[money.RUB])
	})
	t.Run("NothingOfHisOwnMoney", func(t *testing.T) {
		t.Parallel()
		s := newStreet(t)
		own := terms
		own.Own = true
		s.refund(s.paid("o", money.RUB, own), 100, 0)
		got, _ := s.leaving(readers)
		require.Zero(t, got[money.RUB])
	})
	t.Run("AsManyAtOnceAsThereAreReaders", func(t *testing.T) {
		t.Parallel()
		s := newStreet(t)
		for i := range 2*readers + 1 {
			s.refund(s.paid(fmt.Sprint(i), money.RUB, terms), 100, 0)
		}
		for _, n := range []int{1, 2, readers} {
			got, trips := s.leaving(n)
			require.EqualValues(t, 90*(2*readers+1), got[money.RUB])
			require.Equal(t, 2+1+2*readers+1, trips)
		}
	})
	t.Run("ErrSilentTable", func(t *testing.T) {
		t.Parallel()
		s := newStreet(t)
		s.refund(s.paid("o", money.RUB, terms), 100, 0)
		for silent := range 4 {
			calls := 0
			s.faults.SetPlan(func(faulty.Call) faulty.Fault {
				if calls++; calls > silent {
					return faulty.ErrorBefore
				}
				return faulty.None
			})
			for _, n := range []int{1, readers} {
				calls = 0
				_, err := LeavingOf(s.orders, s.books, n)(t.Context(), ids.Test, partner)
				require.ErrorIs(t, err, table.ErrUnavailable, "after %d round trips: less than there is must not be said", silent)
			}
		}
	})
}
