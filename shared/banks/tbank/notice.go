package tbank

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/receipts"
)

// maxNotice bounds a notification; the longest real ones carry a receipt of 100 lines.
const maxNotice = 256 << 10

// Answer is what the bank wants to read: exactly OK. Anything else and it sends the notification again for a month (§6).
func (*Driver) Answer() (contentType string, body []byte) {
	return "text/plain; charset=utf-8", []byte("OK")
}

// Names reads TerminalKey.
func (*Driver) Names(raw []byte, _ http.Header) (terminal string, err error) {
	o, err := readNotice(raw)
	if err != nil {
		return "", err
	}
	terminal = o.text("TerminalKey")
	if terminal == "" || len(terminal) > 64 {
		return "", fmt.Errorf("%w: no terminal", banks.ErrMalformed)
	}
	return terminal, nil
}

// Verify checks the Token over all scalars of the root as received and reads the notification: of a payment, of a receipt
// (Status RECEIPT), or of a saved card or account (NotificationType). A Notice of the last sort names no payment: its
// Reference and BankID are empty, its status is Pending, and nothing follows from it but the answer.
func (*Driver) Verify(a banks.Account, raw []byte, _ http.Header) (banks.Notice, error) {
	o, err := readNotice(raw)
	if err != nil {
		return banks.Notice{}, err
	}
	if o.text("TerminalKey") != a.Terminal || !signedBy(o, a.Password) && !signedBy(o, a.Previous) {
		return banks.Notice{}, banks.ErrForged
	}
	notice := banks.Notice{Terminal: a.Terminal}
	switch {
	case o.text("Status") == "RECEIPT":
		err = readReceipt(o, &notice)
	case o.text("OrderId") == "" && (o.text("NotificationType") != "" || o.text("RequestKey") != ""):
		notice.News = banks.News{Status: banks.Pending, Word: strings.TrimSpace(o.text("NotificationType") + " " + o.text("Status"))}
	default:
		notice.News, err = readPayment(o)
	}
	if err != nil {
		return banks.Notice{}, err
	}
	return notice, nil
}

func readNotice(raw []byte) (object, error) {
	if len(raw) > maxNotice {
		return nil, fmt.Errorf("%w: too long", banks.ErrMalformed)
	}
	o, err := parseObject(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", banks.ErrMalformed, err)
	}
	return o, nil
}

// readPayment holds every member that a payment turns on to its form, because the Token alone does not (see sign).
func readPayment(o object) (banks.News, error) {
	_, hasSuccess := o.truth("Success")
	news, err := newsOf(o, "Amount", stated)
	if err != nil || !hasSuccess || !named(o) || news.Word == "" || o.text("ErrorCode") == "" {
		return banks.News{}, fmt.Errorf("%w: a member is missing or has no right form", banks.ErrMalformed)
	}
	news.Card = cardOf(o)
	return news, nil
}

func named(o object) bool { return o.text("OrderId") != "" && paymentID(o.text("PaymentId")) }

func cardOf(o object) banks.CardMask {
	card := banks.CardMask{Pan: o.text("Pan")}
	card.Brand = banks.Brand(card.Pan)
	if e := o.text("ExpDate"); len(e) == 4 && digitsOnly(e) {
		card.Expires = e[:2] + "/" + e[2:]
	}
	return card
}

