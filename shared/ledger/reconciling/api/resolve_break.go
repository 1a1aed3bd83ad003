package api

import (
	"context"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger/reconciling"
	"giberno.ru/shared/platform/web"
)

// ResolveBreakRequest is how an operator closes a break.
type ResolveBreakRequest struct {
	Mode      string `json:"mode" enum:"test,live" example:"live"`
	Note      string `json:"note" minLength:"1" maxLength:"200" doc:"Why" example:"Payment made by hand in the bank's cabinet"`
	Posting   string `json:"posting,omitempty" enum:"forgive,suspend,none" default:"none" doc:"forgive: the difference is given up or kept; suspend: it is put aside until it is known whose it is; none: nothing is posted"`
	PartnerID ids.ID `json:"partner_id,omitzero" doc:"In whose book to post, where the break does not say it: a payment that is missing here"`
}

type resolveBreak struct {
	ID   ids.ID `path:"id" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
	Body ResolveBreakRequest
}

// ResolveBreak serves POST /api/v1/admin/break/{id}/resolve: a break is closed, with a correcting entry or with a note alone.
func (s *Service) ResolveBreak() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "resolve-break", Method: "POST", Path: "/api/v1/admin/break/{id}/resolve", API: "admin", Caller: web.Operator, Scope: Reconcile,
		Summary:     "Close a break, with a note and a correcting entry",
		Description: "The same call again gives the same answer and posts nothing twice. A break that is closed is never opened by a later run.",
		Refuses: []string{"break_not_found", "break_not_open", "break_changed_meanwhile", "nothing_to_post", "break_partner_unknown", "resolution_invalid",
			"invalid_ledger_entry", "ledger_busy", "partner_not_found", "account_not_found"},
	}, s.resolveBreak)
}

func (s *Service) resolveBreak(ctx context.Context, in *resolveBreak) (*breakAnswer, error) {
	b, err := s.Reconciler.Resolve(ctx, modeOf(in.Body.Mode), in.ID, reconciling.Wish{
		Posting: reconciling.Posting(in.Body.Posting), Note: in.Body.Note, Partner: in.Body.PartnerID, Operator: operatorOf(ctx),
	})
	if err != nil {
		return nil, err
	}
	return &breakAnswer{s.shownBreak(b)}, nil
}
