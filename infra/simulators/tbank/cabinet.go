package tbank

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"giberno.ru/shared/core/fault"
)

// ErrNoPayment is the fault of a name that is neither a PaymentId nor an OrderId of this bank.
var ErrNoPayment = fault.NotFound("payment_not_found", "The bank has no such payment.")

// ErrNotAllowed is the fault of a step that the payment's status does not allow.
var ErrNotAllowed = fault.Conflict("status_not_allowed", "The payment's status does not allow this.")

// Attempt is what a payer does, in one step.
type Attempt struct {
	Method   string `json:"method"`    // card (default) or sbp
	Card     string `json:"card"`      // number of the card; it decides the outcome when Outcome is empty
	Outcome  string `json:"outcome"`   // success (default), authorized, or the name of a decline
	Code     string `json:"code"`      // typed at the step of 3-D Secure: «1234» is right
	TryAgain bool   `json:"try_again"` // a decline leaves the form open: AUTH_FAIL instead of REJECTED
}

// Payment gives a payment by its PaymentId, or the newest by its OrderId. It fails with ErrNoPayment.
func (b *Bank) Payment(ref string) (Payment, error) {
	var found *Payment
	b.store.look(func(s *state) { found = s.find(ref) })
	if found == nil {
		return Payment{}, ErrNoPayment
	}
	return *found.clone(), nil
}

func (s *state) find(ref string) *Payment {
	if p, ok := s.payments[ref]; ok {
		return p
	}
	var newest *Payment
	for terminal := range s.terminals {
		for _, id := range s.byOrder[orderKey(terminal, ref)] {
			if p := s.payments[id]; newest == nil || p.ID > newest.ID {
				newest = p
			}
		}
	}
	return newest
}

// Payments lists payments, newest first, at most limit.
func (b *Bank) Payments(limit int) []Payment {
	var list []Payment
	b.store.look(func(s *state) {
		ids := sortedKeys(s.payments)
		slices.Reverse(ids)
		for _, id := range ids[:min(limit, len(ids))] {
			list = append(list, *s.payments[id].clone())
		}
	})
	return list
}

// Notices lists notifications in the order in which they were written; payment narrows them to one PaymentId.
func (b *Bank) Notices(payment string) []Notice {
	list := []Notice{}
	b.store.look(func(s *state) {
		for _, id := range sortedKeys(s.notices) {
			if n := s.notices[id]; payment == "" || n.PaymentID == payment {
				list = append(list, *n)
			}
		}
	})
	return list
}

// Pay pays the payment, or fails to, as the attempt says, and returns it as it then stands. It fails with ErrNoPayment,
// ErrNotAllowed, or an unknown outcome.
func (b *Bank) Pay(_ context.Context, ref string, a Attempt) (Payment, error) {
	return b.onPayment(ref, func(x *change, p *Payment) error {
		switch {
		case p.Status == Checking3DS:
			return x.enterCode(p, a.Code, !a.TryAgain)
		case p.Status == Authorized && !p.TwoStage && (a.Outcome == "success" || a.Outcome == ""):
			return x.capture(p, p.Held, "control", Confirmed)
		case a.Method == "sbp":
			return x.payBySBP(p, a)
		}
		return x.payByCard(p, a)
	})
}

func (x *change) payByCard(p *Payment, a Attempt) error {
	number := a.Card
	if number == "" {
		number = TestCards[0].Pan
	}
	far := x.now.AddDate(3, 0, 0)
	card, end := readCard(number, far.Format("01"), far.Format("06"), "123", x.now)
	if a.Outcome != "" {
		named, ok := outcomes[a.Outcome]
		if !ok {
			return unknownOutcome(a.Outcome)
		}
		end = named
		card.Outcome = named.name
	}
	if p.Status == Initial {
		if err := x.show(p); err != nil {
			return err
		}
	}
	if err := x.attempt(p, try{method: "card", outcome: end, card: &card, final: !a.TryAgain, why: "control"}); err != nil {
		return err
	}
	if p.Status == Checking3DS && a.Code != "" {
		return x.enterCode(p, a.Code, !a.TryAgain)
	}
	return nil
}

func unknownOutcome(name string) error {
	return fault.Invalid("unknown_outcome", "There is no outcome "+name+"; there are: "+strings.Join(sortedKeys(outcomes), ", ")+".")
}

