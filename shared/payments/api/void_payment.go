package api

import (
	"context"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/platform/web"
)

type voidPayment struct {
	web.Idempotent
	UUID ids.ID `path:"uuid" example:"0f8fad5b-d9cb-869f-a165-708677280101"`
}

// VoidPayment serves POST /api/v1/payment/{uuid}/void: releases a held amount.
func (s *Service) VoidPayment() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "void-payment", Method: "POST", Path: "/api/v1/payment/{uuid}/void", API: "payments", Caller: web.Partner,
		Summary:     "Release a held payment",
		Description: "202 with status unknown: the bank has not answered; ask for the payment again.",
		Refuses: []string{"payment_not_found", "not_capturable", "payment_unknown", "payment_in_progress", "operation_not_supported",
			"idempotency_mismatch", "idempotency_in_flight", "bank_unavailable"},
	}, s.voidPayment)
}

func (s *Service) voidPayment(ctx context.Context, in *voidPayment) (*web.Reply[Payment], error) {
	w, n, err := s.loadPayment(ctx, in.UUID)
	if err != nil {
		return nil, err
	}
	w, replayed, err := s.Teller.Void(ctx, w, n, keyed(web.CallerOf(ctx), "void-payment", in.UUID, in.Key()), "")
	if err != nil {
		return nil, err
	}
	p, _ := w.Payment(n)
	return moved(w, p, p.Void, replayed)
}
