// Package api is the module's door for partners, banks and operators: words of the outside in, words of the outside out.
// One endpoint stands in one file; no rule lives here.
package api

import (
	"context"
	"encoding/hex"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/cashier"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/platform/web"
)

// Service serves the endpoints of this module.
type Service struct {
	Teller  *teller.Teller
	Cashier *cashier.Cashier
	Store   *store.Store
	Clock   clock.Clock
	Cursors page.Signer
	BaseURL string // of the payer's pages, without a closing slash
}

// Endpoints lists the endpoints of partners, banks and operators.
func (s *Service) Endpoints() []web.Endpoint {
	return []web.Endpoint{
		s.CreateOrder(), s.GetOrder(), s.ListOrders(), s.CancelOrder(),
		s.CreatePayment(), s.GetPayment(), s.CapturePayment(), s.VoidPayment(),
		s.RefundPayment(), s.GetRefund(), s.FulfilOrder(),
		s.ListMethods(), s.FindReceipt(), s.NotifyTBank(), s.NotifyATOL(), s.CorrectReceipt(),
		s.ListAlarms(), s.CloseAlarm(), s.RefundForPartner(), s.ListApprovals(), s.ApproveRefund(), s.RejectRefund(), s.EndRefund(),
	}
}

// keyed binds an Idempotency-Key to its scope (partner, mode, operation, parent); "" stays "".
func keyed(who web.Caller, operation string, parent ids.ID, key string) string {
	if key == "" {
		return ""
	}
	return ids.FromParts(who.Partner.String(), string(who.Mode), operation, parent.String(), key).String()
}

// hashed is the hash of a parsed request.
func hashed(body any) string {
	sum := web.BodyHash(body)
	return hex.EncodeToString(sum[:])
}

// load reads an order that the caller may see, by the id of the order or of any of its children.
func (s *Service) load(ctx context.Context, id ids.ID) (payments.Whole, error) {
	who := web.CallerOf(ctx)
	return s.Teller.Load(ctx, who.Mode, who.Partner, id.Root())
}

// loadPayment reads the order of a payment that the caller may see, with the payment's number.
func (s *Service) loadPayment(ctx context.Context, id ids.ID) (payments.Whole, int, error) {
	if id.Family() != ids.Payment {
		return payments.Whole{}, 0, payments.ErrPaymentNotFound
	}
	w, err := s.load(ctx, id)
	if fault.Code(err) == payments.ErrOrderNotFound.Code {
		return w, 0, payments.ErrPaymentNotFound
	}
	if _, ok := w.Payment(id.N()); err == nil && !ok {
		return w, 0, payments.ErrPaymentNotFound
	}
	return w, id.N(), err
}

// loadRefund reads the order of a refund that the caller may see, with the refund.
func (s *Service) loadRefund(ctx context.Context, id ids.ID) (payments.Whole, payments.Refund, error) {
	if id.Family() != ids.Refund {
		return payments.Whole{}, payments.Refund{}, payments.ErrRefundNotFound
	}
	w, err := s.load(ctx, id)
	if fault.Code(err) == payments.ErrOrderNotFound.Code {
		err = payments.ErrRefundNotFound
	}
	r, ok := w.Refund(id.N())
	if err == nil && !ok {
		err = payments.ErrRefundNotFound
	}
	return w, r, err
}

// scopeOf names a list, its owner and its filters: a cursor continues the very list that it was given for.
func scopeOf(who web.Caller, list string, filters ...string) string {
	parts := append([]string{list, string(who.Mode), who.Partner.String()}, filters...)
	return ids.FromParts(parts...).String()
}
