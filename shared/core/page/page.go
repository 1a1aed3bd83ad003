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
type Signer struct {
	Key []byte
	// Source gives the key instead, when the first list is opened: on AWS it costs a round trip. What it has given once it
	// must give again, at no cost; it is called from many goroutines.
	Source func() ([]byte, error)
}

// Sign makes the cursor of position within a list; scope names the list and its owner. Every list is opened first, and Open
// has made sure of the key.
func (s Signer) Sign(scope, position string) string {
	key, err := s.key()
	if err != nil {
		panic(err) // a Source that takes back what it gave, or a list that nobody opened
	}
	return base64.RawURLEncoding.EncodeToString(append(mac(key, scope, position), position...))
}

// Open gives back the position of a cursor of the same scope. The empty cursor is the beginning: "", nil. It fails with
// ErrCursor, or with the error of the Source, even for the beginning: better no page than one that cannot be continued.
func (s Signer) Open(scope, cursor string) (string, error) {
	key, err := s.key()
	if err != nil {
		return "", err
	}
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
	if !hmac.Equal(raw[:macLen], mac(key, scope, position)) {
		return "", ErrCursor
	}
	return position, nil
}

const macLen = 16

func (s Signer) key() ([]byte, error) {
	if s.Source == nil {
		return s.Key, nil
	}
	return s.Source()
}

func mac(key []byte, scope, position string) []byte {
	h := hmac.New(sha256.New, key)
	// The scope's length goes first, so that no scope runs into a position.
	var size [8]byte
	binary.BigEndian.PutUint64(size[:], uint64(len(scope)))
	h.Write(size[:])
	h.Write([]byte(scope))
	h.Write([]byte(position))
	return h.Sum(nil)[:macLen]
}
