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
	return &ledgerapi.Service{
		Settler: b.Settler, Worker: b.Closing, Registers: &settle.Registers{Store: b.Store, Orders: ordersOf(store.New(p.Table))},
		Store: b.Store, Partners: b.Settler.Partners, Cursors: cursors, Clock: p.Clock, Log: p.Log,
	}
}

// readers is how many orders are read at once for a register.
const readers = 16

// ordersOf tells a register of the orders behind payments and refunds. One query an order; one that is gone is left out.
func ordersOf(s *store.Store) settle.Orders {
	return func(ctx context.Context, m ids.Mode, operations ...ids.ID) (map[ids.ID]settle.Operation, error) {
		var (
			all    sync.WaitGroup
			mu     sync.Mutex
			found  = make(map[ids.ID]settle.Operation, len(operations))
			failed error
		)
		turns := make(chan ids.ID)
		for range min(readers, len(operations)) {
			all.Go(func() {
				for id := range turns {
					o, ok, err := operationOf(ctx, s, m, id)
					mu.Lock()
					failed = errors.Join(failed, err)
					if ok {
						found[id] = o
					}
					mu.Unlock()
				}
			})
		}
		for _, id := range operations {
			turns <- id
		}
		close(turns)
		all.Wait()
		return found, failed
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
