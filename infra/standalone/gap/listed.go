package gap

import (
	"context"
	"time"

	"giberno.ru/shared/core/ids"
	identitystore "giberno.ru/shared/identity/store"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
)

const listPage = 50

// Listed finds the orders that may have changed after since through the lists of all partners: an order that was made
// earlier than its longest life before cannot. It scans nothing, and so works where nobody may.
func Listed(ctx context.Context, partners *identitystore.Store, orders *store.Store, since time.Time) (names []Order, err error) {
	for after := ""; ; {
		page, next, err := partners.Partners(ctx, listPage, after)
		if err != nil {
			return nil, err
		}
		for _, p := range page {
			for _, m := range []ids.Mode{ids.Test, ids.Live} {
				if names, err = ofPartner(ctx, orders, m, p.ID, since, names); err != nil {
					return nil, err
				}
			}
		}
		if after = next; after == "" {
			return names, nil
		}
	}
}

func ofPartner(ctx context.Context, orders *store.Store, m ids.Mode, partner ids.ID, since time.Time, names []Order) ([]Order, error) {
	w := store.Window{From: since.Add(-payments.MaxLife), Limit: listPage}
	for {
		page, next, err := orders.List(ctx, m, partner, w)
		if err != nil {
			return nil, err
		}
		for _, o := range page {
			names = append(names, Order{m, o.Order.ID})
		}
		if w.After = next; next == "" {
			return names, nil
		}
	}
}
