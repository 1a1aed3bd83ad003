// Package page is the vocabulary of lists: a limit, and a signed cursor that says where the next page begins.
package page

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"

	"giberno.ru/shared/core/fault"
)

// The limits of a list.
const (
	DefaultLimit = 20
	MaxLimit     = 100
)

// List is one page: bare items and, while there may be more, the cursor of the next page.
type List[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"next_cursor,omitempty" doc:"Present while there may be more; a page may be short, even empty, before the last"`
}

// ErrCursor is the fault of a cursor that we did not sign for this list.
var ErrCursor = fault.Invalid("invalid_cursor", "The cursor does not belong to this list.")

// Signer signs cursors, so that a caller can only continue lists that we began.
type Signer struct{ Key []byte }

// Sign makes the cursor of position within a list; scope names the list and its owner.
func (s Signer) Sign(scope, position string) string {
	return base64.RawURLEncoding.EncodeToString(append(s.mac(scope, position), position...))
}

// Open gives back the position of a cursor of the same scope. The empty cursor is the beginning: "", nil.
func (s Signer) Open(scope, cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	if len(cursor) > 1024 {
		return "", ErrCursor
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(raw) < macLen {
		return "", ErrCursor
	}
	position := string(raw[macLen:])
	if !hmac.Equal(raw[:macLen], s.mac(scope, position)) {
		return "", ErrCursor
	}
	return position, nil
}

const macLen = 16

func (s Signer) mac(scope, position string) []byte {
	h := hmac.New(sha256.New, s.Key)
	// The scope's length goes first, so that no scope runs into a position.
	var size [8]byte
	binary.BigEndian.PutUint64(size[:], uint64(len(scope)))
	h.Write(size[:])
	h.Write([]byte(scope))
	h.Write([]byte(position))
	return h.Sum(nil)[:macLen]
}
