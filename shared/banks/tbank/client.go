// Package tbank speaks T-Bank's internet acquiring, EACQ v2. Amounts are kopecks, which are our minor units too; every
// answer is HTTP 200 and says in Success and ErrorCode what it means; anything else proves nothing.
package tbank

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/receipts"
)

// Provider is the name under which accounts of this bank are kept.
const Provider = "tbank"

// The bank's amounts of an SBP payment in kopecks (§3.8, error 3016 beyond them).
const (
	minSBP = 1_000
	maxSBP = 100_000_000
)

// maxPayments bounds the list that CheckOrder may answer with.
const maxPayments = 100

// Driver is T-Bank. It has no state but the way out.
type Driver struct{ out outbound.Doer }

// Interfaces that the driver offers.
var (
	_ banks.Driver    = (*Driver)(nil)
	_ banks.Canceller = (*Driver)(nil)
	_ banks.Capturer  = (*Driver)(nil)
	_ banks.Refunder  = (*Driver)(nil)
	_ banks.Closer    = (*Driver)(nil)
	_ banks.Paged     = (*Driver)(nil)
)

// New makes the driver; out needs the Russian Trusted CA among its roots to reach the bank itself.
func New(out outbound.Doer) *Driver { return &Driver{out: out} }

// PageOrigins are where the bank's payment pages have been seen to live. The bank is moving between its two domains; an
// account's page_origins option names one that appears later.
func (*Driver) PageOrigins() []string {
	return []string{
		"https://pay.tbank.ru", "https://securepay.tbank.ru", "https://securepayments.tbank.ru",
		"https://securepay.tinkoff.ru", "https://securepayments.tinkoff.ru",
	}
}

// Open calls Init, and for SBP GetQr after it. A payment made by an Init whose answer or QR was lost cannot be paid by
// anybody, for nobody has its address.
func (d *Driver) Open(ctx context.Context, a banks.Account, c banks.Charge) (banks.Opened, error) {
	if c.Amount.Currency != money.RUB {
		return banks.Opened{}, badRequest(fmt.Errorf("the bank takes roubles, not %q", c.Amount.Currency))
	}
	if c.Method == banks.SBP && (c.Hold || c.Amount.Amount < minSBP || c.Amount.Amount > maxSBP) {
		return banks.Opened{}, badRequest(fmt.Errorf("SBP takes one stage and %d to %d kopecks", minSBP, maxSBP))
	}
	receipt, err := receiptJSON(a, c.Receipt, c.Amount)
	if err != nil {
		return banks.Opened{}, err
	}
	answer, err := d.call(ctx, a, "/v2/Init", opens, initRequest(a, c, receipt))
	if err != nil {
		return banks.Opened{}, err
	}
	amount, _ := answer.whole("Amount")
	opened := banks.Opened{BankID: answer.text("PaymentId"), PageURL: answer.text("PaymentURL")}
	if answer.text("OrderId") != c.Reference || amount != c.Amount.Amount || !paymentID(opened.BankID) {
		return banks.Opened{}, unknown(errors.New("the answer to Init is about another payment"))
	}
	if c.Method == banks.SBP {
		if opened.QR, err = d.qr(ctx, a, c.Reference, opened.BankID); err != nil {
			return banks.Opened{}, err
		}
	}
	if opened.PageURL == "" && opened.QR == "" {
		return banks.Opened{}, &banks.Error{Class: banks.Config, Cause: errors.New("the terminal has no payment page of the bank's")}
	}
	return opened, nil
}

func initRequest(a banks.Account, c banks.Charge, receipt []byte) *request {
	payType, language := "O", "ru" // the bank's page has no Kazakh
	if c.Hold {
		payType = "T"
	}
	if c.Locale == "en" {
		language = "en"
	}
	r := newRequest(a.Terminal).
		number("Amount", c.Amount.Amount).
		text("OrderId", c.Reference).
		text("Description", description(c.Description)).
		text("PayType", payType).
		text("Language", language).
		text("NotificationURL", c.NotifyURL).
		text("SuccessURL", c.ReturnURL).
		text("FailURL", c.ReturnURL)
	if !c.Deadline.IsZero() {
		r.text("RedirectDueDate", c.Deadline.In(receipts.Moscow).Format("2006-01-02T15:04:05-07:00"))
	}
	return r.object("Receipt", receipt)
}

