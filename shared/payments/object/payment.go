package object

import (
	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
)

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

// OfPayment is the payment as it stands.
func OfPayment(w payments.Whole, p payments.Payment) Payment {
	out := Steady(p)
	out.Status = string(p.Status)
	out.Captured.Amount, out.Refundable.Amount = p.Captured, w.Refundable(p.N)
	out.UpdatedAt = Instant(p.UpdatedAt)
	if p.Card.Pan != "" {
		out.Card = &p.Card
	}
	if p.Decline.Code != "" {
		out.Decline = &p.Decline
	}
	if p.Asked() {
		out.NextCheckAt = Instant(p.Due)
	}
	return out
}

// Steady is what never changes once the bank has answered.
func Steady(p payments.Payment) Payment {
	out := Payment{
		UUID: p.ID, OrderUUID: p.Order, Livemode: p.Mode == ids.Live, Code: p.Method, Provider: p.Provider, Amount: p.Amount,
		Captured: money.Of(0, p.Amount.Currency), Refundable: money.Of(0, p.Amount.Currency),
		RedirectURL: p.PageURL, Link: p.PageURL, CreatedAt: Instant(p.CreatedAt),
	}
	if p.QR != "" {
		out.QR = &QR{Payload: p.QR}
	}
	return out
}
