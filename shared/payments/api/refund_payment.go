package api

import (
	"context"
	"fmt"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/object"
	"giberno.ru/shared/platform/web"
)

// RefundRequest is how much to give back. Without a body, or without both: all that is left.
type RefundRequest struct {
	Amount *money.Money  `json:"amount,omitempty" doc:"Spread over the remaining lines by largest remainder"`
	Items  []LineRequest `json:"items,omitempty" minItems:"1" maxItems:"100" doc:"Lines and quantities that come back"`
	Reason string        `json:"reason,omitempty" maxLength:"255"`
}

type refundPayment struct {
	web.Idempotent
	UUID ids.ID         `path:"uuid" example:"0f8fad5b-d9cb-869f-a165-708677280101"`
	Body *RefundRequest `required:"false"`
}

// refusesOfRefund are the refusals that a partner's and an operator's refund share.
var refusesOfRefund = []string{"payment_not_found", "not_refundable", "amount_exceeds_refundable", "currency_mixed", "refund_in_progress", "fulfilment_in_progress",
	"refunds_exhausted", "operation_not_supported", "idempotency_key_required", "idempotency_mismatch", "idempotency_in_flight"}

// RefundPayment serves POST /api/v1/payment/{uuid}/refund: gives money back, whole or in part. It moves money, so it needs
// a key.
func (s *Service) RefundPayment() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "refund-payment", Method: "POST", Path: "/api/v1/payment/{uuid}/refund", API: "payments", Caller: web.Partner,
		Summary: "Give a payment back, whole or in part",
		Description: "201 with status pending: the bank will do it, or has begun. pending_approval: it is above the limit of one person, " +
			"and an operator has 24 hours to agree. 202 with status unknown: the bank has not answered; ask for the refund again.",
		Refuses: refusesOfRefund,
	}, s.refundPayment)
}

func (s *Service) refundPayment(ctx context.Context, in *refundPayment) (*web.Reply[Refund], error) {
	key, err := in.RequireKey()
	if err != nil {
		return nil, err
	}
	w, n, err := s.loadPayment(ctx, in.UUID)
	if err != nil {
		return nil, err
	}
	who := web.CallerOf(ctx)
	wish, err := wishOf(w, in.Body)
	if err != nil {
		return nil, err
	}
	wish.Source, wish.Author = payments.ByPartner, who.TokenID
	wish.Key = keyed(who, "refund-payment", in.UUID, key)
	return s.refund(ctx, w, n, wish)
}

// refund carries a wish out and answers with its first outcome.
func (s *Service) refund(ctx context.Context, w payments.Whole, n int, wish payments.RefundWish) (*web.Reply[Refund], error) {
	w, r, replayed, err := s.Teller.Refund(ctx, w, n, wish)
	switch {
	case err != nil:
		return nil, err
	case replayed:
		return web.Again(201, firstRefund(w, r)), nil
	case r.First.At.IsZero():
		return web.Fresh(202, object.OfRefund(w, r)), nil
	}
	return web.Fresh(201, firstRefund(w, r)), nil
}

// wishOf reads how much is to go back. The hash is of what was sent.
func wishOf(w payments.Whole, body *RefundRequest) (wish payments.RefundWish, err error) {
	r := RefundRequest{}
	if body != nil {
		r = *body
	}
	if r.Amount != nil {
		if r.Amount.Currency != w.Order.Total.Currency {
			return wish, money.ErrMixed.At("body.amount.currency", "is not the currency of the order")
		}
		if r.Amount.Amount <= 0 {
			return wish, fault.Validation(fault.Field{Location: "body.amount.amount", Message: "must be above 0"})
		}
		wish.Amount = r.Amount.Amount
	}
	if wish.Parts, err = partsOf(w.Order, r.Items); err != nil {
		return wish, err
	}
	wish.Reason, wish.Hash = r.Reason, hashed(r)
	return wish, nil
}

// partsOf reads lines of an order.
func partsOf(o payments.Order, lines []LineRequest) (parts []payments.Part, err error) {
	for i, l := range lines {
		if l.Line > len(o.Items) {
			return nil, fault.Validation(fault.Field{Location: fmt.Sprintf("body.items[%d].line", i), Message: "is no line of the order"})
		}
		parts = append(parts, payments.Part{Line: l.Line, Quantity: l.Quantity})
	}
	return parts, nil
}

// firstRefund is the refund as the creating call answers it, the first time and ever after.
func firstRefund(w payments.Whole, r payments.Refund) Refund {
	out := object.SteadyRefund(w, r)
	out.Status, out.UpdatedAt = string(r.First.Status), object.Instant(r.First.At)
	if payments.RefundStatus(r.First.Status) == payments.RefundFailed {
		out.Failure = &r.First.Decline
	}
	return out
}
