package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/object"
	"giberno.ru/shared/platform/web"
)

// OrderRequest is the contract's OrderRequest.
type OrderRequest struct {
	Project     string             `json:"project" minLength:"1" maxLength:"128" doc:"What the payer sees as the shop" example:"Школа «Понимаю»"`
	Email       string             `json:"email" format:"email" maxLength:"64" doc:"The receipt goes there" example:"buyer@example.com"`
	Items       []ItemRequest      `json:"items" minItems:"1" maxItems:"100" doc:"All in one currency"`
	ExternalID  string             `json:"external_id,omitempty" maxLength:"64" doc:"Your own number; not unique by itself" example:"A-1047"`
	Description string             `json:"description,omitempty" maxLength:"140"`
	Customer    *payments.Customer `json:"customer,omitempty"`
	ReturnURL   string             `json:"return_url,omitempty" format:"uri" maxLength:"512" doc:"https; http on loopback in test mode"`
	Locale      string             `json:"locale,omitempty" enum:"ru,kk,en" doc:"Of the payer's pages; default ru"`
	Methods     []string           `json:"methods,omitempty" maxItems:"4" enum:"card,sbp,card_foreign,instalments,split" doc:"Only these are offered, each once; split is instalments"`
	Capture     string             `json:"capture,omitempty" enum:"auto,manual" doc:"manual: the money is held until you capture it; default auto"`
	ExpiresAt   *time.Time         `json:"expires_at,omitempty" doc:"5 minutes to 90 days ahead; default 24 hours"`
	Metadata    map[string]string  `json:"metadata,omitempty" doc:"At most 20 pairs, keys of 40 and values of 500 characters"`
}

// ItemRequest is a line as the partner asks for it.
type ItemRequest struct {
	Name     string         `json:"name" minLength:"1" maxLength:"128" example:"Консультация"`
	Price    money.Money    `json:"price"`
	Quantity money.Quantity `json:"quantity" doc:"Above 0, at most 99999.999, at most three decimals" example:"1"`
	VAT      string         `json:"vat,omitempty" maxLength:"16" doc:"Tag 1199: none vat0 vat5 vat7 vat10 vat22 vat105 vat107 vat110 vat122; default none" example:"none"`
	Subject  string         `json:"payment_subject,omitempty" maxLength:"32" doc:"Tag 1212; default commodity" example:"service"`
	Mode     string         `json:"payment_mode,omitempty" maxLength:"32" doc:"Tag 1214; default full_prepayment" example:"full_prepayment"`
	Measure  string         `json:"measure,omitempty" maxLength:"16" doc:"Tag 2108; default piece" example:"piece"`
}

type createOrder struct {
	web.Idempotent
	Body OrderRequest
}

// CreateOrder serves POST /api/v1/order: an order and its universal link.
func (s *Service) CreateOrder() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "create-order", Method: "POST", Path: "/api/v1/order", API: "payments", Caller: web.Partner, Status: 201,
		Summary:     "Create an order",
		Description: "Answers with the order and its universal link. Send the link to the payer in any way you like.",
		Refuses:     []string{"currency_mixed", "idempotency_mismatch"},
	}, s.createOrder)
}

func (s *Service) createOrder(ctx context.Context, in *createOrder) (*web.Reply[Order], error) {
	who := web.CallerOf(ctx)
	if at := in.Body.ExpiresAt; at != nil { // one instant, however its zone is spelt, is one request
		utc := at.UTC()
		in.Body.ExpiresAt = &utc
	}
	o, replayed, err := s.Teller.CreateOrder(ctx, who.Mode, who.Partner, draftOf(in.Body), in.Key(), hashed(in.Body))
	if errors.Is(err, money.ErrMixed) {
		return nil, mixed(in.Body.Items)
	}
	if err != nil {
		return nil, err
	}
	if replayed {
		return web.Again(201, object.Created(o, s.BaseURL)), nil
	}
	return web.Fresh(201, object.Created(o, s.BaseURL)), nil
}

// mixed names the first item whose currency is not the one before it.
func mixed(items []ItemRequest) error {
	for i, item := range items[1:] {
		if item.Price.Currency != items[i].Price.Currency {
			return money.ErrMixed.At(fmt.Sprintf("body.items[%d].price.currency", i+1), "is not the currency of the items before it")
		}
	}
	return money.ErrMixed
}

func draftOf(r OrderRequest) payments.Draft {
	d := payments.Draft{
		Project: r.Project, Email: r.Email, ExternalID: r.ExternalID, Description: r.Description, ReturnURL: r.ReturnURL,
		Locale: r.Locale, Hold: r.Capture == "manual", Metadata: r.Metadata,
	}
	if r.Customer != nil {
		d.Customer = *r.Customer
	}
	if r.ExpiresAt != nil {
		d.ExpiresAt = *r.ExpiresAt
	}
	for _, m := range r.Methods {
		d.Methods = append(d.Methods, methodOf(m))
	}
	for _, i := range r.Items {
		d.Items = append(d.Items, payments.Item{Name: i.Name, Price: i.Price, Quantity: i.Quantity, VAT: i.VAT,
			Subject: i.Subject, Mode: i.Mode, Measure: i.Measure})
	}
	return d
}

// methodOf takes the original's word «split» for instalments.
func methodOf(code string) banks.Method {
	if code == "split" {
		return banks.Instalments
	}
	return banks.Method(code)
}
