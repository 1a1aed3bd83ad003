package tbank

import (
	"context"
	"errors"
	"strings"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/receipts"
)

// RefundsByKey: Cancel knows ExternalRequestId, but not for SBP, where a repetition is a second refund (§3.5).
func (*Driver) RefundsByKey(m banks.Method) bool { return m != banks.SBP }

// Refund calls Cancel with an amount. The bank makes the receipt of a whole refund from its own; a part needs its lines.
func (d *Driver) Refund(ctx context.Context, a banks.Account, r banks.Ref, give banks.Return) (banks.News, error) {
	if r.BankID == "" || give.Amount.Currency != money.RUB {
		return banks.News{}, badRequest(errors.New("the bank refunds roubles by its own number only"))
	}
	receipt, err := receiptJSON(a, give.Receipt, give.Amount)
	if err != nil {
		return banks.News{}, err
	}
	body := newRequest(a.Terminal).text("PaymentId", r.BankID).number("Amount", give.Amount.Amount).object("Receipt", receipt)
	if d.RefundsByKey(give.Method) {
		body.text("ExternalRequestId", give.Key)
	}
	answer, err := d.call(ctx, a, "/v2/Cancel", moves, body)
	if err != nil {
		return banks.News{}, err
	}
	return returned(answer, r, give)
}

// returned reads the answer to a refund. OriginalAmount is what was left before it and NewAmount after it, so neither is
// the payment's amount, and while the refund is under way neither is a fact. Between them must lie what was to go back:
// also when the bank repeats the answer of the first time. A bank that repeats the key but shows nothing gone by this very
// call tells that it had gone before.
func returned(answer object, r banks.Ref, give banks.Return) (banks.News, error) {
	news, err := stateNews(answer, r, "OriginalAmount", optional)
	if err != nil {
		return banks.News{}, err
	}
	news.Amount = nil
	key := answer.text("ExternalRequestId")
	if key != "" && key != give.Key {
		return banks.News{}, unknown(errors.New("the bank answered about another refund"))
	}
	switch news.Status {
	case banks.Cancelled, banks.Reversed, banks.Held: // it had never been taken
		return news, nil
	}
	before, hasBefore := answer.whole("OriginalAmount")
	left, hasLeft := answer.whole("NewAmount")
	if !hasBefore || !hasLeft {
		return banks.News{}, unknown(errors.New("the bank does not state what was left before and after"))
	}
	if news.Underway {
		return news, nil
	}
	gone := before - left
	if gone != give.Amount.Amount && (gone != 0 || key == "") {
		return banks.News{}, unknown(errors.New("the bank gave another amount back"))
	}
	if (news.Status == banks.Refunded) != (left == 0) {
		return banks.News{}, unknown(errors.New("the bank's status contradicts what is left"))
	}
	rest := money.Of(left, money.RUB)
	news.Left = &rest
	return news, nil
}

// AskRefund calls GetState, and for SBP, where a refund ends later and may fail, GetQrState after it: a refused refund
// leaves the payment as it was and shows there only.
func (d *Driver) AskRefund(ctx context.Context, a banks.Account, r banks.Ref, m banks.Method) (banks.News, error) {
	if r.BankID == "" {
		return banks.News{}, badRequest(errors.New("the bank knows refunds by its own number only"))
	}
	news, err := d.state(ctx, a, r)
	if err != nil || m != banks.SBP || news.Underway || news.Status != banks.Paid && news.Status != banks.PartlyRefunded {
		return news, err
	}
	answer, err := d.call(ctx, a, "/v2/GetQrState", looks, newRequest(a.Terminal).text("PaymentId", r.BankID))
	if banks.ClassOf(err) == banks.NotFound { // the payment is known: GetState has just told of it
		return banks.News{}, unknown(err)
	}
	if err != nil {
		return banks.News{}, err
	}
	return lastSBPRefund(answer, r, news)
}

// lastSBPRefund adds to the payment's state what GetQrState says of its last refund. Its Amount is the refund's own.
func lastSBPRefund(answer object, r banks.Ref, news banks.News) (banks.News, error) {
	id, order := answer.text("PaymentId"), answer.text("OrderId")
	if id != "" && id != r.BankID || r.Reference != "" && order != r.Reference {
		return banks.News{}, unknown(errors.New("GetQrState answered for another payment"))
	}
	word, code := answer.text("Status"), answer.text("QrCancelCode")
	status := statusOf(word)
	switch {
	case code != "":
		text := strings.TrimSpace(code + " " + answer.text("QrCancelMessage"))
		news.Decline = banks.Decline{Code: banks.SBPRefused, Message: text}
	case status == banks.Paid && underway(word): // it began between the two questions
		news.Status, news.Word, news.Underway, news.Left = banks.Paid, word, true, nil
	case news.Status == banks.Paid && (status == banks.Refunded || status == banks.PartlyRefunded):
		return banks.News{}, unknown(errors.New("the refund is over, and the payment does not show it yet"))
	}
	return news, nil
}

// leftOf reads what is left of a taken payment from a state's Amount, which is just that. Of a payment given back whole
// the bank states its amount or nothing, and nothing is left; while a refund runs the Amount may be of before or after. A
// payment that the bank has for larger than we do has no rest that we could reckon with: its Amount tells, and alarms.
func leftOf(news banks.News, r banks.Ref) *money.Money {
	switch {
	case news.Status == banks.Refunded:
		nothing := money.Of(0, money.RUB)
		return &nothing
	case news.Amount == nil || news.Underway || news.Status != banks.Paid && news.Status != banks.PartlyRefunded:
		return nil
	case news.Status == banks.Paid && !r.Amount.IsZero() && news.Amount.Amount > r.Amount.Amount:
		return nil
	}
	left := *news.Amount
	return &left
}

// CloseReceipt calls SendClosingReceipt, the one call that does not live under /v2 (§1).
func (d *Driver) CloseReceipt(ctx context.Context, a banks.Account, r banks.Ref, doc *receipts.Document) error {
	if r.BankID == "" || doc == nil {
		return badRequest(errors.New("the bank closes by its own number, and with lines"))
	}
	total, err := doc.Total()
	if err != nil {
		return badRequest(err)
	}
	receipt, err := receiptJSON(a, doc, total)
	if err != nil {
		return err
	}
	body := newRequest(a.Terminal).text("PaymentId", r.BankID).object("Receipt", receipt)
	answer, err := d.call(ctx, a, "/cashbox/SendClosingReceipt", moves, body)
	if err != nil {
		return err
	}
	if id := answer.text("PaymentId"); id != "" && id != r.BankID {
		return unknown(errors.New("the bank closed another payment"))
	}
	return nil
}
