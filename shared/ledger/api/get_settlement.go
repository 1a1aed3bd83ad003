package api

import (
	"context"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger/object"
	"giberno.ru/shared/platform/web"
)

type getSettlement struct {
	ID ids.ID `path:"id" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
}

type settlementAnswer struct{ Body Settlement }

// GetSettlement serves GET /api/v1/settlement/{id}.
func (s *Service) GetSettlement() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "get-settlement", Method: "GET", Path: "/api/v1/settlement/{id}", API: "payments", Caller: web.Partner,
		Summary: "Show a settlement", Refuses: []string{"settlement_not_found"},
	}, s.getSettlement)
}

func (s *Service) getSettlement(ctx context.Context, in *getSettlement) (*settlementAnswer, error) {
	made, err := s.settlement(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out, err := object.OfSettlement(made)
	return &settlementAnswer{out}, err
}
