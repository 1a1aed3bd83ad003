package api

import (
	"context"
	"fmt"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/platform/web"
)

// CaptureRequest is how much of a hold to take. Without a body: all.
type CaptureRequest struct {
	Amount *money.Money  `json:"amount,omitempty" doc:"Less than held releases the rest"`
	Items  []LineRequest `json:"items,omitempty" maxItems:"100" doc:"Required for a part where a receipt is made"`
}

// LineRequest names a line of the order and how much of it.
type LineRequest struct {
	Line     int            `json:"line" minimum:"1" maximum:"100" doc:"Counted from 1" example:"1"`
	Quantity money.Quantity `json:"quantity" doc:"How much of it, at most what was ordered" example:"1"`
}

type capturePayment struct {
	web.Idempotent
	UUID ids.ID          `path:"uuid" example:"0f8fad5b-d9cb-869f-a165-708677280101"`
	Body *CaptureRequest `required:"false"`
}

// CapturePayment serves POST /api/v1/payment/{uuid}/capture: takes a held amount. It moves money, so it needs a key.
func (s *Service) CapturePayment() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "capture-payment", Method: "POST", Path: "/api/v1/payment/{uuid}/capture", API: "payments", Caller: web.Partner,
		Summary:     "Take a held payment, whole or in part",
		Description: "202 with status unknown: the bank has not answered; ask for the payment again.",
		Refuses: []string{"payment_not_found", "not_capturable", "order_already_paid", "order_cancelled", "amount_exceeds_held", "currency_mixed", "payment_unknown", "payment_in_progress", "operation_not_supported",
			"idempotency_key_required", "idempotency_mismatch", "idempotency_in_flight", "bank_unavailable"},
	}, s.capturePayment)
}

func (s *Service) capturePayment(ctx context.Context, in *capturePayment) (*web.Reply[Payment], error) {
	key, err := in.RequireKey()
	if err != nil {
		return nil, err
	}
	w, n, err := s.loadPayment(ctx, in.UUID)
	if err != nil {
		return nil, err
	}
	body := CaptureRequest{}
	if in.Body != nil {
		body = *in.Body
	}
	amount, items, err := partOf(w.Order, body)
	if err != nil {
		return nil, err
	}
	w, replayed, err := s.Teller.Capture(ctx, w, n, amount, items, keyed(web.CallerOf(ctx), "capture-payment", in.UUID, key), hashed(body))
	if err != nil {
		return nil, err
	}
	p, _ := w.Payment(n)
	return moved(w, p, p.Capture, replayed)
}

// moved answers a call that moved money: done, or still open at the bank. What the bank proved to be in another state
// than held was not moved by this call.
func moved(w payments.Whole, p payments.Payment, a payments.Answered, replayed bool) (*web.Reply[Payment], error) {
	switch {
	case replayed:
		return web.Again(200, answeredAs(p, a)), nil
	case !a.At.IsZero():
		return web.Fresh(200, answeredAs(p, a)), nil
	case p.Status.Final():
		return nil, payments.ErrNotCapturable
	case p.Status == payments.Held:
		return nil, teller.ErrBankSilent
	}
	return web.Fresh(202, paymentOf(w, p)), nil
}

// partOf reads what part of an order is meant: an amount, some lines, or nothing for all.
func partOf(o payments.Order, r CaptureRequest) (amount int64, items []payments.Item, err error) {
	if r.Amount != nil {
		if r.Amount.Currency != o.Total.Currency {
			return 0, nil, money.ErrMixed.At("body.amount.currency", "is not the currency of the order")
		}
		if r.Amount.Amount <= 0 {
			return 0, nil, fault.Validation(fault.Field{Location: "body.amount.amount", Message: "must be above 0"})
		}
		amount = r.Amount.Amount
	}
	seen := map[int]bool{}
	for i, l := range r.Items {
		at := fmt.Sprintf("body.items[%d]", i)
		if l.Line > len(o.Items) || seen[l.Line] {
			return 0, nil, fault.Validation(fault.Field{Location: at + ".line", Message: "is no line of the order, or stands twice"})
		}
		seen[l.Line] = true
		item := o.Items[l.Line-1]
		if l.Quantity > item.Quantity {
			return 0, nil, fault.Validation(fault.Field{Location: at + ".quantity", Message: "is more than was ordered"})
		}
		item.Line, item.Quantity = l.Line, l.Quantity
		if item.Amount, err = money.Line(item.Price, l.Quantity); err != nil {
			return 0, nil, err
		}
		items = append(items, item)
	}
	return amount, items, nil
}
