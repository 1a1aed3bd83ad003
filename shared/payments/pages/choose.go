package pages

import (
	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/teller"
)

// errUnknownWay is a form without one of our methods.
var errUnknownWay = fault.Invalid("method_unknown", "The form names none of the ways to pay.")

// choose opens an attempt to pay. The same form sent twice leads to the same page of the bank: the second one either
// finds the attempt open, or waits beside the first one.
func (p *Pages) choose(v *visit) error {
	if err := p.crossOrigin(v.r); err != nil {
		return err
	}
	if err := v.r.ParseForm(); tooLarge(err) {
		return errTooLarge
	}
	method := banks.Method(v.r.PostForm.Get("method"))
	if !payments.Known(method) || len(v.r.PostForm["method"]) != 1 {
		return p.chosen(v, payments.Payment{}, errUnknownWay)
	}
	after, payment, err := p.Teller.Open(v.r.Context(), v.order, teller.Wish{Method: method, Country: v.country})
	v.order = after
	return p.chosen(v, payment, err)
}

// chosen leads the payer on: to the bank, to the page that waits, to the result, or back to the choice.
func (p *Pages) chosen(v *visit, payment payments.Payment, err error) error {
	switch code := fault.Code(err); code {
	case "":
		return p.opened(v, payment)
	case payments.ErrOrderPaid.Code, payments.ErrOrderExpired.Code, payments.ErrOrderCancelled.Code:
		return v.goTo(v.at("/result"))
	case payments.ErrPaymentInProgress.Code, payments.ErrPaymentUnknown.Code, teller.ErrBankSilent.Code:
		return v.goTo(v.at("/wait", "prepared", "1"))
	case payments.ErrMethod.Code, payments.ErrNoProvider.Code, payments.ErrProvider.Code, payments.ErrAttemptsExhausted.Code, errUnknownWay.Code:
		s, last := sceneOf(v.order, v.now)
		if s.closed() {
			return p.showResult(v, s, last)
		}
		return p.refusedChoice(v, code)
	}
	return err
}

func (p *Pages) opened(v *visit, payment payments.Payment) error {
	if address := bankPage(payment, p.Clock.Now()); address != "" {
		return v.goTo(address)
	}
	switch payment.Status {
	case payments.Declined, payments.Failed:
		return v.goTo(v.at("")) // the choice tells why, from the order's rows, so that a reload sends no form
	case payments.Paid, payments.Held:
		return v.goTo(v.at("/result"))
	}
	return v.goTo(v.at("/wait", "prepared", "1"))
}
