package api

import (
	"context"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/platform/web"
)

type cancelOrder struct {
	web.Idempotent
	UUID ids.ID `path:"uuid" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
}

// CancelOrder serves POST /api/v1/order/{uuid}/cancel.
func (s *Service) CancelOrder() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "cancel-order", Method: "POST", Path: "/api/v1/order/{uuid}/cancel", API: "payments", Caller: web.Partner,
		Summary:     "Cancel an order that is not paid",
		Description: "Pages that are open at banks are closed there first. An order with a held, paid or unknown payment is not cancelled.",
		Refuses:     []string{"order_not_found", "order_already_paid", "order_expired", "payment_in_progress", "payment_unknown", "bank_unavailable"},
	}, s.cancelOrder)
}

func (s *Service) cancelOrder(ctx context.Context, in *cancelOrder) (*web.Reply[Order], error) {
	if in.UUID.Family() != ids.Root {
		return nil, payments.ErrOrderNotFound
	}
	w, err := s.load(ctx, in.UUID)
	if err != nil {
		return nil, err
	}
	key := keyed(web.CallerOf(ctx), "cancel-order", in.UUID, in.Key())
	w, replayed, err := s.Teller.CancelOrder(ctx, w, key, "")
	if err != nil {
		return nil, err
	}
	if replayed {
		return web.Again(200, s.asCancelled(w)), nil
	}
	return web.Fresh(200, s.asCancelled(w)), nil
}
