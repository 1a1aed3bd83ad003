package api

import (
	"context"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/platform/web"
)

type paymentByUUID struct {
	UUID ids.ID `path:"uuid" example:"0f8fad5b-d9cb-869f-a165-708677280101"`
}

type paymentAnswer struct{ Body Payment }

// GetPayment serves GET /api/v1/payment/{uuid}.
func (s *Service) GetPayment() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "get-payment", Method: "GET", Path: "/api/v1/payment/{uuid}", API: "payments", Caller: web.Partner,
		Summary: "Get a payment", Refuses: []string{"payment_not_found"},
	}, func(ctx context.Context, in *paymentByUUID) (*paymentAnswer, error) {
		w, n, err := s.loadPayment(ctx, in.UUID)
		if err != nil {
			return nil, err
		}
		p, _ := w.Payment(n)
		return &paymentAnswer{paymentOf(w, p)}, nil
	})
}
