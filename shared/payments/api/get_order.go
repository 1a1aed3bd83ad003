package api

import (
	"context"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/platform/web"
)

type orderByUUID struct {
	UUID ids.ID `path:"uuid" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
}

type orderAnswer struct{ Body Order }

// GetOrder serves GET /api/v1/order/{uuid}: an order with all that hangs on it.
func (s *Service) GetOrder() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "get-order", Method: "GET", Path: "/api/v1/order/{uuid}", API: "payments", Caller: web.Partner,
		Summary: "Get an order with its payments and receipts", Refuses: []string{"order_not_found"},
	}, func(ctx context.Context, in *orderByUUID) (*orderAnswer, error) {
		if in.UUID.Family() != ids.Root {
			return nil, payments.ErrOrderNotFound
		}
		w, err := s.load(ctx, in.UUID)
		if err != nil {
			return nil, err
		}
		return &orderAnswer{s.order(w)}, nil
	})
}
