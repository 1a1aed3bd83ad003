package atol

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"giberno.ru/shared/receipts"
)

// maxNotice bounds a notice; a real one has about a kilobyte.
const maxNotice = 64 << 10

// ErrMalformed is a body that is no notice of the service.
var ErrMalformed = errors.New("atol: not a notice")

// Notice names a receipt that the service may have finished. Anybody can send one, for it is not signed: it is a reason to
// ask for the report of a receipt that we know, and nothing else in it is read.
type Notice struct {
	UUID       string
	ExternalID string // our ID of the draft; "" where the service leaves it out
}

// ParseNotice reads what was posted to a draft's NotifyURL. It fails with ErrMalformed.
func ParseNotice(raw []byte) (Notice, error) {
	if len(raw) > maxNotice || !utf8.Valid(raw) {
		return Notice{}, ErrMalformed
	}
	a, err := readAnswer(raw)
	if err != nil {
		return Notice{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if !validUUID(a.UUID) || tooLong(a.ExternalID, receipts.MaxDraftID) {
		return Notice{}, fmt.Errorf("%w: it names no receipt", ErrMalformed)
	}
	return Notice{UUID: a.UUID, ExternalID: a.ExternalID}, nil
}

// validUUID reports the form of the service's numbers, 8-4-4-4-12 hexadecimal digits; they become parts of addresses.
func validUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i := range len(text) {
		c := text[i]
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (c == '-') || !dash && !('0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F') {
			return false
		}
	}
	return true
}
