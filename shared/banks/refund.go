package banks

import (
	"context"
	"strings"

	"giberno.ru/shared/core/money"
	"giberno.ru/shared/receipts"
)

// maxKey bounds the key of a return.
const maxKey = 40

// CanRefund reports whether the bank can give taken money back.
func (b *Bank) CanRefund() bool { _, ok := b.driver.(Refunder); return ok }

// CanClose reports whether the bank's till makes closing receipts.
func (b *Bank) CanClose() bool { _, ok := b.driver.(Closer); return ok }

// RefundsByKey reports that a return of this method may be repeated under its key without giving the money back twice.
func (b *Bank) RefundsByKey(m Method) bool {
	refunder, ok := b.driver.(Refunder)
	return ok && refunder.RefundsByKey(m)
}

// Refund gives taken money back; a bank that cannot is ErrNotSupported. The News says PartlyRefunded or Refunded, Paid and
// Underway where the bank only began, and Cancelled, Reversed or Held of a payment that had never been taken. Of a return
// repeated under its key the bank may tell how the payment stood after the first time. An *Error of class Unknown leaves
// open whether the money went back.
func (b *Bank) Refund(ctx context.Context, a Account, r Ref, give Return) (News, error) {
	refunder, ok := b.driver.(Refunder)
	if !ok {
		return News{}, ErrNotSupported
	}
	return b.news(ctx, a, "refund", r, func(ctx context.Context) (News, error) {
		if err := checkReturn(r, give); err != nil {
			return News{}, err
		}
		news, err := refunder.Refund(ctx, a, r, give)
		if err == nil {
			err = checkReturned(r, give, news)
		}
		return news, err
	})
}

// AskRefund asks how the last return of a payment ended; a bank that gives nothing back is ErrNotSupported. A return that
// the bank refused is Paid or PartlyRefunded with Decline set.
func (b *Bank) AskRefund(ctx context.Context, a Account, r Ref, m Method) (News, error) {
	refunder, ok := b.driver.(Refunder)
	if !ok {
		return News{}, ErrNotSupported
	}
	return b.news(ctx, a, "ask_refund", r, func(ctx context.Context) (News, error) {
		if !isMethod(m) {
			return News{}, badRequest("the method is unknown")
		}
		return refunder.AskRefund(ctx, a, r, m)
	})
}

// CloseReceipt has the bank's till make the closing receipt of a prepaid payment; a bank that cannot is ErrNotSupported.
// An *Error of class Unknown leaves open whether the till makes it: the receipt's own notification tells.
func (b *Bank) CloseReceipt(ctx context.Context, a Account, r Ref, receipt *receipts.Document) error {
	closer, ok := b.driver.(Closer)
	if !ok {
		return ErrNotSupported
	}
	return b.call(ctx, a, "close_receipt", r.Reference, b.limits.CallTimeout, func(ctx context.Context) error {
		if err := checkRef(r); err != nil {
			return err
		}
		if err := checkClosing(r, receipt); err != nil {
			return err
		}
		return closer.CloseReceipt(ctx, a, r, receipt)
	})
}

// checkReturn refuses more than was paid, the wrong currency, and lines that are not those of the amount. A Ref without
// amount leaves the first to the bank.
func checkReturn(r Ref, give Return) error {
	switch {
	case !isKey(give.Key):
		return badRequest("the key must have 1 to 40 characters of a to z and 0 to 9")
	case !isMethod(give.Method):
		return badRequest("the method is unknown")
	case give.Amount.Amount <= 0 || !give.Amount.Currency.Known():
		return badRequest("the amount must be positive and of a known currency")
	case exceeds(give.Amount, r.Amount):
		return badRequest("more than was paid, or another currency")
	case give.Receipt == nil:
		return nil
	}
	if total, err := give.Receipt.Total(); err != nil || total != give.Amount {
		return badRequest("the lines of the receipt are not those of the amount")
	}
	return nil
}

// checkReturned refuses an answer that does not say that the money went back, is going, or had never been taken. The
// payment cannot have more left than all of it without this return.
func checkReturned(r Ref, give Return, n News) error {
	switch {
	case n.Status == Cancelled || n.Status == Reversed || n.Status == Held || n.Status == Paid && n.Underway:
		return nil
	case n.Status != PartlyRefunded && n.Status != Refunded || n.Underway:
		return unknown("the answer does not say whether the money went back")
	case n.Left == nil:
		return nil
	case n.Left.Currency != give.Amount.Currency || !r.Amount.IsZero() && n.Left.Amount > r.Amount.Amount-give.Amount.Amount:
		return unknown("more is left than can be after this return")
	}
	return nil
}

// checkLeft refuses a rest that a payment cannot have.
func checkLeft(r Ref, n News) error {
	switch {
	case n.Left == nil:
	case n.Left.Amount < 0 || exceeds(*n.Left, r.Amount):
		return unknown("the bank says that more is left than was paid, or less than nothing")
	case n.Status == Refunded && n.Left.Amount != 0:
		return unknown("the bank says that all went back and that some is left")
	}
	return nil
}

func checkClosing(r Ref, receipt *receipts.Document) error {
	if receipt == nil {
		return badRequest("a closing receipt needs its lines")
	}
	total, err := receipt.Total()
	switch {
	case err != nil:
		return &Error{Class: BadRequest, Cause: err}
	case total.Amount <= 0 || !total.Currency.Known() || exceeds(total, r.Amount):
		return badRequest("the closing receipt is of nothing, of more than was paid, or of another currency")
	}
	return nil
}

// exceeds reports more than a limit, or another currency. A limit of nothing is unknown, and none.
func exceeds(amount, limit money.Money) bool {
	return !limit.IsZero() && (amount.Currency != limit.Currency || amount.Amount > limit.Amount)
}

func isKey(text string) bool {
	return text != "" && len(text) <= maxKey && !strings.ContainsFunc(text, notPlain)
}
