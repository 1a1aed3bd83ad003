package table

import "strconv"

// Value is one attribute: a text, a whole number, bytes or a truth. Structures are kept as JSON in bytes.
type Value struct {
	kind kind
	num  int64
	text string
}

type kind byte

const (
	absent kind = iota
	isText
	isNumber
	isBytes
	isBool
)

// S is a text.
func S(v string) Value { return Value{kind: isText, text: v} }

// N is a whole number.
func N(v int64) Value { return Value{kind: isNumber, num: v} }

// B is bytes.
func B(v []byte) Value { return Value{kind: isBytes, text: string(v)} }

// Flag is a truth.
func Flag(v bool) Value {
	if v {
		return Value{kind: isBool, num: 1}
	}
	return Value{kind: isBool}
}

// Text is the text of a value; "" for every other kind.
func (v Value) Text() string {
	if v.kind == isText {
		return v.text
	}
	return ""
}

// Number is the number of a value; 0 for every other kind.
func (v Value) Number() int64 {
	if v.kind == isNumber {
		return v.num
	}
	return 0
}

// Bytes is the bytes of a value; nil for every other kind.
func (v Value) Bytes() []byte {
	if v.kind == isBytes {
		return []byte(v.text)
	}
	return nil
}

// True reports a truth.
func (v Value) True() bool { return v.kind == isBool && v.num == 1 }

// IsAbsent reports the zero Value: an attribute that the row does not have.
func (v Value) IsAbsent() bool { return v.kind == absent }

// String shows the value in a test's message.
func (v Value) String() string {
	switch v.kind {
	case isText, isBytes:
		return strconv.Quote(v.text)
	case isNumber:
		return strconv.FormatInt(v.num, 10)
	case isBool:
		return strconv.FormatBool(v.num == 1)
	}
	return "absent"
}
