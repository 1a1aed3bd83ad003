package tbank

import (
	"encoding/json"
	"time"
)

// confirm takes a held amount, whole or in part; what is not taken is released.
func confirm(x *change, r *request) (any, error) {
	p, err := r.editPayment(x)
	if err != nil {
		return nil, err
	}
	if p.Status != Authorized && p.Status != PartialReversed {
		return nil, refuse("4", "Статус платежа "+string(p.Status))
	}
	amount, given, err := r.amount("Amount")
	if err != nil {
		return nil, err
	}
	if !given {
		amount = p.Held
	}
	if amount > p.Held {
		return nil, refuse("323", "Amount")
	}
	// Init's receipt is about the whole amount: a part needs a receipt of its own.
	receipt, err := r.receipt(amount, r.terminal.Fiscal && amount != p.Amount)
	if err != nil {
		return nil, err
	}
	if receipt != nil {
		p.Receipt = receipt
	}
	if err := x.capture(p, amount, "Confirm", Confirming, Confirmed); err != nil {
		return nil, err
	}
	a := x.about(p)
	delete(a, "Amount")
	return a, nil
}

// capture makes the amount the shop's and lets the rest of the hold go.
func (x *change) capture(p *Payment, amount int64, why string, steps ...Status) error {
	if err := p.walk(x.now, why, steps...); err != nil {
		return err
	}
	p.Captured, p.Held = amount, 0
	x.tell(p)
	x.oweReceipt(p, receiptIncome, amount, p.Receipt)
	return nil
}

// cancel cancels an unpaid payment, releases a hold, or gives money back, as the payment stands.
func cancel(x *change, r *request) (any, error) {
	p, err := r.editPayment(x)
	if err != nil {
		return nil, err
	}
	external, err := r.text("ExternalRequestId", 256)
	if err != nil {
		return nil, err
	}
	// The bank does not support the key for SBP: a repeated SBP refund is a second refund.
	if done := p.refundOf(external); done != nil && p.Method != "sbp" {
		return x.cancelled(p, *done), nil
	}
	if p.unpaid() { // an Amount means nothing here
		return x.cancelUnpaid(p, external)
	}
	amount, given := int64(0), false
	if text, _ := r.fields.scalar("Amount"); text != "0" { // clients that always send the member say 0 for all of it
		if amount, given, err = r.amount("Amount"); err != nil {
			return nil, err
		}
	}
	left := p.left()
	if p.Status == Authorized || p.Status == PartialReversed {
		left = p.Held
	}
	if !given {
		amount = left
	}
	var receipt json.RawMessage
	if left > 0 && amount <= left {
		needed := r.terminal.Fiscal && p.Captured > 0 && amount != p.Captured
		if receipt, err = r.receipt(amount, needed); err != nil {
			return nil, err
		}
	}
	refund, err := x.giveBack(p, amount, "Cancel", external, receipt)
	if err != nil {
		return nil, err
	}
	return x.cancelled(p, refund), nil
}

func (p *Payment) refundOf(external string) *Refund {
	for i := range p.Refunds {
		if external != "" && p.Refunds[i].ExternalID == external {
			return &p.Refunds[i]
		}
	}
	return nil
}

// cancelUnpaid ends a payment that nobody has paid. After a failed attempt the payer is back at the form first.
func (x *change) cancelUnpaid(p *Payment, external string) (any, error) {
	if p.Status == AuthFail {
		if err := p.walk(x.now, "Cancel", FormShowed); err != nil {
			return nil, err
		}
	}
	if err := p.walk(x.now, "Cancel", Canceled); err != nil {
		return nil, err
	}
	refund := Refund{ExternalID: external, Amount: p.Amount, Before: p.Amount, Status: Canceled}
	p.Refunds = append(p.Refunds, refund)
	p.ErrorCode, p.Message = "0", ""
	x.tell(p)
	return x.cancelled(p, refund), nil
}

// giveBack releases a hold or returns money: the table of Cancel, which the bank's own cabinet follows as well.
func (x *change) giveBack(p *Payment, amount int64, why, external string, receipt json.RawMessage) (Refund, error) {
	switch p.Status {
	case Authorized, PartialReversed:
		return x.release(p, amount, why, external)
	case Confirmed, PartialRefunded:
		return x.refund(p, amount, why, external, receipt)
	}
	return Refund{}, refuse("4", "Статус платежа "+string(p.Status))
}

func (x *change) release(p *Payment, amount int64, why, external string) (Refund, error) {
	if amount > p.Held {
		return Refund{}, refuse("330", "Amount")
	}
	to := Reversed
	if amount < p.Held {
		to = PartialReversed
	}
	if err := p.walk(x.now, why, to); err != nil {
		return Refund{}, err
	}
	refund := Refund{ExternalID: external, Amount: amount, Before: p.Held, Status: to}
	p.Held -= amount
	p.Refunds = append(p.Refunds, refund)
	x.tell(p)
	return refund, nil
}

func (x *change) refund(p *Payment, amount int64, why, external string, receipt json.RawMessage) (Refund, error) {
	if amount > p.left() {
		return Refund{}, refuse("330", "Amount")
	}
	if receipt == nil && amount == p.Captured {
		receipt = p.Receipt
	}
	refund := Refund{ExternalID: external, Amount: amount, Before: p.left(), Receipt: receipt}
	if p.Method == "sbp" {
		if err := p.walk(x.now, why, AsyncRefunding); err != nil {
			return Refund{}, err
		}
		refund.Status, refund.Due = AsyncRefunding, x.now.Add(refundTime)
		refund.Refuse = x.bank.faults.take("Cancel", FaultRefundRefused)
		p.Refunds = append(p.Refunds, refund)
		return refund, nil
	}
	p.Refunds = append(p.Refunds, refund)
	return x.refunded(p, &p.Refunds[len(p.Refunds)-1], why)
}

// refunded ends a refund well: the money is with the payer.
func (x *change) refunded(p *Payment, refund *Refund, why string) (Refund, error) {
	to := PartialRefunded
	if refund.Amount == p.left() {
		to = Refunded
	}
	if err := p.walk(x.now, why, to); err != nil {
		return Refund{}, err
	}
	p.Returned += refund.Amount
	refund.Status, refund.Due = to, time.Time{}
	x.tell(p)
	x.oweReceipt(p, receiptReturn, refund.Amount, refund.Receipt)
	return *refund, nil
}

// refundFailed ends an SBP refund badly: the payment stands as before it, and GetQrState tells why.
func (x *change) refundFailed(p *Payment, refund *Refund) error {
	back := Confirmed
	if p.Returned > 0 {
		back = PartialRefunded
	}
	if err := p.walk(x.now, "возврат отклонён банком плательщика", back); err != nil {
		return err
	}
	refund.Status, refund.Due = back, time.Time{}
	refund.Code, refund.Message = "I05043", "Счёт получателя не найден"
	return nil
}

func (x *change) cancelled(p *Payment, r Refund) answer {
	a := answer{
		"Success": true, "ErrorCode": "0", "Message": "OK", "TerminalKey": p.Terminal, "OrderId": p.OrderID,
		"Status": string(r.Status), "PaymentId": x.bank.id(p.ID), "OriginalAmount": r.Before, "NewAmount": r.Before - r.Amount,
	}
	if r.ExternalID != "" {
		a["ExternalRequestId"] = r.ExternalID
	}
	return a
}
