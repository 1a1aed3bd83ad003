package tbank

import (
	"strings"
	"unicode"
)

const maxDescription = 140

// description is the text on the bank's page: one line of at most 140 characters, cut between words where a word ends near
// enough, and never inside a letter with its marks.
func description(text string) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	runes := []rune(text)
	if len(runes) <= maxDescription {
		return text
	}
	cut := maxDescription - 1 // room for the ellipsis
	for back := cut; back > cut-30; back-- {
		if runes[back] == ' ' {
			return strings.TrimRight(string(runes[:back]), " ") + "…"
		}
	}
	for cut > 0 && joinsPrevious(runes[cut]) {
		cut--
	}
	if cut > 0 && runes[cut-1] == zeroWidthJoiner {
		cut--
	}
	return string(runes[:cut]) + "…"
}

const zeroWidthJoiner = '\u200d'

// joinsPrevious reports whether a rune belongs to the letter or picture before it.
func joinsPrevious(r rune) bool {
	return unicode.Is(unicode.M, r) || r == zeroWidthJoiner || 0x1f3fb <= r && r <= 0x1f3ff
}
