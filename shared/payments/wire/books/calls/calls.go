// Package calls puts the ledger's doors together: what partners and operators ask of it.
package calls

import (
	"context"
	"errors"
	"sync"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/page"
	ledgerapi "giberno.ru/shared/ledger/api"
	"giberno.ru/shared/ledger/settle"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/wire/books"
	"giberno.ru/shared/payments/wire/inside"
)

// Of puts the doors together. Registers are CSV until a Spreadsheet is set.
func Of(p inside.Parts, b *books.Books, cursors page.Signer) *ledgerapi.Service {
	orders := store.New(p.Table)
	return &ledgerapi.Service{
		Settler: b.Settler, Worker: b.Closing, Registers: &settle.Registers{Store: b.Store, Orders: ordersOf(orders)},
		Store: b.Store, Leaving: LeavingOf(orders, b.Store, readers), Partners: b.Settler.Partners, Cursors: cursors, Clock: p.Clock, Log: p.Log,
	}
}

// readers is how many orders are read at once.
const readers = 16

// each does something with 0 … n-1, by so many readers at once; a single one works in the caller's own goroutine and in
// order. It gives the faults of all.
func each(n, readers int, do func(i int) error) error {
	if readers == 1 {
		for i := range n {
			if err := do(i); err != nil {
				return err
			}
		}
		return nil
	}
	var all sync.WaitGroup
	turns, failed := make(chan int), make([]error, n)
	for range min(readers, n) {
		all.Go(func() {
			for i := range turns {
				failed[i] = do(i)
			}
		})
	}
	for i := range n {
		turns <- i
	}
	close(turns)
	all.Wait()
	return errors.Join(failed...)
}

// ordersOf tells a register of the orders behind payments and refunds. One query an order; one that is gone is left out.
func ordersOf(s *store.Store) settle.Orders {
	return func(ctx context.Context, m ids.Mode, operations ...ids.ID) (map[ids.ID]settle.Operation, error) {
		var mu sync.Mutex
		found := make(map[ids.ID]settle.Operation, len(operations))
		err := each(len(operations), readers, func(i int) error {
			o, ok, err := operationOf(ctx, s, m, operations[i])
			mu.Lock()
			defer mu.Unlock()
			if ok {
				found[operations[i]] = o
			}
			return err
		})
		return found, err
	}
}

func operationOf(ctx context.Context, s *store.Store, m ids.Mode, id ids.ID) (o settle.Operation, ok bool, err error) {
	w, err := s.Load(ctx, m, id.Root())
	if errors.Is(err, payments.ErrOrderNotFound) {
		return o, false, nil
	}
	if err != nil {
		return o, false, err
	}
	n := id.N()
	if r, refunded := w.Refund(n); refunded && id.Family() == ids.Refund {
		n = r.Payment
	}
	p, _ := w.Payment(n)
	return settle.Operation{ExternalID: w.Order.ExternalID, Method: string(p.Method)}, true, nil
}
