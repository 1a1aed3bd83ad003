package api

import (
	"context"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/platform/web"
)

// AssignBreakRequest names the operator who is to look after a break.
type AssignBreakRequest struct {
	Mode     string `json:"mode" enum:"test,live" example:"live"`
	Operator string `json:"operator" maxLength:"64" doc:"His id or name; empty puts the break back" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
}

type assignBreak struct {
	ID   ids.ID `path:"id" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
	Body AssignBreakRequest
}

type breakAnswer struct{ Body Break }

// AssignBreak serves POST /api/v1/admin/break/{id}/assign: a break gets its owner.
func (s *Service) AssignBreak() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "assign-break", Method: "POST", Path: "/api/v1/admin/break/{id}/assign", API: "admin", Caller: web.Operator, Scope: Reconcile,
		Summary: "Hand an open break to an operator", Refuses: []string{"break_not_found", "break_not_open", "break_changed_meanwhile"},
	}, s.assignBreak)
}

func (s *Service) assignBreak(ctx context.Context, in *assignBreak) (*breakAnswer, error) {
	b, err := s.Reconciler.Assign(ctx, modeOf(in.Body.Mode), in.ID, in.Body.Operator)
	if err != nil {
		return nil, err
	}
	return &breakAnswer{s.shownBreak(b)}, nil
}