// readReceipt reads a receipt notification (§6); its Amount is the total of the lines, of a return those that go back. One
// that says Success false tells that the till failed: the Notice then names the payment, carries the bank's text in
// Decline.Message, and has no Receipt.
func readReceipt(o object, notice *banks.Notice) error {
	kopecks, hasAmount := o.whole("Amount")
	success, said := o.truth("Success")
	if !hasAmount || !said || !named(o) {
		return fmt.Errorf("%w: the receipt names no payment", banks.ErrMalformed)
	}
	notice.News = banks.News{
		Reference: o.text("OrderId"), BankID: o.text("PaymentId"), Status: banks.Pending, Word: "RECEIPT",
	}
	if !success {
		notice.News.Decline = banks.Decline{Code: banks.Generic, Message: o.text("ErrorMessage")}
		if notice.News.Decline.Message == "" {
			notice.News.Decline.Message = message(o)
		}
		return nil
	}
	fd, hasFD := o.whole("FiscalDocumentNumber")
	fp, hasFP := o.whole("FiscalDocumentAttribute")
	fn := o.text("FnNumber")
	if !hasFD || !hasFP || fp > math.MaxUint32 || len(fn) > 16 || !digitsOnly(fn) {
		return fmt.Errorf("%w: the receipt has no fiscal numbers", banks.ErrMalformed)
	}
	shift, _ := o.whole("ShiftNumber")
	number, _ := o.whole("FiscalNumber")
	f := &receipts.Fiscal{
		Total: money.Of(kopecks, money.RUB), FN: fn, FD: fd, FP: fp, RegistrationNumber: o.text("EcrRegNumber"),
		Shift: shift, Number: number, OFD: o.text("Ofd"), URL: webAddress(o.text("Url")), QR: o.text("QrCodeUrl"),
		Kind: receiptKind(o.text("Type")), IssuedAt: receiptTime(o.text("ReceiptDatetime")),
	}
	completeFromQR(f)
	notice.Receipt, notice.Closing = f, settlesInFull(o)
	return nil
}

// settlesInFull reports that no line of the notification's own Receipt is a prepayment: the goods change hands with it. A
// line that names no way of settlement is a full payment (§4). The Token does not cover the object, so it only sorts
// receipts and proves nothing; one that is missing or cannot be read says nothing.
func settlesInFull(o object) bool {
	receipt, ok := o.nested("Receipt")
	if !ok {
		return false
	}
	lines, err := receipt.list("Items", maxItems)
	if err != nil || len(lines) == 0 {
		return false
	}
	for _, line := range lines {
		switch line.text("PaymentMethod") {
		case "full_payment", "partial_payment", "credit", "credit_payment":
		case "":
			if m, named := line.find("PaymentMethod"); named && m.kind != null {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// receiptKind reads Type, of which the schema lists no values. "" is a word that we do not know.
func receiptKind(word string) receipts.Kind {
	switch strings.ToLower(strings.NewReplacer("_", "", " ", "", "-", "").Replace(word)) {
	case "income":
		return receipts.Income
	case "incomereturn":
		return receipts.IncomeReturn
	case "incomecorrection":
		return receipts.IncomeCorrection
	case "incomereturncorrection":
		return receipts.IncomeReturnCorrection
	}
	return ""
}

// completeFromQR takes from the receipt's square what the notification itself did not say in a way that we understand.
func completeFromQR(f *receipts.Fiscal) {
	if f.Kind != "" && !f.IssuedAt.IsZero() {
		return
	}
	q, err := receipts.ParseQR(f.QR)
	if err != nil || q.Identity() != f.Identity() {
		return
	}
	if f.Kind == "" {
		f.Kind = q.Kind()
	}
	if f.IssuedAt.IsZero() && !q.At.IsZero() {
		f.IssuedAt = q.At.UTC()
	}
}

var receiptLayouts = []string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02T15:04",
	"2006-01-02 15:04:05", "2006-01-02 15:04", "02.01.2006 15:04:05", "02.01.2006 15:04",
	"20060102T150405", "20060102T1504",
}

// receiptTime reads ReceiptDatetime, whose form no text states; without an offset it is Moscow's. Zero when unreadable.
func receiptTime(text string) time.Time {
	for _, layout := range receiptLayouts {
		if at, err := time.ParseInLocation(layout, text, receipts.Moscow); err == nil && at.Year() >= 2000 {
			return at.UTC()
		}
	}
	return time.Time{}
}

// webAddress lets only an absolute http or https address through: it becomes a link that people click.
func webAddress(text string) string {
	u, err := url.Parse(text)
	if err != nil || len(text) > 2048 || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return text
}
