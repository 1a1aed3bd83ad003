// Package ids names things: ids of orders and of all that hangs on them, modes, references at banks, links.
// An id is a name and never an authority.
package ids

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"io"

	"giberno.ru/shared/core/fault"
)

// Mode separates the two worlds that never meet. It is part of every key, and the first letter of links and references.
type Mode string

// The two worlds.
const (
	Test Mode = "t"
	Live Mode = "l"
)

// Valid reports whether m is one of the two worlds.
func (m Mode) Valid() bool { return m == Test || m == Live }

// ID is a UUID of version 8. Its last 16 bits name the child of an order: 0000 is the order itself (DESIGN: 01nn a
// payment, 02nn a refund, 03nn the receipt of payment nn, 04nn of refund nn, 05nn of fulfilment nn, 06nn of correction nn).
type ID [16]byte

// Family is the upper byte of the child number.
type Family byte

// The families of children.
const (
	Root              Family = 0
	Payment           Family = 1
	Refund            Family = 2
	PaymentReceipt    Family = 3
	RefundReceipt     Family = 4
	FulfilmentReceipt Family = 5
	CorrectionReceipt Family = 6
)

// MaxChild is the highest number within a family.
const MaxChild = 99

// ErrID is the fault of a text that is not one of our ids.
var ErrID = fault.Invalid("invalid_id", "This is not an id of ours.")

// New makes a random id of a root object.
func New(random io.Reader) (ID, error) {
	var id ID
	if _, err := io.ReadFull(random, id[:14]); err != nil {
		return ID{}, fault.Internal(err)
	}
	return id.stamped(), nil
}

// FromParts makes the id of a root object from its parts, so that the same request names the same object. Parts are
// length-prefixed, so that no two lists of parts run into each other.
func FromParts(parts ...string) ID {
	h := sha256.New()
	var size [4]byte
	for _, p := range parts {
		binary.BigEndian.PutUint32(size[:], uint32(len(p)))
		h.Write(size[:])
		io.WriteString(h, p)
	}
	var id ID
	copy(id[:14], h.Sum(nil))
	return id.stamped()
}

func (id ID) stamped() ID {
	id[6] = id[6]&0x0f | 0x80 // version 8
	id[8] = id[8]&0x3f | 0x80 // variant of RFC 9562
	id[14], id[15] = 0, 0
	return id
}

// Child names child n (1 … 99) of the family.
func (id ID) Child(f Family, n int) ID { id[14], id[15] = byte(f), byte(n); return id }

// Root is the id of the object that this one hangs on; a root is its own.
func (id ID) Root() ID { id[14], id[15] = 0, 0; return id }

// Family tells what kind of child this is.
func (id ID) Family() Family { return Family(id[14]) }

// N is the number within the family.
func (id ID) N() int { return int(id[15]) }

// IsZero reports the absent id.
func (id ID) IsZero() bool { return id == ID{} }

// String writes the canonical form 8-4-4-4-12 in lower case.
func (id ID) String() string {
	var b [36]byte
	hex.Encode(b[0:8], id[0:4])
	hex.Encode(b[9:13], id[4:6])
	hex.Encode(b[14:18], id[6:8])
	hex.Encode(b[19:23], id[8:10])
	hex.Encode(b[24:36], id[10:16])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}

// Parse reads the canonical form, in either case, and refuses everything that this package did not make.
func Parse(text string) (ID, error) {
	var id ID
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return ID{}, ErrID
	}
	compact := text[0:8] + text[9:13] + text[14:18] + text[19:23] + text[24:36]
	if _, err := hex.Decode(id[:], []byte(compact)); err != nil {
		return ID{}, ErrID
	}
	if id[6]>>4 != 8 || id[8]>>6 != 2 || id.Family() > CorrectionReceipt || id.N() > MaxChild ||
		(id.Family() == Root) != (id.N() == 0) {
		return ID{}, ErrID
	}
	return id, nil
}

// MarshalText writes the canonical form; the zero id is the empty text.
func (id ID) MarshalText() ([]byte, error) {
	if id.IsZero() {
		return []byte{}, nil
	}
	return []byte(id.String()), nil
}

// UnmarshalText reads what MarshalText writes.
func (id *ID) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*id = ID{}
		return nil
	}
	parsed, err := Parse(string(text))
	*id = parsed
	return err
}

var base32Lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
