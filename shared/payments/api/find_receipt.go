package api

import (
	"context"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/object"
	"giberno.ru/shared/platform/web"
)

// ReceiptRequest is the original's call: a receipt's address in, the order out.
type ReceiptRequest struct {
	URL       string  `json:"url" minLength:"1" maxLength:"4096" doc:"https, at most 2048 characters" example:"https://consumer.1-ofd.ru/v1?fn=9999078900000001&fp=3449555941&i=133"`
	OrderUUID *ids.ID `json:"order_uuid,omitempty" doc:"Attach an unknown receipt to this paid order" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
}

// ReceiptFound is what a receipt belongs to.
type ReceiptFound struct {
	OrderUUID   ids.ID  `json:"order_uuid" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
	PaymentUUID ids.ID  `json:"payment_uuid" example:"0f8fad5b-d9cb-869f-a165-708677280101"`
	Receipt     Receipt `json:"receipt"`
}

type findReceipt struct{ Body ReceiptRequest }

// FindReceipt serves POST /api/v1/payment/receipt.
func (s *Service) FindReceipt() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "find-receipt", Method: "POST", Path: "/api/v1/payment/receipt", API: "payments", Caller: web.Partner,
		Summary: "Find the order of a receipt",
		Description: "A known address, or one that names a known receipt by fn, i and fp, is 200. An unknown one with order_uuid of " +
			"a paid order is attached to it, unverified: 201.",
		Refuses: []string{"receipt_unknown", "receipt_url_not_allowed", "order_not_found", "receipts_exhausted"},
	}, s.findReceipt)
}

func (s *Service) findReceipt(ctx context.Context, in *findReceipt) (*web.Reply[ReceiptFound], error) {
	who := web.CallerOf(ctx)
	if order := in.Body.OrderUUID; order != nil && order.Family() != ids.Root {
		return nil, payments.ErrOrderNotFound
	}
	w, r, attached, err := s.Teller.FindReceipt(ctx, who.Mode, who.Partner, in.Body.URL, in.Body.OrderUUID)
	if err != nil {
		return nil, err
	}
	found := ReceiptFound{OrderUUID: w.Order.ID, PaymentUUID: r.Payment, Receipt: object.OfReceipt(w, r)}
	if attached {
		return web.Fresh(201, found), nil
	}
	return web.Fresh(200, found), nil
}
