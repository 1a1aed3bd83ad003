// Package matching puts reconciliation together with what it needs of other domains. It stands apart from books, for it reads
// spreadsheets, whose library is large.
package matching

import (
	"context"
	"errors"
	"iter"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/page"
	identitystore "giberno.ru/shared/identity/store"
	"giberno.ru/shared/ledger/reconciling"
	reconcilingapi "giberno.ru/shared/ledger/reconciling/api"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/wire/books"
	"giberno.ru/shared/payments/wire/inside"
)

// Of puts the operators' doors together. folder is for temporary files; "" is the system's.
func Of(p inside.Parts, b *books.Books, cursors page.Signer, folder string) *reconcilingapi.Service {
	raised := books.AlarmsOf(p)
	return &reconcilingapi.Service{
		Clock: p.Clock, Cursors: cursors,
		Reconciler: &reconciling.Reconciler{
			Store: b.Store, Partners: partnersOf(p.Contracts), Account: accountOf(p.Contracts), Clock: p.Clock, Folder: folder,
			Post: reconciling.PostWith(b.Poster, books.ZonesOf(p.Contracts)), Whose: whoseOf(store.New(p.Table)),
			Raise: func(ctx context.Context, m ids.Mode, account ids.ID, detail string) error {
				return raised.Raise(ctx, m, books.ReconciliationBreaks, account.String(), detail)
			},
		},
	}
}

const partnersPage = 100

// partnersOf lists every partner.
func partnersOf(contracts *identitystore.Store) func(context.Context) iter.Seq2[ids.ID, error] {
	return func(ctx context.Context) iter.Seq2[ids.ID, error] {
		return func(yield func(ids.ID, error) bool) {
			for after := ""; ; {
				list, next, err := contracts.Partners(ctx, partnersPage, after)
				if err != nil {
					yield(ids.ID{}, err)
					return
				}
				for _, p := range list {
					if !yield(p.ID, nil) {
						return
					}
				}
				if after = next; next == "" {
					return
				}
			}
		}
	}
}

// accountOf finds an account at a bank; a till of ours is none.
func accountOf(contracts *identitystore.Store) func(context.Context, ids.Mode, ids.ID) (reconciling.Account, error) {
	return func(ctx context.Context, m ids.Mode, id ids.ID) (reconciling.Account, error) {
		a, err := contracts.Account(ctx, m, id)
		if err == nil && a.IsTill() {
			err = identitystore.ErrAccountNotFound
		}
		return reconciling.Account{Provider: a.Provider, Pays: a.Pays()}, err
	}
}

// whoseOf finds the partner of a reference through its order.
func whoseOf(s *store.Store) func(context.Context, ids.Mode, string) (ids.ID, bool, error) {
	return func(ctx context.Context, m ids.Mode, reference string) (ids.ID, bool, error) {
		of, order, _, ok := ids.ParseReference(reference)
		if !ok || of != m {
			return ids.ID{}, false, nil
		}
		w, err := s.Load(ctx, m, order)
		if errors.Is(err, payments.ErrOrderNotFound) {
			return ids.ID{}, false, nil
		}
		return w.Order.Partner, err == nil, err
	}
}
