package api

import (
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/object"
)

// The contract's objects, under the names by which the documents know them.
type (
	Order   = object.Order
	Item    = object.Item
	Payment = object.Payment
	QR      = object.QR
	Receipt = object.Receipt
	Refund  = object.Refund
)

// order is the order as it stands, with all that hangs on it.
func (s *Service) order(w payments.Whole) Order {
	o := object.OfOrder(w, s.BaseURL)
	for i := range o.Payments {
		o.Payments[i] = drawn(o.Payments[i])
	}
	return o
}

// paymentOf is the payment as it stands.
func paymentOf(w payments.Whole, p payments.Payment) Payment { return drawn(object.OfPayment(w, p)) }

// steady is what never changes once the bank has answered.
func steady(p payments.Payment) Payment { return drawn(object.Steady(p)) }

// drawn is a payment whose QR code is drawn.
func drawn(p Payment) Payment {
	if p.QR != nil {
		p.QR.Image = qrImage(p.QR.Payload)
	}
	return p
}

// asCancelled is the order as the cancelling call answered it.
func (s *Service) asCancelled(w payments.Whole) Order {
	o := object.Created(w.Order, s.BaseURL)
	o.Status = string(payments.OrderCancelled)
	o.UpdatedAt = object.Instant(w.State.Cancel.At)
	return o
}

// asFulfilled is the order as the fulfilling call answered it: with the receipt as it was asked for, and nothing else that
// hangs on it.
func (s *Service) asFulfilled(w payments.Whole, r payments.Receipt) Order {
	o := object.Created(w.Order, s.BaseURL)
	o.Status = string(payments.OrderPaid)
	p, _ := w.Payment(r.Payment.N())
	o.Paid.Amount, o.Refunded.Amount = p.Captured, r.Key.Amount
	o.UpdatedAt = object.Instant(r.Key.At)
	o.Receipts = []Receipt{object.OfReceipt(w, asked(r))}
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

// firstAnswer is the payment as the creating call answers it, the first time and ever after.
func firstAnswer(p payments.Payment) Payment {
	out := steady(p)
	out.Status, out.UpdatedAt = string(p.First.Status), object.Instant(p.First.At)
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
	out.Status, out.UpdatedAt = string(a.Status), object.Instant(a.At)
	if a.Status == payments.Paid {
		out.Captured.Amount, out.Refundable.Amount = a.Amount, a.Amount
	}
	return out
}
