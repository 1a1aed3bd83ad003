package api

import (
	"context"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/web"
)

// CloseRequest names a past business day of a partner.
type CloseRequest struct {
	Partner  ids.ID         `json:"partner" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
	Mode     string         `json:"mode" enum:"test,live" example:"live"`
	Currency money.Currency `json:"currency"`
	Day      string         `json:"day" format:"date" doc:"In the partner's zone" example:"2026-11-22"`
}

// Closing is a day that will be settled soon.
type Closing struct {
	Settlement ids.ID `json:"settlement" doc:"Its id once the day is settled" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
	Day        string `json:"day" format:"date" example:"2026-11-22"`
}

type closeSettlement struct{ Body CloseRequest }

type closingAnswer struct{ Body Closing }

// CloseSettlement serves POST /api/v1/admin/settlement/close: a past day that nobody has closed is closed and settled.
func (s *Service) CloseSettlement() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "close-settlement", Method: "POST", Path: "/api/v1/admin/settlement/close", API: "admin", Caller: web.Operator,
		Scope: ManageSettlements, Status: 202, Summary: "Have a past business day closed and settled",
		Description: "Days are closed by themselves; this is for one that was not. The days before it are settled first. " +
			"A day that is settled already stays as it is.",
		Refuses: []string{"partner_not_found", "day_not_over", "ledger_day_not_found", "invalid_day"},
	}, s.closeSettlement)
}

func (s *Service) closeSettlement(ctx context.Context, in *closeSettlement) (*closingAnswer, error) {
	day, err := ledger.ParseDay(in.Body.Day)
	if err != nil {
		return nil, err
	}
	b := ledger.Book{Mode: modeOf(in.Body.Mode), Partner: in.Body.Partner, Currency: in.Body.Currency}
	if err := s.Worker.Ask(ctx, b, day); err != nil {
		return nil, err
	}
	return &closingAnswer{Closing{Settlement: ledger.SettlementID(b, day), Day: string(day)}}, nil
}
