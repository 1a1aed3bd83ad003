package api

import (
	"context"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/object"
	"giberno.ru/shared/platform/web"
	"giberno.ru/shared/receipts"
)

// CorrectionRequest says what a correction corrects (54-FZ, tags 1173, 1178, 1179).
type CorrectionRequest struct {
	Mode   string      `json:"mode" enum:"test,live" example:"live"`
	Kind   string      `json:"kind" enum:"income_correction,income_return_correction"`
	Amount money.Money `json:"amount" doc:"What the correction is over"`
	Type   string      `json:"type" enum:"self,instruction" doc:"Found by ourselves, or told by the tax service"`
	Date   string      `json:"date" format:"date" doc:"Of the settlement that is corrected" example:"2026-11-22"`
	Number string      `json:"number,omitempty" maxLength:"32" doc:"Of the paper that is the reason; required of an instruction"`
	Line   int         `json:"line,omitempty" minimum:"1" doc:"Of the order: whose rate of VAT a part of the payment has, where its lines differ"`
}

// Correct is the scope of the operators' tokens that make fiscal documents in the company's name.
const Correct = "receipts:correct"

type correctReceipt struct {
	web.Idempotent
	UUID ids.ID `path:"uuid" doc:"Of the order" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
	Body CorrectionRequest
}

// CorrectReceipt serves POST /api/v1/admin/order/{uuid}/correct-receipt: an operator corrects what a till of ours told.
func (s *Service) CorrectReceipt() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "correct-receipt", Method: "POST", Path: "/api/v1/admin/order/{uuid}/correct-receipt", API: "admin", Caller: web.Operator, Scope: Correct,
		Summary:     "Make a correction receipt of an order",
		Description: "The platform's till makes it; it stands in the order as pending until then.",
		Refuses:     []string{"order_not_found", "currency_mixed", "operation_not_supported", "correction_pending", "receipts_exhausted", "payment_in_progress", "idempotency_mismatch"},
	}, s.correctReceipt)
}

func (s *Service) correctReceipt(ctx context.Context, in *correctReceipt) (*web.Reply[Receipt], error) {
	if in.UUID.Family() != ids.Root {
		return nil, payments.ErrOrderNotFound
	}
	w, err := s.Store.Load(ctx, modeOf(in.Body.Mode), in.UUID)
	if err != nil {
		return nil, err
	}
	if in.Body.Amount.Currency != w.Order.Total.Currency {
		return nil, money.ErrMixed.At("body.amount.currency", "is not the currency of the order")
	}
	date, err := time.ParseInLocation("2006-01-02", in.Body.Date, receipts.Moscow)
	if err != nil || date.After(s.Clock.Now()) {
		return nil, fault.Validation(fault.Field{Location: "body.date", Message: "must be a day such as 2026-11-22, and not ahead"})
	}
	if in.Body.Type == receipts.CorrectionInstruction && in.Body.Number == "" {
		return nil, fault.Validation(fault.Field{Location: "body.number", Message: "an instruction has a number"})
	}
	wish := payments.CorrectionWish{
		Kind: receipts.Kind(in.Body.Kind), Amount: in.Body.Amount.Amount, Line: in.Body.Line, By: operatorOf(ctx),
		Corrects: receipts.Correction{Type: in.Body.Type, Date: date, Number: in.Body.Number},
	}
	if key := in.Key(); key != "" {
		wish.Key = payments.Answered{Key: ids.FromParts("operator", wish.By, in.Body.Mode, "correct-receipt", in.UUID.String(), key).String(), Hash: hashed(in.Body)}
	}
	w, r, replayed, err := s.Teller.Correct(ctx, w, wish)
	if err != nil {
		return nil, err
	}
	if replayed {
		return web.Again(201, object.OfReceipt(w, asked(r))), nil
	}
	return web.Fresh(201, object.OfReceipt(w, asked(r))), nil
}
