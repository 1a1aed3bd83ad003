package object

import (
	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
)

// Refund is the contract's Refund.
type Refund struct {
	UUID        ids.ID         `json:"uuid" example:"0f8fad5b-d9cb-869f-a165-708677280201"`
	PaymentUUID ids.ID         `json:"payment_uuid" example:"0f8fad5b-d9cb-869f-a165-708677280101"`
	Livemode    bool           `json:"livemode"`
	Status      string         `json:"status" enum:"pending_approval,pending,unknown,succeeded,failed"`
	Source      string         `json:"source" enum:"partner,operator,bank,system"`
	Amount      money.Money    `json:"amount"`
	Items       []Item         `json:"items,omitempty" doc:"The returned lines, as the receipt of the return names them"`
	Reason      string         `json:"reason,omitempty"`
	Failure     *banks.Decline `json:"failure,omitempty" doc:"Why no money went back"`
	NextCheckAt string         `json:"next_check_at,omitempty" format:"date-time" doc:"When it is carried on next"`
	CreatedAt   string         `json:"created_at" format:"date-time"`
	UpdatedAt   string         `json:"updated_at" format:"date-time"`
}

// OfRefund is the refund as it stands.
func OfRefund(w payments.Whole, r payments.Refund) Refund {
	out := SteadyRefund(w, r)
	out.Status, out.UpdatedAt = string(r.Status), Instant(r.UpdatedAt)
	if r.Status == payments.RefundFailed {
		out.Failure = &r.Decline
	}
	if !r.Status.Final() {
		out.NextCheckAt = Instant(r.Due)
	}
	return out
}

// SteadyRefund is what never changes.
func SteadyRefund(w payments.Whole, r payments.Refund) Refund {
	return Refund{
		UUID: r.ID, PaymentUUID: r.Order.Child(ids.Payment, r.Payment), Livemode: r.Mode == ids.Live, Source: string(r.Source), Amount: r.Amount,
		Items: Items(w.LinesOf(r)), Reason: r.Reason, CreatedAt: Instant(r.CreatedAt),
	}
}
