package object

import (
	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
)

// Order is the contract's Order. A list leaves out the children.
type Order struct {
	UUID        ids.ID            `json:"uuid" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
	Livemode    bool              `json:"livemode"`
	Status      string            `json:"status" enum:"created,pending,paid,partially_refunded,refunded,cancelled,expired"`
	Project     string            `json:"project"`
	Email       string            `json:"email"`
	Customer    payments.Customer `json:"customer,omitzero"`
	Items       []Item            `json:"items"`
	Total       money.Money       `json:"total"`
	Paid        money.Money       `json:"paid"`
	Refunded    money.Money       `json:"refunded"`
	Link        string            `json:"link" format:"uri" doc:"The universal link: send it to the payer"`
	ExternalID  string            `json:"external_id,omitempty"`
	Description string            `json:"description,omitempty"`
	Methods     []banks.Method    `json:"methods,omitempty" enum:"card,sbp,card_foreign,instalments"`
	Capture     string            `json:"capture" enum:"auto,manual"`
	ReturnURL   string            `json:"return_url,omitempty"`
	Locale      string            `json:"locale,omitempty"`
	Metadata    map[string]string `json:"metadata,omitempty"`
	ExpiresAt   string            `json:"expires_at" format:"date-time"`
	CreatedAt   string            `json:"created_at" format:"date-time"`
	UpdatedAt   string            `json:"updated_at" format:"date-time"`
	Payments    []Payment         `json:"payments,omitempty" doc:"Attempts to pay, the first one first; not in lists"`
	Refunds     []Refund          `json:"refunds,omitempty" doc:"Money given back, the first refund first; not in lists"`
	Receipts    []Receipt         `json:"receipts,omitempty" doc:"Fiscal receipts; not in lists"`
}

// Item is a line of an order as it is answered.
type Item struct {
	Line     int            `json:"line" doc:"Counted from 1"`
	Name     string         `json:"name"`
	Price    money.Money    `json:"price"`
	Quantity money.Quantity `json:"quantity"`
	Amount   money.Money    `json:"amount" doc:"Price times quantity, rounded half up"`
	VAT      string         `json:"vat"`
	Subject  string         `json:"payment_subject"`
	Mode     string         `json:"payment_mode"`
	Measure  string         `json:"measure"`
}

// Created is the order as the creating call answers it, the first time and ever after.
func Created(o payments.Order, baseURL string) Order {
	return Order{
		UUID: o.ID, Livemode: o.Mode == ids.Live, Status: string(payments.OrderCreated), Project: o.Project, Email: o.Email,
		Customer: o.Customer, Items: Items(o.Items), Total: o.Total, Paid: money.Of(0, o.Total.Currency),
		Refunded: money.Of(0, o.Total.Currency), Link: baseURL + "/p/" + o.Link(), ExternalID: o.ExternalID,
		Description: o.Description, Methods: o.Methods, Capture: capture(o.Hold), ReturnURL: o.ReturnURL, Locale: o.Locale,
		Metadata: o.Metadata, ExpiresAt: Instant(o.ExpiresAt), CreatedAt: Instant(o.CreatedAt), UpdatedAt: Instant(o.CreatedAt),
	}
}

func capture(hold bool) string {
	if hold {
		return "manual"
	}
	return "auto"
}

// Listed is the order as it stands, without its children.
func Listed(w payments.Whole, baseURL string) Order {
	o := Created(w.Order, baseURL)
	o.Status = string(w.Status())
	o.Paid.Amount, o.Refunded.Amount = w.State.Paid, w.State.Refunded
	o.UpdatedAt = Instant(w.UpdatedAt())
	return o
}

// OfOrder is the order as it stands, with all that hangs on it.
func OfOrder(w payments.Whole, baseURL string) Order {
	o := Listed(w, baseURL)
	for _, p := range w.Payments {
		o.Payments = append(o.Payments, OfPayment(w, p))
	}
	for _, r := range w.Refunds {
		o.Refunds = append(o.Refunds, OfRefund(w, r))
	}
	for _, r := range w.Receipts {
		o.Receipts = append(o.Receipts, OfReceipt(w, r))
	}
	return o
}

func Items(items []payments.Item) []Item {
	out := make([]Item, len(items))
	for i, it := range items {
		line := it.Line
		if line == 0 {
			line = i + 1
		}
		out[i] = Item{line, it.Name, it.Price, it.Quantity, it.Amount, it.VAT, it.Subject, it.Mode, it.Measure}
	}
	return out
}
