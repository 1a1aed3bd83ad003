package table

import "strconv"

// Value is one attribute: a text, a whole number, bytes or a truth. Structures are kept as JSON in bytes.
type Value struct {
	kind Kind
	num  int64
	text string
}

// Kind says what a value is. Engines need it; a store knows what it wrote.
type Kind byte

// The kinds. Their numbers are part of the file format of the bbolt engine and never change.
const (
	NoKind Kind = iota
	TextKind
	NumberKind
	BytesKind
	FlagKind
)

// Kind says what the value is; NoKind for an attribute that the row does not have.
func (v Value) Kind() Kind { return v.kind }

// S is a text.
func S(v string) Value { return Value{kind: TextKind, text: v} }

// N is a whole number.
func N(v int64) Value { return Value{kind: NumberKind, num: v} }

// B is bytes.
func B(v []byte) Value { return Value{kind: BytesKind, text: string(v)} }

// Flag is a truth.
func Flag(v bool) Value {
	if v {
		return Value{kind: FlagKind, num: 1}
	}
	return Value{kind: FlagKind}
}

// Text is the text of a value; "" for every other kind.
func (v Value) Text() string {
	if v.kind == TextKind {
		return v.text
	}
	return ""
}

// Number is the number of a value; 0 for every other kind.
func (v Value) Number() int64 {
	if v.kind == NumberKind {
		return v.num
	}
	return 0
}

// Bytes is the bytes of a value; nil for every other kind.
func (v Value) Bytes() []byte {
	if v.kind == BytesKind {
		return []byte(v.text)
	}
	return nil
}

// True reports a truth.
func (v Value) True() bool { return v.kind == FlagKind && v.num == 1 }

// IsAbsent reports the zero Value: an attribute that the row does not have.
func (v Value) IsAbsent() bool { return v.kind == NoKind }

// String shows the value in a test's message.
func (v Value) String() string {
	switch v.kind {
	case TextKind, BytesKind:
		return strconv.Quote(v.text)
	case NumberKind:
		return strconv.FormatInt(v.num, 10)
	case FlagKind:
		return strconv.FormatBool(v.num == 1)
	}
	return "absent"
}
