package api

import (
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/receipts"
)

// instant is a time as all our JSON writes it: RFC 3339, UTC, milliseconds.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

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

// Payment is the contract's Payment.
type Payment struct {
	UUID        ids.ID          `json:"uuid" example:"0f8fad5b-d9cb-869f-a165-708677280101"`
	OrderUUID   ids.ID          `json:"order_uuid" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
	Livemode    bool            `json:"livemode"`
	Status      string          `json:"status" enum:"created,pending,held,unknown,paid,declined,cancelled,expired,superseded,failed"`
	Code        banks.Method    `json:"code" enum:"card,sbp,card_foreign,instalments"`
	Provider    string          `json:"payment_provider_id"`
	Amount      money.Money     `json:"amount"`
	Captured    money.Money     `json:"captured"`
	Refundable  money.Money     `json:"refundable"`
	RedirectURL string          `json:"redirect_url,omitempty" doc:"The bank's page"`
	Link        string          `json:"link,omitempty" doc:"The same address under its older name"`
	QR          *QR             `json:"qr,omitempty"`
	Card        *banks.CardMask `json:"card,omitempty"`
	Decline     *banks.Decline  `json:"decline,omitempty"`
	NextCheckAt string          `json:"next_check_at,omitempty" format:"date-time" doc:"When we ask the bank next, while it may still change something"`
	CreatedAt   string          `json:"created_at" format:"date-time"`
	UpdatedAt   string          `json:"updated_at" format:"date-time"`
}

// QR is what a phone opens and a screen shows for SBP.
type QR struct {
	Payload string `json:"payload"`
	Image   string `json:"image" doc:"SVG as a data URL"`
}

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

// asCreated is the order as the creating call answers it, the first time and ever after.
func (s *Service) asCreated(o payments.Order) Order {
	return Order{
		UUID: o.ID, Livemode: o.Mode == ids.Live, Status: string(payments.OrderCreated), Project: o.Project, Email: o.Email,
		Customer: o.Customer, Items: itemsOf(o.Items), Total: o.Total, Paid: money.Of(0, o.Total.Currency),
		Refunded: money.Of(0, o.Total.Currency), Link: s.BaseURL + "/p/" + o.Link(), ExternalID: o.ExternalID,
		Description: o.Description, Methods: o.Methods, Capture: capture(o.Hold), ReturnURL: o.ReturnURL, Locale: o.Locale,
		Metadata: o.Metadata, ExpiresAt: instant(o.ExpiresAt), CreatedAt: instant(o.CreatedAt), UpdatedAt: instant(o.CreatedAt),
	}
}

func capture(hold bool) string {
	if hold {
		return "manual"
	}
	return "auto"
}

// order is the order as it stands, with all that hangs on it.
func (s *Service) order(w payments.Whole) Order {
	o := s.listed(w)
	for _, p := range w.Payments {
		o.Payments = append(o.Payments, paymentOf(w, p))
	}
	for _, r := range w.Refunds {
		o.Refunds = append(o.Refunds, refundOf(w, r))
	}
	for _, r := range w.Receipts {
		o.Receipts = append(o.Receipts, receiptOf(w, r))
	}
	return o
}

// listed is the order as it stands, without its children.
func (s *Service) listed(w payments.Whole) Order {
	o := s.asCreated(w.Order)
	o.Status = string(w.Status())
	o.Paid.Amount, o.Refunded.Amount = w.State.Paid, w.State.Refunded
	o.UpdatedAt = instant(w.UpdatedAt())
	return o
}

// asCancelled is the order as the cancelling call answered it.
func (s *Service) asCancelled(w payments.Whole) Order {
	o := s.asCreated(w.Order)
	o.Status = string(payments.OrderCancelled)
	o.UpdatedAt = instant(w.State.Cancel.At)
	return o
}

// asFulfilled is the order as the fulfilling call answered it: with the receipt as it was asked for, and nothing else that
// hangs on it.
func (s *Service) asFulfilled(w payments.Whole, r payments.Receipt) Order {
	o := s.asCreated(w.Order)
	o.Status = string(payments.OrderPaid)
	p, _ := w.Payment(r.Payment.N())
	o.Paid.Amount, o.Refunded.Amount = p.Captured, r.Key.Amount
	o.UpdatedAt = instant(r.Key.At)
	o.Receipts = []Receipt{receiptOf(w, asked(r))}
	return o
}

// asked is a receipt as it was asked for, whatever became of it since: a till may have printed another sum.
func asked(r payments.Receipt) payments.Receipt {
	out := payments.Receipt{ID: r.ID, Payment: r.Payment, Operation: r.Operation, Status: payments.ReceiptPending, Source: r.Source,
		Verified: r.Verified, Items: r.Items}
	out.Fiscal.Kind = r.Fiscal.Kind
	for _, item := range r.Items {
		out.Fiscal.Total.Currency = item.Amount.Currency
		out.Fiscal.Total.Amount += item.Amount.Amount
	}
	return out
}

func itemsOf(items []payments.Item) []Item {
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

// paymentOf is the payment as it stands.
func paymentOf(w payments.Whole, p payments.Payment) Payment {
	out := steady(p)
	out.Status = string(p.Status)
	out.Captured.Amount, out.Refundable.Amount = p.Captured, w.Refundable(p.N)
	out.UpdatedAt = instant(p.UpdatedAt)
	if p.Card.Pan != "" {
		out.Card = &p.Card
	}
	if p.Decline.Code != "" {
		out.Decline = &p.Decline
	}
	if p.Asked() {
		out.NextCheckAt = instant(p.Due)
	}
	return out
}

// steady is what never changes once the bank has answered.
func steady(p payments.Payment) Payment {
	out := Payment{
		UUID: p.ID, OrderUUID: p.Order, Livemode: p.Mode == ids.Live, Code: p.Method, Provider: p.Provider, Amount: p.Amount,
		Captured: money.Of(0, p.Amount.Currency), Refundable: money.Of(0, p.Amount.Currency),
		RedirectURL: p.PageURL, Link: p.PageURL, CreatedAt: instant(p.CreatedAt),
	}
	if p.QR != "" {
		out.QR = &QR{Payload: p.QR, Image: qrImage(p.QR)}
	}
	return out
}

// firstAnswer is the payment as the creating call answers it, the first time and ever after.
func firstAnswer(p payments.Payment) Payment {
	out := steady(p)
	out.Status, out.UpdatedAt = string(p.First.Status), instant(p.First.At)
	if p.First.Status == payments.Paid {
		out.Captured.Amount, out.Refundable.Amount = p.Captured, p.Captured
	}
	if p.First.Decline.Code != "" {
		out.Decline = &p.First.Decline
	}
	return out
}

// answeredAs is the payment as a capture or void answered it, the first time and ever after.
func answeredAs(p payments.Payment, a payments.Answered) Payment {
	out := steady(p)
	out.Status, out.UpdatedAt = string(a.Status), instant(a.At)
	if a.Status == payments.Paid {
		out.Captured.Amount, out.Refundable.Amount = a.Amount, a.Amount
	}
	return out
}

func receiptOf(w payments.Whole, r payments.Receipt) Receipt {
	f := r.Fiscal
	out := Receipt{
		UUID: r.ID, PaymentUUID: r.Payment, Operation: string(r.Operation), Kind: string(f.Kind), Status: string(r.Status), Total: f.Total, URL: f.URL,
		FN: f.FN, FD: f.FD, FP: f.FP, RegistrationNumber: f.RegistrationNumber, Shift: f.Shift, Number: f.Number,
		IssuedAt: instant(f.IssuedAt), Source: r.Source, Verified: r.Verified, Items: itemsOf(r.Items),
	}
	if r.ID.Family() == ids.RefundReceipt {
		out.RefundUUID = r.ID.Root().Child(ids.Refund, r.ID.N())
	}
	if len(out.Items) == 0 && f.Kind == receipts.Income && f.Total == w.Order.Total {
		out.Items = itemsOf(w.Order.Items) // a receipt over the whole order has its lines
	}
	return out
}
