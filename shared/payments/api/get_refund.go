package api

import (
	"context"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments/object"
	"giberno.ru/shared/platform/web"
)

type refundByUUID struct {
	UUID ids.ID `path:"uuid" example:"0f8fad5b-d9cb-869f-a165-708677280201"`
}

type refundAnswer struct{ Body Refund }

// GetRefund serves GET /api/v1/refund/{uuid}.
func (s *Service) GetRefund() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "get-refund", Method: "GET", Path: "/api/v1/refund/{uuid}", API: "payments", Caller: web.Partner,
		Summary: "Get a refund", Refuses: []string{"refund_not_found"},
	}, func(ctx context.Context, in *refundByUUID) (*refundAnswer, error) {
		w, r, err := s.loadRefund(ctx, in.UUID)
		if err != nil {
			return nil, err
		}
		return &refundAnswer{object.OfRefund(w, r)}, nil
	})
}
