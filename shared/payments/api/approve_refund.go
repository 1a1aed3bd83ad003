package api

import (
	"context"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/object"
	"giberno.ru/shared/platform/web"
)

type approveRefund struct {
	UUID ids.ID `path:"uuid" example:"0f8fad5b-d9cb-869f-a165-708677280201"`
	Mode string `query:"mode" enum:"test,live" default:"live"`
}

// ApproveRefund serves POST /api/v1/admin/refund/{uuid}/approve: a second operator lets a refund above the limit be
// carried out.
func (s *Service) ApproveRefund() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "approve-refund", Method: "POST", Path: "/api/v1/admin/refund/{uuid}/approve", API: "admin", Caller: web.Operator, Scope: GiveBack,
		Summary:     "Approve a refund above the limit of one person",
		Description: "Its author cannot. The bank is called at once; the answer says how the refund stands.",
		Refuses:     []string{"refund_not_found", "approval_not_pending", "approver_is_author", "refund_in_progress"},
	}, s.approveRefund)
}

func (s *Service) approveRefund(ctx context.Context, in *approveRefund) (*refundAnswer, error) {
	w, err := s.loadAwaiting(ctx, in.Mode, in.UUID)
	if err != nil {
		return nil, err
	}
	w, err = s.Teller.Approve(ctx, w, in.UUID.N(), operatorOf(ctx))
	if err != nil {
		return nil, err
	}
	r, _ := w.Refund(in.UUID.N())
	return &refundAnswer{object.OfRefund(w, r)}, nil
}

// loadAwaiting reads the order of a refund that an operator names.
func (s *Service) loadAwaiting(ctx context.Context, mode string, refund ids.ID) (payments.Whole, error) {
	if refund.Family() != ids.Refund {
		return payments.Whole{}, payments.ErrRefundNotFound
	}
	w, err := s.Store.Load(ctx, modeOf(mode), refund.Root())
	if fault.Code(err) == payments.ErrOrderNotFound.Code {
		err = payments.ErrRefundNotFound
	}
	return w, err
}
