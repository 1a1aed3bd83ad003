package pages

import (
	"strconv"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/receipts"
)

type english struct{}

func (english) Lang() string { return "en" }
func (english) Name() string { return "English" }

func (english) Languages() string { return "Language of the page" }
func (english) TestMode() string  { return "Test payment: no money is taken" }
func (english) Secure() string {
	return "Card details are entered on the bank’s own secure page only. Payment by Giberno."
}
func (english) Support() string { return "Questions about the order:" }

func (english) Title(shop string) string     { return "Payment — " + shop }
func (english) PayTo() string                { return "Payment to" }
func (english) OrderNumber(id string) string { return "Order " + id }
func (english) Total() string                { return "To pay" }
func (english) Until(when string) string     { return "Can be paid until " + when }
func (english) Lines(n int) string {
	if n == 1 {
		return "1 item in the order"
	}
	return strconv.Itoa(n) + " items in the order"
}
func (english) ChooseWay() string { return "Choose how to pay" }
func (english) OneWay() string    { return "How to pay" }
func (english) Way(m banks.Method) string {
	switch m {
	case banks.SBP:
		return "SBP"
	case banks.Card:
		return "Bank card"
	case banks.CardForeign:
		return "Card of a foreign bank"
	case banks.Instalments:
		return "Instalments"
	}
	return string(m)
}
func (english) WayHint(m banks.Method) string {
	switch m {
	case banks.SBP:
		return "Quick: confirm in the app of your Russian bank"
	case banks.Card:
		return "Card of a Russian bank"
	case banks.CardForeign:
		return "Card issued outside Russia"
	case banks.Instalments:
		return "Several payments instead of one"
	}
	return ""
}
func (english) CardQuestion() string   { return "Is your card from a Russian or a foreign bank?" }
func (english) CardHome() string       { return "Russian bank" }
func (english) CardHomeHint() string   { return "The card was issued in Russia" }
func (english) CardAbroad() string     { return "Foreign bank" }
func (english) CardAbroadHint() string { return "The card was issued in Kazakhstan or another country" }
func (english) OtherWays() string      { return "Or without a card" }
func (english) NoWay() string          { return "This order cannot be paid right now" }
func (english) NoWayLead() string {
	return "No way to pay this order is available at the moment. Try again later, or write to the shop: it may offer another way."
}
func (english) WayClosed() string {
	return "This way is not available now. Choose another one or try again later."
}
func (english) WayUnknown() string { return "Choose one of the ways to pay below." }
func (english) AttemptsUsedUp() string {
	return "There were too many attempts to pay. Ask the shop for a new link."
}
func (english) Unfinished(way string) string { return "You have already started to pay: " + way + "." }
func (english) Continue() string             { return "Return to the bank’s page" }

func (english) Preparing() string { return "Preparing your payment" }
func (english) PreparingLead() string {
	return "The bank is opening its payment page. This usually takes a few seconds."
}
func (english) Ready() string     { return "The bank’s page is ready" }
func (english) ReadyLead() string { return "Continue on the bank’s secure page." }
func (english) ToBank() string    { return "Continue to the bank" }
func (english) Waiting() string   { return "Waiting for the bank" }
func (english) WaitingLead() string {
	return "If you have confirmed the payment, there is nothing left to do: this page will show the result by itself."
}
func (english) BackToBank() string { return "Return to the bank’s page" }
func (english) Unknown() string    { return "The bank has not told us the result yet" }
func (english) UnknownLead() string {
	return "We are asking the bank whether the payment went through. You may close this page: the result will not be lost."
}
func (english) DoNotPayAgain() string { return "Please do not pay a second time." }
func (english) Silent() string        { return "The bank does not answer" }
func (english) SilentLead() string {
	return "Nothing was charged. Try again or choose another way to pay."
}
func (english) CheckAgain() string { return "Check now" }
func (english) ChecksItself(seconds int) string {
	return "This page refreshes by itself in " + strconv.Itoa(seconds) + " s."
}
func (english) StopChecking() string { return "Stop refreshing" }
func (english) OtherWay() string     { return "Choose another way to pay" }
func (english) TryAgain() string     { return "Try again" }

