package web

import (
	"unicode/utf8"
)

// isControl reports the characters that no text of ours has: C0, DEL, C1.
func isControl(r rune) bool { return r < 0x20 || r >= 0x7f && r <= 0x9f }

// plainText reports valid UTF-8 without control characters.
func plainText(s string) bool {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || isControl(r) {
			return false
		}
		i += size
	}
	return true
}
