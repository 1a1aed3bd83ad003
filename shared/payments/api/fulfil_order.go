package api

import (
	"context"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/platform/web"
)

// FulfilRequest is what was given to the buyer. Without a body: all of the order.
type FulfilRequest struct {
	Items []LineRequest `json:"items,omitempty" minItems:"1" maxItems:"100" doc:"Where a till can close a part: the lines that were given"`
}

type fulfilOrder struct {
	web.Idempotent
	UUID ids.ID         `path:"uuid" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
	Body *FulfilRequest `required:"false"`
}

// FulfilOrder serves POST /api/v1/order/{uuid}/fulfil: the goods of a prepayment were given, so the receipt of full
// settlement is due.
func (s *Service) FulfilOrder() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "fulfil-order", Method: "POST", Path: "/api/v1/order/{uuid}/fulfil", API: "payments", Caller: web.Partner,
		Summary:     "Close a prepaid order: its goods were given",
		Description: "The till makes the closing receipt (54-FZ). It stands in the order as pending until the till tells of it.",
		Refuses: []string{"order_not_found", "not_fulfillable", "operation_not_supported", "payment_in_progress", "receipts_exhausted", "idempotency_mismatch", "idempotency_in_flight",
			"bank_unavailable"},
	}, s.fulfilOrder)
}

func (s *Service) fulfilOrder(ctx context.Context, in *fulfilOrder) (*web.Reply[Order], error) {
	if in.UUID.Family() != ids.Root {
		return nil, payments.ErrOrderNotFound
	}
	w, err := s.load(ctx, in.UUID)
	if err != nil {
		return nil, err
	}
	body := FulfilRequest{}
	if in.Body != nil {
		body = *in.Body
	}
	parts, err := partsOf(w.Order, body.Items)
	if err != nil {
		return nil, err
	}
	w, r, replayed, err := s.Teller.Fulfil(ctx, w, parts, keyed(web.CallerOf(ctx), "fulfil-order", in.UUID, in.Key()), hashed(body))
	if err != nil {
		return nil, err
	}
	if replayed {
		return web.Again(200, s.asFulfilled(w, r)), nil
	}
	return web.Fresh(200, s.asFulfilled(w, r)), nil
}