func (english) Paid() string         { return "Paid" }
func (english) PaidLead() string     { return "Thank you! Your order is paid." }
func (english) PaidAmount() string   { return "Amount" }
func (english) Shop() string         { return "Shop" }
func (english) Card() string         { return "Card" }
func (english) Date() string         { return "Date" }
func (english) Receipt() string      { return "Open the receipt" }
func (english) ReceiptSoon() string  { return "The receipt will come to your e-mail." }
func (english) Returned() string     { return "Returned" }
func (english) ReturnToShop() string { return "Return to the shop" }
func (english) Held() string         { return "Payment authorised" }
func (english) HeldLead() string {
	return "The amount is reserved on your account. It will be taken when the shop confirms the order."
}
func (english) Declined() string { return "The payment did not go through" }
func (english) Decline(code banks.DeclineCode) string {
	switch code {
	case banks.InsufficientFunds:
		return "There is not enough money on the card or account. Top it up or choose another way to pay."
	case banks.CardExpired:
		return "The card has expired. Use another card."
	case banks.CardInvalid:
		return "The bank did not recognise the card. Check its number, date and code."
	case banks.LimitExceeded:
		return "A limit of the card or account was exceeded. Change it in your bank’s app or choose another way."
	case banks.NotPermitted:
		return "The bank does not allow such payments with this card. Choose another card or way to pay."
	case banks.AuthenticationFailed:
		return "The payment was not confirmed with the bank’s code. Try again."
	case banks.SuspectedFraud:
		return "The bank stopped the payment as a precaution. Call your bank or choose another way to pay."
	case banks.IssuerUnavailable:
		return "The bank that issued the card does not answer. Try again in a few minutes."
	case banks.ForeignCardRefused:
		return "Cards of foreign banks are not accepted here. Choose another way to pay."
	case banks.SBPRefused:
		return "Your bank did not carry out the SBP payment. Try again or pay by card."
	case banks.InstalmentsRefused:
		return "The instalments were not approved. Choose another way to pay."
	case banks.CancelledByPayer:
		return "You cancelled the payment. You can pay whenever you are ready."
	}
	return "The bank did not carry out the payment. Try again or choose another way to pay."
}
func (english) NothingCharged() string { return "Nothing was charged." }
func (english) Stopped() string        { return "The payment was cancelled" }
func (english) StoppedLead() string    { return "Nothing was charged. The order can be paid again." }
func (english) Lapsed() string         { return "The time for the payment is over" }
func (english) LapsedLead() string     { return "Nothing was charged. The order can be paid again." }
func (english) Expired() string        { return "The order has expired" }
func (english) ExpiredLead() string {
	return "This link can no longer be paid. Ask the shop for a new one."
}
func (english) Cancelled() string { return "The order was cancelled" }
func (english) CancelledLead() string {
	return "The shop cancelled the order; there is nothing to pay."
}
func (english) PaidLate() string {
	return "Your payment came after the order had been cancelled. The money will be returned."
}

func (english) ReceiptHead(of payments.Operation) string {
	switch of {
	case payments.OfRefund:
		return "Receipt of refund"
	case payments.OfFulfilment:
		return "Closing receipt"
	case payments.OfCorrection:
		return "Correction receipt"
	}
	return "Receipt"
}
func (english) ReceiptKind(k receipts.Kind) string {
	switch k {
	case receipts.IncomeReturn:
		return "Return of income"
	case receipts.IncomeCorrection:
		return "Correction of income"
	case receipts.IncomeReturnCorrection:
		return "Correction of a return of income"
	}
	return "Income"
}
func (english) ReceiptSign() string          { return "Sign" }
func (english) ReceiptTotal() string         { return "Total" }
func (english) VAT() string                  { return "VAT" }
func (english) NoVAT() string                { return "No VAT" }
func (english) Including(what string) string { return "Including " + what }
func (english) FN() string                   { return "Fiscal storage (FN)" }
func (english) FD() string                   { return "Fiscal document (FD)" }
func (english) FP() string                   { return "Fiscal sign (FP)" }
func (english) Till() string                 { return "Till (RN KKT)" }
func (english) Shift() string                { return "Shift" }
func (english) ReceiptNumber() string        { return "Number within the shift" }
func (english) ReceiptCode() string          { return "QR code of the receipt" }
func (english) ReceiptCheck() string {
	return "The receipt can be checked in the app of the Russian tax service: point its camera at the code."
}
func (english) AtOperator() string { return "The receipt at the fiscal data operator" }
func (english) ReceiptByShop() string {
	return "The shop gave this receipt. We have not checked it."
}
func (english) ReceiptPending() string { return "The receipt is being made" }
func (english) ReceiptPendingLead() string {
	return "The till has not made the receipt yet. This usually takes a few minutes. It will also come to your e-mail."
}
func (english) ReceiptFailed() string { return "The receipt was not made" }
func (english) ReceiptFailedLead() string {
	return "The till did not make this receipt. Nothing has happened to your money; ask the shop for the receipt."
}
func (english) ToOrder() string { return "To the order" }

func (english) NotFound() string { return "There is no such link" }
func (english) NotFoundLead() string {
	return "Check the address: it may have been copied only in part. The shop can send you a new link."
}
func (english) Refused() string { return "The request was refused" }
func (english) RefusedLead() string {
	return "The form was not sent from this page. Open the payment link again."
}
func (english) Broken() string { return "Something went wrong" }
func (english) BrokenLead() string {
	return "It is our fault. Wait a little and open the page again: if the payment went through, it will show it."
}

func (english) Month(n int) string {
	return [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}[n-1]
}
func (t english) Day(day, month, year int) string {
	return strconv.Itoa(day) + thin + t.Month(month) + " " + strconv.Itoa(year)
}
func (english) Moscow() string { return "Moscow time" }
func (english) Almaty() string { return "Almaty time" }