// qr asks for the payload of a payment that Init has just made. Whatever the transport says, the payment exists, so that
// only the bank's own refusal is more than Unknown.
func (d *Driver) qr(ctx context.Context, a banks.Account, reference, id string) (string, error) {
	answer, err := d.call(ctx, a, "/v2/GetQr", opens, newRequest(a.Terminal).text("PaymentId", id).text("DataType", "PAYLOAD"))
	var refused *banks.Error
	switch {
	case errors.As(err, &refused):
		return "", err
	case err != nil:
		return "", unknown(err)
	}
	payload := answer.text("Data")
	if answer.text("PaymentId") != id || answer.has("OrderId") && answer.text("OrderId") != reference || payload == "" {
		return "", unknown(errors.New("GetQr answered for another payment"))
	}
	return payload, nil
}

// Ask calls GetState, or CheckOrder while the bank's number is not known.
func (d *Driver) Ask(ctx context.Context, a banks.Account, r banks.Ref) (banks.News, error) {
	if r.BankID == "" {
		return d.checkOrder(ctx, a, r)
	}
	return d.state(ctx, a, r)
}

// state calls GetState, whose Amount is what is left of a payment that was taken.
func (d *Driver) state(ctx context.Context, a banks.Account, r banks.Ref) (banks.News, error) {
	answer, err := d.call(ctx, a, "/v2/GetState", looks, newRequest(a.Terminal).text("PaymentId", r.BankID))
	if err != nil {
		return banks.News{}, err
	}
	news, err := stateNews(answer, r, "Amount", stated)
	news.Left = leftOf(news, r)
	return news, err
}

// checkOrder reads all payments of our reference. There is normally one; of several the weightiest is the truth.
func (d *Driver) checkOrder(ctx context.Context, a banks.Account, r banks.Ref) (banks.News, error) {
	answer, err := d.call(ctx, a, "/v2/CheckOrder", looks, newRequest(a.Terminal).text("OrderId", r.Reference))
	if err != nil {
		return banks.News{}, err
	}
	payments, err := answer.list("Payments", maxPayments)
	if err != nil || answer.text("OrderId") != r.Reference {
		return banks.News{}, unknown(errors.New("CheckOrder answered for another order"))
	}
	if len(payments) == 0 {
		return banks.News{}, &banks.Error{Class: banks.NotFound, Cause: errors.New("the bank has no payment of this order")}
	}
	var truth banks.News
	for i, p := range payments {
		if !paymentID(p.text("PaymentId")) {
			return banks.News{}, unknown(errors.New("CheckOrder names no payment"))
		}
		news, err := newsOf(p, "Amount", stated)
		if err != nil {
			return banks.News{}, err
		}
		news.Reference, news.Left = r.Reference, leftOf(news, r)
		if i == 0 || weight(news.Status) > weight(truth.Status) {
			truth = news
		}
	}
	return truth, nil
}

// Cancel calls Cancel for the whole payment: an unpaid one is cancelled, a hold released, and a paid one given back, which
// the answer's status tells.
func (d *Driver) Cancel(ctx context.Context, a banks.Account, r banks.Ref) (banks.News, error) {
	if r.BankID == "" {
		return banks.News{}, badRequest(errors.New("the bank cancels by its own number only"))
	}
	answer, err := d.call(ctx, a, "/v2/Cancel", moves, newRequest(a.Terminal).text("PaymentId", r.BankID))
	if err != nil {
		return banks.News{}, err
	}
	return stateNews(answer, r, "OriginalAmount", optional)
}

