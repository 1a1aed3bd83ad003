package api

import (
	"context"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/platform/web"
)

// PaymentRequest is what the original's call takes.
type PaymentRequest struct {
	OrderUUID ids.ID `json:"order_uuid" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
	Code      string `json:"code" enum:"card,sbp,card_foreign,instalments,split" doc:"How the payer pays; split is instalments" example:"card"`
	Provider  string `json:"payment_provider_id,omitempty" maxLength:"32" doc:"Overrides the choice of the bank" example:"tbank"`
	ReturnURL string `json:"return_url,omitempty" format:"uri" maxLength:"512" doc:"Where the payer goes afterwards; default the order's"`
}

type createPayment struct {
	web.Idempotent
	Body PaymentRequest
}

// CreatePayment serves POST /api/v1/payment: an attempt to pay an order, with the bank's page.
func (s *Service) CreatePayment() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "create-payment", Method: "POST", Path: "/api/v1/payment", API: "payments", Caller: web.Partner, Status: 201,
		Summary: "Open an attempt to pay an order",
		Description: "redirect_url is the bank's page. A bank that refuses at once is 201 with the declined or failed payment. " +
			"202 with status unknown: the bank has not answered; ask for the payment again, do not pay elsewhere.",
		Refuses: []string{"order_not_found", "order_already_paid", "order_expired", "order_cancelled", "payment_in_progress", "payment_unknown",
			"method_not_available", "provider_not_available", "no_provider", "attempts_exhausted", "idempotency_mismatch", "idempotency_in_flight", "bank_unavailable"},
	}, s.createPayment)
}

func (s *Service) createPayment(ctx context.Context, in *createPayment) (*web.Reply[Payment], error) {
	who := web.CallerOf(ctx)
	order := in.Body.OrderUUID
	if order.Family() != ids.Root || order.IsZero() {
		return nil, payments.ErrOrderNotFound
	}
	if in.Body.ReturnURL != "" && !payments.ValidReturnURL(in.Body.ReturnURL, who.Mode) {
		return nil, fault.Validation(fault.Field{Location: "body.return_url", Message: "must be an https address"})
	}
	w, err := s.load(ctx, order)
	if err != nil {
		return nil, err
	}
	key := payments.Answered{Key: keyed(who, "create-payment", order, in.Key())}
	if key.Key != "" {
		key.Hash = hashed(in.Body)
		if reply, err := s.replayed(w, key); reply != nil || err != nil {
			return reply, err
		}
	}
	w, p, err := s.Teller.Open(ctx, w, teller.Wish{Method: methodOf(in.Body.Code), Provider: in.Body.Provider, ReturnURL: in.Body.ReturnURL, Key: key})
	if err != nil {
		return nil, err
	}
	if p.First.Status == "" {
		return web.Fresh(202, paymentOf(w, p)), nil
	}
	return web.Fresh(201, firstAnswer(p)), nil
}

// replayed answers a key that was used before. nil, nil: the attempt that it opened was lost, and another one may open
// under the same key.
func (s *Service) replayed(w payments.Whole, key payments.Answered) (*web.Reply[Payment], error) {
	p, used, ok := w.ByKey(key.Key)
	switch {
	case !ok:
		return nil, nil
	case used.Hash != key.Hash:
		return nil, payments.ErrKeyMismatch
	case p.First.Status != "":
		return web.Again(201, firstAnswer(p)), nil
	case p.Waiting(s.Clock.Now()):
		return nil, payments.ErrKeyInFlight
	}
	return nil, nil
}
