package banks

import (
	"strings"
	"unicode"
)

// maxText bounds a bank's text for the operator.
const maxText = 500

// maskPan lets a masked card number through and masks a whole one. What is neither becomes "". Banks show at most the
// first eight and the last four digits; we keep six and four of a number that shows more.
func maskPan(pan string) string {
	digits := 0
	for _, r := range pan {
		switch {
		case '0' <= r && r <= '9':
			digits++
		case !strings.ContainsRune("*Xx• -", r):
			return ""
		}
	}
	pan = strings.NewReplacer(" ", "", "-", "", "X", "*", "x", "*", "•", "*").Replace(pan)
	length := len(pan)
	masked := digits < length
	switch {
	case length > 25 || length < 12 && !masked:
		return ""
	case masked && digits <= 10 || digits == 12 && length == 16 && strings.Count(pan, "*") == 4:
		return pan
	}
	return pan[:6] + strings.Repeat("*", length-10) + pan[length-4:]
}

// Brand tells the card's system by the leading digits that a mask leaves: mir, visa, mastercard, unionpay, or "".
func Brand(pan string) string {
	lead := 0
	for i := 0; i < 4; i++ {
		if i >= len(pan) || pan[i] < '0' || pan[i] > '9' {
			return ""
		}
		lead = lead*10 + int(pan[i]-'0')
	}
	switch {
	case 2200 <= lead && lead <= 2204:
		return "mir"
	case 4000 <= lead && lead <= 4999:
		return "visa"
	case 5100 <= lead && lead <= 5599, 2221 <= lead && lead <= 2720:
		return "mastercard"
	case 6200 <= lead && lead <= 6299:
		return "unionpay"
	}
	return ""
}

// cleanText makes a bank's text fit for logs and operators: one line, bounded, and without card numbers, which some banks
// repeat in their texts.
func cleanText(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "�"))
	if runes := []rune(text); len(runes) > maxText {
		text = string(runes[:maxText])
	}
	return maskCards(text)
}

// maskCards masks every run of 13 to 19 digits, spaces and dashes between them allowed, whose check digit is that of a card.
func maskCards(text string) string {
	out := []byte(text)
	for start := 0; start < len(out); {
		if !isDigit(out[start]) {
			start++
			continue
		}
		end, places := digitRun(out, start, true)
		if !isCard(out, places) { // perhaps a number with another one behind it
			end, places = digitRun(out, start, false)
		}
		if isCard(out, places) {
			for _, p := range places[6 : len(places)-4] {
				out[p] = '*'
			}
		}
		start = end
	}
	return string(out)
}

func isCard(text []byte, places []int) bool {
	return len(places) >= 13 && len(places) <= 19 && luhn(text, places)
}

// digitRun gives the places of the digits of a run, which may be grouped by single spaces or dashes, and where it ends.
func digitRun(text []byte, start int, grouped bool) (end int, places []int) {
	at := start
	for at < len(text) {
		switch {
		case isDigit(text[at]):
			places = append(places, at)
		case grouped && (text[at] == ' ' || text[at] == '-') && at+1 < len(text) && isDigit(text[at+1]):
		default:
			return at, places
		}
		at++
	}
	return at, places
}

func luhn(text []byte, places []int) bool {
	sum := 0
	for i, p := range places {
		d := int(text[p] - '0')
		if (len(places)-i)%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

// expiry keeps MM/YY and nothing else.
func expiry(text string) string {
	if len(text) != 5 || text[2] != '/' || !isDigit(text[0]) || !isDigit(text[1]) || !isDigit(text[3]) || !isDigit(text[4]) {
		return ""
	}
	return text
}
