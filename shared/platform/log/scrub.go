package log

import (
	"regexp"
	"strings"
	"sync"
)

// onUse compiles an expression when it is first asked for: a function on Lambda starts without them.
func onUse(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

var (
	tokenText = onUse(`\b(gb_(?:test|live|ops)_|whsec_)[A-Za-z0-9+/=_-]{4,}`)
	mailText  = onUse(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`)
	linkText  = onUse(`\b[tl][a-z2-7]{49}\b`) // ids.Link
	panText   = onUse(`\d(?:[ -]?\d){12,18}`)
)

// Scrub masks what looks like a token, an e-mail address, a payment link or a card number within a text.
func Scrub(text string) string {
	if strings.Contains(text, "gb_") || strings.Contains(text, "whsec_") {
		text = tokenText().ReplaceAllString(text, "${1}"+Masked)
	}
	if strings.Contains(text, "@") {
		text = mailText().ReplaceAllString(text, Masked)
	}
	if len(text) >= 50 {
		text = linkText().ReplaceAllString(text, Masked)
	}
	if countDigits(text) >= 13 {
		text = panText().ReplaceAllStringFunc(text, func(found string) string {
			if luhn(found) {
				return Masked
			}
			return found
		})
	}
	return text
}

func countDigits(text string) (n int) {
	for i := range len(text) {
		if text[i] >= '0' && text[i] <= '9' {
			n++
		}
	}
	return n
}

// luhn tells card numbers from other long numbers: bank ids and amounts stay readable nine times out of ten.
func luhn(text string) bool {
	sum, double := 0, false
	for i := len(text) - 1; i >= 0; i-- {
		if text[i] < '0' || text[i] > '9' {
			continue
		}
		d := int(text[i] - '0')
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		double = !double
	}
	return sum%10 == 0
}
