package wire

import (
	"context"

	"giberno.ru/shared/core/ids"
	identityapi "giberno.ru/shared/identity/api"
	"giberno.ru/shared/payments/store"
)

// Checklist tells identity what a partner has already tried in test mode, from the orders and the events themselves.
type Checklist struct {
	Store *store.Store
	// Heard reports whether one of a partner's endpoints has taken an event.
	Heard func(ctx context.Context, m ids.Mode, partner ids.ID) (bool, error)
}

// The newest test orders are looked at; whoever made more without success starts with the last ones.
const (
	checklistPage  = 100
	checklistPages = 5
)

// Steps lists every step that has to be done before a partner may go live.
func (c Checklist) Steps(ctx context.Context, partner ids.ID) ([]identityapi.Step, error) {
	var paid, refunded bool
	window := store.Window{Limit: checklistPage}
	for range checklistPages {
		orders, next, err := c.Store.List(ctx, ids.Test, partner, window)
		if err != nil {
			return nil, err
		}
		for _, w := range orders {
			paid = paid || w.State.Paid > 0
			refunded = refunded || w.State.Refunded > 0
		}
		if next == "" || paid && refunded {
			break
		}
		window.After = next
	}
	heard, err := c.Heard(ctx, ids.Test, partner)
	if err != nil {
		return nil, err
	}
	return []identityapi.Step{{Code: "test_order_paid", Done: paid}, {Code: "test_order_refunded", Done: refunded},
		{Code: "test_event_delivered", Done: heard}}, nil
}
