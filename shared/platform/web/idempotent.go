package web

import (
	"crypto/sha256"
	"errors"
	"strings"

	"giberno.ru/shared/core/fault"
)

// MaxIdempotencyKey is the longest key, in characters.
const MaxIdempotencyKey = 128

// ErrIdempotencyKeyRequired is the refusal of a call that moves money and carries no key.
var ErrIdempotencyKeyRequired = fault.Malformed("idempotency_key_required", "This call needs an Idempotency-Key.")

// Idempotent is mixed into the input of an operation that takes an Idempotency-Key.
type Idempotent struct {
	IdempotencyKey IdempotencyKey `header:"Idempotency-Key" doc:"1–128 visible ASCII characters and inner spaces, quoted or bare: the same key with the same body gets the same answer" example:"order-A-1047"`
}

// Key gives the key without its quotes; "" when the caller sent none.
func (i Idempotent) Key() string { return i.IdempotencyKey.text }

// RequireKey gives the key, or ErrIdempotencyKeyRequired.
func (i Idempotent) RequireKey() (string, error) {
	if i.IdempotencyKey.text == "" {
		return "", ErrIdempotencyKeyRequired
	}
	return i.IdempotencyKey.text, nil
}

// WithKey makes the mix-in by hand, for calls that come from inside the house.
func WithKey(key string) Idempotent { return Idempotent{IdempotencyKey{key}} }

// IdempotencyKey is the value of the header: an sf-string of RFC 8941 or the bare text; both forms are the same key.
type IdempotencyKey struct{ text string }

var errIdempotencyKey = errors.New("must be 1 to 128 visible ASCII characters, quoted or bare")

// UnmarshalText reads the header.
func (k *IdempotencyKey) UnmarshalText(raw []byte) error {
	text, err := parseIdempotencyKey(string(raw))
	k.text = text
	return err
}

// MarshalText gives the bare key.
func (k IdempotencyKey) MarshalText() ([]byte, error) { return []byte(k.text), nil }

func parseIdempotencyKey(header string) (string, error) {
	text := strings.Trim(header, " \t")
	if len(text) > 2*MaxIdempotencyKey+2 {
		return "", errIdempotencyKey
	}
	if strings.HasPrefix(text, `"`) {
		var ok bool
		if text, ok = unquote(text); !ok {
			return "", errIdempotencyKey
		}
	} else if strings.Contains(text, `"`) { // a list or a parameter, not a key
		return "", errIdempotencyKey
	}
	if text == "" || len(text) > MaxIdempotencyKey || strings.Trim(text, " ") != text {
		return "", errIdempotencyKey
	}
	for _, c := range []byte(text) {
		if c < 0x20 || c > 0x7e {
			return "", errIdempotencyKey
		}
	}
	return text, nil
}

// unquote reads an sf-string: in quotes, with \" and \\ as its only escapes, and nothing behind it.
func unquote(text string) (string, bool) {
	var out strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; c {
		case '"':
			return out.String(), i == len(text)-1
		case '\\':
			if i++; i == len(text) || text[i] != '"' && text[i] != '\\' {
				return "", false
			}
			out.WriteByte(text[i])
		default:
			out.WriteByte(c)
		}
	}
	return "", false
}

// BodyHash is SHA-256 over the canonical JSON of a parsed input: fields in the order of the struct, names of maps sorted. Two
// requests that differ only in spelling (spaces, order of fields, 1.0 and 1.00 where the type reads both) have one hash.
func BodyHash(parsed any) [32]byte {
	canonical, err := Render(parsed)
	if err != nil { // what was read from JSON can be written as JSON
		panic(err)
	}
	return sha256.Sum256(canonical)
}

// Reply is the output of an operation whose answer may be a replay of the first one.
type Reply[T any] struct {
	Status   int
	Replayed string `header:"Idempotent-Replayed" enum:"true" doc:"true: the answer of the first request with this key, byte for byte"`
	Body     T
}

// Fresh is a first answer. Status 0 is the operation's own.
func Fresh[T any](status int, body T) *Reply[T] { return &Reply[T]{Status: status, Body: body} }

// Again is a first answer given once more. The bytes are the same when the body is: keep what it was made of, or keep the
// rendered bytes themselves and use Rendered as the body.
func Again[T any](status int, body T) *Reply[T] {
	return &Reply[T]{Status: status, Replayed: "true", Body: body}
}

func (r *Reply[T]) orStatus(status int) {
	if r.Status == 0 {
		r.Status = status
	}
}
