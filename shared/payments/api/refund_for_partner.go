package api

import (
	"context"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/platform/web"
)

type refundForPartner struct {
	web.Idempotent
	UUID ids.ID         `path:"uuid" doc:"Of the payment" example:"0f8fad5b-d9cb-869f-a165-708677280101"`
	Mode string         `query:"mode" enum:"test,live" default:"live"`
	Body *RefundRequest `required:"false"`
}

// RefundForPartner serves POST /api/v1/admin/payment/{uuid}/refund: an operator gives money back for a partner.
func (s *Service) RefundForPartner() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "refund-for-partner", Method: "POST", Path: "/api/v1/admin/payment/{uuid}/refund", API: "admin", Caller: web.Operator, Scope: GiveBack,
		Summary:     "Give a partner's payment back, whole or in part",
		Description: "Above the partner's limit it waits for another operator.", Refuses: refusesOfRefund,
	}, s.refundForPartner)
}

// GiveBack is the scope of the operators' tokens that give money back or approve of it.
const GiveBack = "refunds:write"

func (s *Service) refundForPartner(ctx context.Context, in *refundForPartner) (*web.Reply[Refund], error) {
	key, err := in.RequireKey()
	if err != nil {
		return nil, err
	}
	if in.UUID.Family() != ids.Payment {
		return nil, payments.ErrPaymentNotFound
	}
	w, err := s.Store.Load(ctx, modeOf(in.Mode), in.UUID.Root())
	if fault.Code(err) == payments.ErrOrderNotFound.Code {
		err = payments.ErrPaymentNotFound
	}
	if err != nil {
		return nil, err
	}
	wish, err := wishOf(w, in.Body)
	if err != nil {
		return nil, err
	}
	wish.Source, wish.Author = payments.ByOperator, operatorOf(ctx)
	wish.Key = ids.FromParts("operator", wish.Author, in.Mode, "refund-for-partner", in.UUID.String(), key).String()
	return s.refund(ctx, w, in.UUID.N(), wish)
}

// operatorOf names the person behind an operator's token: somebody with two tokens is still one person.
func operatorOf(ctx context.Context) string {
	who := web.CallerOf(ctx)
	if !who.Person.IsZero() {
		return who.Person.String()
	}
	return who.TokenID
}