// Capture calls Confirm. Less than was held releases the rest.
func (d *Driver) Capture(ctx context.Context, a banks.Account, r banks.Ref, amount money.Money, doc *receipts.Document) (banks.News, error) {
	if r.BankID == "" || amount.Currency != money.RUB {
		return banks.News{}, badRequest(errors.New("the bank captures roubles by its own number only"))
	}
	receipt, err := receiptJSON(a, doc, amount)
	if err != nil {
		return banks.News{}, err
	}
	body := newRequest(a.Terminal).text("PaymentId", r.BankID).number("Amount", amount.Amount).object("Receipt", receipt)
	answer, err := d.call(ctx, a, "/v2/Confirm", moves, body)
	if err != nil {
		return banks.News{}, err
	}
	return stateNews(answer, r, "Amount", optional)
}

// An answer about a state states the amount; an answer to an order of ours may leave it out. One that cannot be read makes
// the whole answer Unknown, so that nothing is ever paid by an amount that nobody understood.
const (
	stated   = true
	optional = false
)

// stateNews reads an answer about one payment, which must be the payment that was asked about.
func stateNews(answer object, r banks.Ref, amountField string, required bool) (banks.News, error) {
	other := answer.text("PaymentId") != r.BankID || r.Reference != "" && answer.text("OrderId") != r.Reference
	if other || answer.text("Status") == "" {
		return banks.News{}, unknown(errors.New("the bank answered for another payment"))
	}
	return newsOf(answer, amountField, required)
}

func newsOf(o object, amountField string, required bool) (banks.News, error) {
	word := o.text("Status")
	news := banks.News{Reference: o.text("OrderId"), BankID: o.text("PaymentId"), Status: statusOf(word), Word: word, Underway: underway(word)}
	kopecks, readable := o.whole(amountField)
	switch {
	case readable:
		amount := money.Of(kopecks, money.RUB)
		news.Amount = &amount
	case required || o.has(amountField):
		return banks.News{}, unknown(errors.New("the bank states no amount that can be read"))
	}
	if news.Status == banks.Declined || word == "AUTH_FAIL" {
		news.Decline = declineOf(o.text("ErrorCode"), message(o))
	}
	return news, nil
}

// call makes one call and gives its answer if the bank says that it succeeded. A failed look at a refused payment may
// carry the refusal in its own Success and ErrorCode; it is an answer all the same.
func (d *Driver) call(ctx context.Context, a banks.Account, path string, e effect, r *request) (object, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.Address+path, bytes.NewReader(r.signed(a.Password)))
	if err != nil {
		return nil, &banks.Error{Class: banks.Config, Cause: errors.New("the account's address is not one")}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	got, err := d.out.Do(req)
	if err != nil {
		return nil, fmt.Errorf("tbank %s: %w", path, err)
	}
	if got.Status != http.StatusOK {
		return nil, unknown(fmt.Errorf("HTTP status %d", got.Status))
	}
	return readAnswer(got.Body, a.Terminal, e)
}

// readAnswer checks what all answers have in common.
func readAnswer(body []byte, terminal string, e effect) (object, error) {
	answer, err := parseObject(body)
	if err != nil {
		return nil, unknown(err)
	}
	success, said := answer.truth("Success")
	code := answer.text("ErrorCode")
	if !said || success != (code == "0") || code == "" {
		return nil, unknown(errors.New("the answer says neither success nor failure"))
	}
	if named := answer.text("TerminalKey"); named != "" && named != terminal {
		return nil, unknown(errors.New("the answer is another terminal's"))
	}
	if !success && !(e == looks && toldRefusal(answer)) {
		return nil, refusal(code, message(answer), e)
	}
	return answer, nil
}

func toldRefusal(answer object) bool {
	word := answer.text("Status")
	return answer.text("PaymentId") != "" && (statusOf(word) == banks.Declined || word == "AUTH_FAIL")
}

func unknown(cause error) *banks.Error { return &banks.Error{Class: banks.Unknown, Cause: cause} }

func message(o object) string {
	if text := o.text("Message"); text != "" {
		return text
	}
	return o.text("Details")
}

// paymentID is the form of the bank's number: digits, at most 20 (§3).
func paymentID(text string) bool { return len(text) <= 20 && digitsOnly(text) }
