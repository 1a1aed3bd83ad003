package object

import (
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/receipts"
)

// Receipt is the contract's Receipt.
type Receipt struct {
	UUID        ids.ID `json:"uuid" example:"0f8fad5b-d9cb-869f-a165-708677280301"`
	PaymentUUID ids.ID `json:"payment_uuid" example:"0f8fad5b-d9cb-869f-a165-708677280101"`
	RefundUUID  ids.ID `json:"refund_uuid,omitzero" doc:"Of the refund that the receipt is about"`
	Operation   string `json:"operation" enum:"payment,refund,fulfilment,correction"`
	Kind        string `json:"kind" enum:"income,income_return,income_correction,income_return_correction"`
	Status      string `json:"status" enum:"pending,ready,failed"`
	// Total is what the receipt is over.
	Total              money.Money `json:"total"`
	URL                string      `json:"url,omitempty"`
	FN                 string      `json:"fn,omitempty" doc:"Tag 1041"`
	FD                 int64       `json:"fd,omitempty" doc:"Tag 1040"`
	FP                 int64       `json:"fp,omitempty" doc:"Tag 1077"`
	RegistrationNumber string      `json:"registration_number,omitempty" doc:"Tag 1037"`
	Shift              int64       `json:"shift,omitempty" doc:"Tag 1038"`
	Number             int64       `json:"number,omitempty" doc:"Tag 1042"`
	IssuedAt           string      `json:"issued_at,omitempty" format:"date-time"`
	Source             string      `json:"source" doc:"The provider whose till made it, or partner"`
	Verified           bool        `json:"verified"`
	Items              []Item      `json:"items,omitempty"`
}

func OfReceipt(w payments.Whole, r payments.Receipt) Receipt {
	f := r.Fiscal
	out := Receipt{
		UUID: r.ID, PaymentUUID: r.Payment, Operation: string(r.Operation), Kind: string(f.Kind), Status: string(r.Status), Total: f.Total, URL: f.URL,
		FN: f.FN, FD: f.FD, FP: f.FP, RegistrationNumber: f.RegistrationNumber, Shift: f.Shift, Number: f.Number,
		IssuedAt: Instant(f.IssuedAt), Source: r.Source, Verified: r.Verified, Items: Items(r.Items),
	}
	if r.ID.Family() == ids.RefundReceipt {
		out.RefundUUID = r.ID.Root().Child(ids.Refund, r.ID.N())
	}
	if len(out.Items) == 0 && f.Kind == receipts.Income && f.Total == w.Order.Total {
		out.Items = Items(w.Order.Items) // a receipt over the whole order has its lines
	}
	return out
}
