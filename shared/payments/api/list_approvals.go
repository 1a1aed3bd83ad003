package api

import (
	"context"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/object"
	"giberno.ru/shared/platform/web"
)

// Approval is a refund that waits for a second operator.
type Approval struct {
	RefundUUID  ids.ID      `json:"refund_uuid" example:"0f8fad5b-d9cb-869f-a165-708677280201"`
	PaymentUUID ids.ID      `json:"payment_uuid" example:"0f8fad5b-d9cb-869f-a165-708677280101"`
	PartnerUUID ids.ID      `json:"partner_uuid"`
	Livemode    bool        `json:"livemode"`
	Amount      money.Money `json:"amount"`
	Reason      string      `json:"reason,omitempty"`
	Source      string      `json:"source" enum:"partner,operator"`
	Author      string      `json:"author" doc:"The partner's token or the operator who asked for it"`
	CreatedAt   string      `json:"created_at" format:"date-time"`
	ExpiresAt   string      `json:"expires_at" format:"date-time" doc:"Until then somebody else has to agree"`
}

type listApprovals struct {
	Mode   string `query:"mode" enum:"test,live" default:"live"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
	Cursor string `query:"cursor" maxLength:"1024"`
}

type approvalsAnswer struct{ Body page.List[Approval] }

// ListApprovals serves GET /api/v1/admin/approvals: refunds above the limit of one person, oldest first.
func (s *Service) ListApprovals() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "list-approvals", Method: "GET", Path: "/api/v1/admin/approvals", API: "admin", Caller: web.Operator,
		Summary: "List refunds that wait for a second operator, oldest first", Refuses: []string{"invalid_cursor"},
	}, s.listApprovals)
}

func (s *Service) listApprovals(ctx context.Context, in *listApprovals) (*approvalsAnswer, error) {
	scope := scopeOf(web.CallerOf(ctx), "approvals", in.Mode)
	after, err := s.Cursors.Open(scope, in.Cursor)
	if err != nil {
		return nil, err
	}
	refunds, next, err := s.Store.Approvals(ctx, modeOf(in.Mode), after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := page.List[Approval]{Items: []Approval{}}
	for _, r := range refunds {
		out.Items = append(out.Items, Approval{
			RefundUUID: r.ID, PaymentUUID: r.Order.Child(ids.Payment, r.Payment), PartnerUUID: r.Partner, Livemode: r.Mode == ids.Live,
			Amount: r.Amount, Reason: r.Reason, Source: string(r.Source), Author: r.Author,
			CreatedAt: object.Instant(r.CreatedAt), ExpiresAt: object.Instant(r.CreatedAt.Add(payments.ApprovalLife)),
		})
	}
	if next != "" {
		out.NextCursor = s.Cursors.Sign(scope, next)
	}
	return &approvalsAnswer{out}, nil
}
