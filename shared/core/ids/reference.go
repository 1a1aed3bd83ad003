package ids

import (
	"crypto/subtle"
	"encoding/hex"
	"io"
	"strings"

	"giberno.ru/shared/core/fault"
)

// MaxAttempts is how many payments an order may have; their numbers have two digits in a reference.
const MaxAttempts = 20

const referenceLen = 1 + 23 + 2 // mode, 14 bytes in base32, attempt

// Reference is the name of attempt n of an order at a bank: mode letter, base32 of the order's id, two digits. It has
// 26 characters of [a-z0-9], within the 30 that every bank of ours takes, and needs no index to be read back.
func Reference(m Mode, order ID, attempt int) string {
	return string(m) + base32Lower.EncodeToString(order[:14]) + string([]byte{byte('0' + attempt/10), byte('0' + attempt%10)})
}

// ParseReference reads a Reference back. ok is false for everything that this platform did not make.
func ParseReference(text string) (m Mode, order ID, attempt int, ok bool) {
	if len(text) != referenceLen || !Mode(text[:1]).Valid() {
		return "", ID{}, 0, false
	}
	raw, err := base32Lower.DecodeString(text[1:24])
	if err != nil || len(raw) != 14 {
		return "", ID{}, 0, false
	}
	copy(order[:], raw)
	tens, ones := text[24], text[25]
	if order != order.stamped() || tens < '0' || tens > '9' || ones < '0' || ones > '9' {
		return "", ID{}, 0, false
	}
	attempt = int(tens-'0')*10 + int(ones-'0')
	if attempt < 1 || attempt > MaxAttempts || Reference(Mode(text[:1]), order, attempt) != text {
		return "", ID{}, 0, false
	}
	return Mode(text[:1]), order, attempt, true
}

// LinkKey is the secret half of a payment link: 128 random bits that only the payer's address and the order's row know.
type LinkKey [16]byte

// NewLinkKey draws the secret of a link.
func NewLinkKey(random io.Reader) (LinkKey, error) {
	var k LinkKey
	if _, err := io.ReadFull(random, k[:]); err != nil {
		return LinkKey{}, fault.Internal(err)
	}
	return k, nil
}

// Equal compares in constant time.
func (k LinkKey) Equal(o LinkKey) bool { return subtle.ConstantTimeCompare(k[:], o[:]) == 1 }

// MarshalText writes lower-case hex.
func (k LinkKey) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(k[:])), nil }

// UnmarshalText reads lower-case hex.
func (k *LinkKey) UnmarshalText(text []byte) error {
	if len(text) != 32 {
		return ErrID
	}
	if _, err := hex.Decode(k[:], text); err != nil {
		return ErrID
	}
	return nil
}

const linkLen = 1 + 23 + 26 // mode, order, key

// Link is the last segment of a payer's address: mode letter, order id and the link's secret, in base32.
func Link(m Mode, order ID, key LinkKey) string {
	return string(m) + base32Lower.EncodeToString(order[:14]) + base32Lower.EncodeToString(key[:])
}

// ParseLink reads a Link back; ok says only that the form is right: the key must still be compared with the order's.
func ParseLink(text string) (m Mode, order ID, key LinkKey, ok bool) {
	if len(text) != linkLen || !Mode(text[:1]).Valid() || strings.ToLower(text) != text {
		return "", ID{}, LinkKey{}, false
	}
	rawOrder, err1 := base32Lower.DecodeString(text[1:24])
	rawKey, err2 := base32Lower.DecodeString(text[24:])
	if err1 != nil || err2 != nil {
		return "", ID{}, LinkKey{}, false
	}
	copy(order[:], rawOrder)
	copy(key[:], rawKey)
	if order != order.stamped() || Link(Mode(text[:1]), order, key) != text {
		return "", ID{}, LinkKey{}, false
	}
	return Mode(text[:1]), order, key, true
}
