package api

import (
	"context"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/platform/web"
)

// PaidOutRequest tells that a settlement reached its partner.
type PaidOutRequest struct {
	Reference string `json:"reference" minLength:"1" maxLength:"140" doc:"Of the payout, at our bank" example:"PP-1047"`
}

type payOutSettlement struct {
	web.Idempotent
	ID   ids.ID `path:"id" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
	Mode string `query:"mode" enum:"test,live" default:"live"`
	Body PaidOutRequest
}

// PayOutSettlement serves POST /api/v1/admin/settlement/{id}/paid-out: an operator has paid a settlement out at our bank.
func (s *Service) PayOutSettlement() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "pay-out-settlement", Method: "POST", Path: "/api/v1/admin/settlement/{id}/paid-out", API: "admin", Caller: web.Operator,
		Scope: ManageSettlements, Summary: "Tell that a settlement was paid out",
		Description: "It is booked once for each settlement. The same reference again gets the same answer; another one is refused, " +
			"whatever the Idempotency-Key. While a later day of the partner has left a debt, nothing is paid out.",
		Refuses: []string{"settlement_not_found", "nothing_to_pay_out", "settlement_already_paid_out", "partner_in_debt", "invalid_reference"},
	}, s.payOutSettlement)
}

func (s *Service) payOutSettlement(ctx context.Context, in *payOutSettlement) (*web.Reply[PartnerSettlement], error) {
	made, told, err := s.Settler.PayOut(ctx, modeOf(in.Mode), in.ID, in.Body.Reference, operatorOf(ctx))
	if err != nil {
		return nil, err
	}
	out, err := shownToOperator(made)
	if told {
		return web.Again(0, out), err
	}
	return web.Fresh(0, out), err
}
