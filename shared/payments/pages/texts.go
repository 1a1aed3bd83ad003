package pages

import (
	"slices"
	"strings"

	"golang.org/x/text/language"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/receipts"
)

// Texts is everything that the pages say, in one language. A language that lacks a text does not compile.
type Texts interface {
	Lang() string // BCP 47
	Name() string // of the language, in itself

	// Around every page.
	Languages() string
	TestMode() string
	Secure() string
	Support() string

	// The choice.
	Title(shop string) string
	PayTo() string
	OrderNumber(id string) string
	Total() string
	Until(when string) string
	Lines(n int) string
	ChooseWay() string
	OneWay() string
	Way(m banks.Method) string
	WayHint(m banks.Method) string
	CardQuestion() string
	CardHome() string
	CardHomeHint() string
	CardAbroad() string
	CardAbroadHint() string
	OtherWays() string
	NoWay() string
	NoWayLead() string
	WayClosed() string
	WayUnknown() string
	AttemptsUsedUp() string
	Unfinished(way string) string
	Continue() string

	// The waiting.
	Preparing() string
	PreparingLead() string
	Ready() string
	ReadyLead() string
	ToBank() string
	Waiting() string
	WaitingLead() string
	BackToBank() string
	Unknown() string
	UnknownLead() string
	DoNotPayAgain() string
	Silent() string
	SilentLead() string
	CheckAgain() string
	ChecksItself(seconds int) string
	StopChecking() string
	OtherWay() string
	TryAgain() string

	// The result.
	Paid() string
	PaidLead() string
	PaidAmount() string
	Shop() string
	Card() string
	Date() string
	Receipt() string
	ReceiptSoon() string
	Returned() string
	ReturnToShop() string
	Held() string
	HeldLead() string
	Declined() string
	Decline(code banks.DeclineCode) string
	NothingCharged() string
	Stopped() string
	StoppedLead() string
	Lapsed() string
	LapsedLead() string
	Expired() string
	ExpiredLead() string
	Cancelled() string
	CancelledLead() string
	PaidLate() string

	// The receipt. ReceiptHead and ReceiptKind know every operation and kind; FN … ReceiptNumber name the figures of the till.
	ReceiptHead(of payments.Operation) string
	ReceiptKind(k receipts.Kind) string
	ReceiptSign() string
	ReceiptTotal() string
	VAT() string
	NoVAT() string
	Including(what string) string
	FN() string
	FD() string
	FP() string
	Till() string
	Shift() string
	ReceiptNumber() string
	ReceiptCode() string
	ReceiptCheck() string
	AtOperator() string
	ReceiptByShop() string
	ReceiptPending() string
	ReceiptPendingLead() string
	ReceiptFailed() string
	ReceiptFailedLead() string
	ToOrder() string

	// Trouble.
	NotFound() string
	NotFoundLead() string
	Refused() string
	RefusedLead() string
	Broken() string
	BrokenLead() string

	// Month is the month's name as it stands in a date, 1 … 12, Day a date with its year; Moscow and Almaty name the zones.
	Month(n int) string
	Day(day, month, year int) string
	Moscow() string
	Almaty() string
}

// catalogue lists the languages; the first one is for payers of whom nothing is known.
var catalogue = []Texts{russian{}, kazakh{}, english{}}

// textsOf finds a language by its tag.
func textsOf(tag string) (Texts, bool) {
	i := slices.IndexFunc(catalogue, func(t Texts) bool { return t.Lang() == tag })
	if i < 0 {
		return nil, false
	}
	return catalogue[i], true
}

var matcher = language.NewMatcher([]language.Tag{language.Russian, language.Kazakh, language.English})

// maxAcceptLanguage is as much of the header as is read; browsers send far less.
const maxAcceptLanguage = 256

// pickTexts chooses the language: the payer's own choice, what the partner said of him, what his browser says.
// A browser that speaks none of ours gets English.
func pickTexts(chosen, ofOrder, acceptLanguage string) Texts {
	for _, tag := range []string{chosen, ofOrder} {
		if t, ok := textsOf(tag); ok {
			return t
		}
	}
	acceptLanguage = strings.TrimSpace(acceptLanguage)
	if acceptLanguage == "" || acceptLanguage == "*" || len(acceptLanguage) > maxAcceptLanguage {
		return catalogue[0]
	}
	wanted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(wanted) == 0 {
		return catalogue[0]
	}
	_, i, confidence := matcher.Match(wanted...)
	if confidence == language.No {
		return english{}
	}
	return catalogue[i]
}
