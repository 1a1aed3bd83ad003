package api

import (
	"context"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/object"
	"giberno.ru/shared/platform/web"
)

// EndRequest is an operator's word on a refund.
type EndRequest struct {
	Outcome string `json:"outcome" enum:"succeeded,failed" doc:"Whether the money is with the payer"`
	Note    string `json:"note" minLength:"1" maxLength:"255" example:"Line 14 of the bank's register of 4 March" doc:"What you have seen; of a failure the partner reads it"`
}

type endRefund struct {
	UUID ids.ID `path:"uuid" example:"0f8fad5b-d9cb-869f-a165-708677280201"`
	Mode string `query:"mode" enum:"test,live" default:"live"`
	Body EndRequest
}

// EndRefund serves POST /api/v1/admin/refund/{uuid}/end: an operator says what became of a refund that is stuck.
func (s *Service) EndRefund() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "end-refund", Method: "POST", Path: "/api/v1/admin/refund/{uuid}/end", API: "admin", Caller: web.Operator, Scope: GiveBack,
		Summary: "End a stuck refund by your word",
		Description: "For a refund that the bank has had no final word about for days (alarm stuck_refund): look into the bank's register or " +
			"cabinet first. Its author cannot. failed frees the amount, so that it can be given back by another refund. No bank is called; " +
			"should it contradict you later, an alarm says so. Close the alarm with close-alarm.",
		Refuses: []string{"refund_not_found", "refund_not_stuck", "refund_in_progress", "approver_is_author"},
	}, s.endRefund)
}

func (s *Service) endRefund(ctx context.Context, in *endRefund) (*refundAnswer, error) {
	w, err := s.loadAwaiting(ctx, in.Mode, in.UUID)
	if err != nil {
		return nil, err
	}
	w, err = s.Teller.End(ctx, w, in.UUID.N(), payments.Word{Gone: in.Body.Outcome == "succeeded", By: operatorOf(ctx), Note: in.Body.Note})
	if err != nil {
		return nil, err
	}
	r, _ := w.Refund(in.UUID.N())
	return &refundAnswer{object.OfRefund(w, r)}, nil
}
