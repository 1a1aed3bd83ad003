package api

import (
	"context"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments/object"
	"giberno.ru/shared/platform/web"
)

// RejectRequest says why.
type RejectRequest struct {
	Reason string `json:"reason" minLength:"1" maxLength:"255" example:"The course has been completed" doc:"The partner reads it as the refund's failure"`
}

type rejectRefund struct {
	UUID ids.ID `path:"uuid" example:"0f8fad5b-d9cb-869f-a165-708677280201"`
	Mode string `query:"mode" enum:"test,live" default:"live"`
	Body RejectRequest
}

// RejectRefund serves POST /api/v1/admin/refund/{uuid}/reject: a refund above the limit is let go of.
func (s *Service) RejectRefund() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "reject-refund", Method: "POST", Path: "/api/v1/admin/refund/{uuid}/reject", API: "admin", Caller: web.Operator, Scope: GiveBack,
		Summary: "Reject a refund above the limit of one person",
		Refuses: []string{"refund_not_found", "approval_not_pending"},
	}, s.rejectRefund)
}

func (s *Service) rejectRefund(ctx context.Context, in *rejectRefund) (*refundAnswer, error) {
	w, err := s.loadAwaiting(ctx, in.Mode, in.UUID)
	if err != nil {
		return nil, err
	}
	w, err = s.Teller.Reject(ctx, w, in.UUID.N(), operatorOf(ctx), in.Body.Reason)
	if err != nil {
		return nil, err
	}
	r, _ := w.Refund(in.UUID.N())
	return &refundAnswer{object.OfRefund(w, r)}, nil
}