func (x *change) payBySBP(p *Payment, a Attempt) error {
	if a.Outcome == "" {
		a.Outcome = "success"
	}
	end, ok := outcomes[a.Outcome]
	if !ok || end.acs || end.hold {
		return unknownOutcome(a.Outcome)
	}
	if err := x.openQR(p, x.old.terminals[p.Terminal]); err != nil {
		return err
	}
	return x.attempt(p, try{method: "sbp", outcome: end, final: !a.TryAgain, why: "control"})
}

// rightCode is what the payer's bank wants to hear at the step of 3-D Secure.
const rightCode = "1234"

// enterCode ends the step of 3-D Secure.
func (x *change) enterCode(p *Payment, code string, final bool) error {
	end := outcomes["3ds_failed"]
	if code == rightCode {
		end = outcomes[p.Card.Outcome]
	}
	return x.finish(p, try{method: "card", outcome: end, card: p.Card, final: final, why: "3-D Secure"})
}

// Refund gives money back, or releases a hold, from the bank's own cabinet; 0 kopecks is all that is left.
func (b *Bank) Refund(_ context.Context, ref string, kopecks int64) (Payment, error) {
	return b.fromCabinet(ref, kopecks, "кабинет банка")
}

// Chargeback takes the whole remaining amount back because the payer's bank demanded it.
func (b *Bank) Chargeback(_ context.Context, ref string) (Payment, error) {
	return b.fromCabinet(ref, 0, "chargeback")
}

func (b *Bank) fromCabinet(ref string, kopecks int64, why string) (Payment, error) {
	return b.onPayment(ref, func(x *change, p *Payment) error {
		if kopecks == 0 {
			kopecks = p.Held + p.left()
		}
		if kopecks < 0 {
			return fault.Invalid("amount_invalid", "An amount is a positive number of kopecks.")
		}
		receipt, err := returnReceipt(p, kopecks)
		if err != nil {
			return err
		}
		_, err = x.giveBack(p, kopecks, why, "", receipt)
		return err
	})
}

// returnReceipt writes the cabinet's own receipt for a part: one line of the returned amount, taxed as the first line.
func returnReceipt(p *Payment, kopecks int64) (json.RawMessage, error) {
	if p.Receipt == nil || kopecks == p.Captured {
		return p.Receipt, nil
	}
	var doc wireReceipt
	if err := json.Unmarshal(p.Receipt, &doc); err != nil {
		return nil, fault.Internal(err)
	}
	line := doc.Items[0]
	item := answer{
		"Name": line.Name, "Price": kopecks, "Quantity": 1, "Amount": kopecks, "Tax": line.Tax,
		"PaymentMethod": line.PaymentMethod, "PaymentObject": line.PaymentObject,
	}
	return marshal(answer{"Email": doc.Email, "Phone": doc.Phone, "Taxation": doc.Taxation, "Items": []answer{item}}), nil
}

// Expire ends an unpaid payment before its time.
func (b *Bank) Expire(_ context.Context, ref string) (Payment, error) {
	return b.onPayment(ref, func(x *change, p *Payment) error { return x.expire(p, "control") })
}

// onPayment runs one step of a payment.
func (b *Bank) onPayment(ref string, step func(*change, *Payment) error) (Payment, error) {
	var after Payment
	if _, err := b.passTime(); err != nil {
		return Payment{}, err
	}
	err := b.change(func(x *change) error {
		found := x.old.find(ref)
		if found == nil {
			return ErrNoPayment
		}
		p, _ := x.edit(found.ID)
		if err := step(x, p); err != nil {
			return err
		}
		after = *p.clone()
		return nil
	})
	if no := (*refusal)(nil); errors.As(err, &no) {
		return Payment{}, ErrNotAllowed.Because(err)
	}
	return after, err
}

// DeliverAll makes every pending notification due and delivers it, whatever its schedule.
func (b *Bank) DeliverAll(ctx context.Context) error {
	err := b.change(func(x *change) error {
		for _, id := range sortedKeys(x.old.notices) {
			if n := x.old.notices[id]; n.State == noticePending && n.NextAt.After(x.now) {
				now := *n
				now.NextAt = x.now
				x.notices = append(x.notices, &now)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return b.Tick(ctx)
}

// AdvanceClock moves the clock, if this bank was given the power, and does what has become due.
func (b *Bank) AdvanceClock(ctx context.Context, step time.Duration) error {
	if b.advance == nil {
		return fault.Conflict("clock_fixed", "This bank's clock cannot be moved from here.")
	}
	if step <= 0 {
		return fault.Invalid("step_invalid", "Time only moves forward.")
	}
	b.advance(step)
	return b.Tick(ctx)
}
