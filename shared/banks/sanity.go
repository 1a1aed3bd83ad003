package banks

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"giberno.ru/shared/core/money"
)

// The forms that hold for every bank.
const (
	maxReference = 30
	maxBankID    = 128
	maxCode      = 32
	maxPageURL   = 4096
)

// checkCharge refuses what no bank could be asked to do.
func checkCharge(c Charge, now time.Time) error {
	switch {
	case !isReference(c.Reference):
		return badRequest("the reference must have 1 to 30 characters of a to z and 0 to 9")
	case c.Amount.Amount <= 0 || !c.Amount.Currency.Known():
		return badRequest("the amount must be positive and of a known currency")
	case !c.Deadline.After(now):
		return badRequest("the deadline has passed")
	case !isMethod(c.Method):
		return badRequest("the method is unknown")
	}
	return nil
}

func checkRef(r Ref) error {
	if r.BankID == "" && r.Reference == "" {
		return badRequest("neither reference nor the bank's number is known")
	}
	if r.Reference != "" && !isReference(r.Reference) || r.BankID != "" && !isBankID(r.BankID) {
		return badRequest("the reference or the bank's number has no right form")
	}
	return nil
}

// checkCapture refuses more than was held, and the wrong currency. A Ref without amount leaves that to the bank.
func checkCapture(r Ref, amount money.Money) error {
	if amount.Amount <= 0 || !amount.Currency.Known() {
		return badRequest("the amount must be positive and of a known currency")
	}
	if exceeds(amount, r.Amount) {
		return badRequest("more than was held, or another currency")
	}
	return nil
}

// checkOpened refuses an answer that the payer could not follow. The bank may have made the payment, so it is Unknown.
func checkOpened(o Opened) error {
	if !isBankID(o.BankID) {
		return unknown("the bank's number of the payment has no right form")
	}
	if o.PageURL == "" && o.QR == "" || o.PageURL != "" && !isWeb(o.PageURL) || o.QR != "" && !isWeb(o.QR) {
		return unknown("the bank's page has no right address")
	}
	return nil
}

// checkNews refuses an answer about another payment than the one that was asked about, and one that cannot be true of it.
func checkNews(r Ref, n News) error {
	if r.Reference != "" && n.Reference != "" && n.Reference != r.Reference {
		return unknown("the answer has another reference")
	}
	if r.BankID != "" && n.BankID != "" && n.BankID != r.BankID {
		return unknown("the answer has another number of the bank's")
	}
	return checkLeft(r, n)
}

// clean makes a bank's news fit to go further: a status of ours, a mask that is one, texts without secrets, a card's
// number or control characters in them.
func clean(n News) News {
	if !n.Status.Known() {
		n.Status = Unrecognised
	}
	n.Word = cleanCode(n.Word)
	n.Card.Pan = maskPan(n.Card.Pan)
	n.Card.Expires = expiry(n.Card.Expires)
	if n.Card.Pan == "" {
		n.Card = CardMask{}
	}
	n.Decline.Message = cleanText(n.Decline.Message)
	if n.Amount != nil && n.Amount.Amount < 0 {
		n.Amount, n.Status = nil, Unrecognised
	}
	if n.Left != nil && n.Left.Amount < 0 {
		n.Left, n.Status = nil, Unrecognised
	}
	return n
}

func isReference(text string) bool {
	return text != "" && len(text) <= maxReference && !strings.ContainsFunc(text, notPlain)
}

func notPlain(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }

func isBankID(text string) bool {
	if text == "" || len(text) > maxBankID {
		return false
	}
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"'<>&\`, r) })
}

func isMethod(m Method) bool {
	for _, known := range Methods {
		if known == m {
			return true
		}
	}
	return false
}

func isWeb(text string) bool {
	if len(text) > maxPageURL {
		return false
	}
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http")
}

// cleanCode keeps a short word of a bank: printable ASCII, bounded.
func cleanCode(code string) string {
	code = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, code)
	if len(code) > maxCode {
		code = code[:maxCode]
	}
	return maskCards(code)
}

// loggable is a reference as a log may show it: one that has not the form of a reference could be anything.
func loggable(reference string) string {
	if reference == "" || isReference(reference) {
		return reference
	}
	return fmt.Sprintf("malformed(%d)", len(reference))
}

func badRequest(why string) *Error { return &Error{Class: BadRequest, Cause: errors.New(why)} }

func unknown(why string) *Error { return &Error{Class: Unknown, Cause: errors.New(why)} }
