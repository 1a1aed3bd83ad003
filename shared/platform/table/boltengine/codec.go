package boltengine

import (
	"encoding/binary"
	"errors"
	"slices"

	"giberno.ru/shared/platform/table"
)

// errDamaged is a record that this code did not write, or that was changed since.
var errDamaged = errors.New("boltengine: a damaged record")

// rowVersion begins every record. A new layout gets a new number, and this code keeps reading the old one.
const rowVersion = 1

// The flags of a row's record.
const (
	hasFirst byte = 1 << iota
	hasSecond
	hasTTL
	allRowFlags = hasFirst | hasSecond | hasTTL
)

// appendRow writes everything of a row but its key, attributes in the order of their names, so that equal rows are
// equal bytes: version, flags, [first PK, SK], [second PK, SK], [ttl], count, then name, kind and value of each attribute.
func appendRow(b []byte, r table.Row) []byte {
	var flags byte
	if !r.First.IsZero() {
		flags |= hasFirst
	}
	if !r.Second.IsZero() {
		flags |= hasSecond
	}
	if r.TTL != 0 {
		flags |= hasTTL
	}
	b = append(b, rowVersion, flags)
	if flags&hasFirst != 0 {
		b = appendText(appendText(b, r.First.PK), r.First.SK)
	}
	if flags&hasSecond != 0 {
		b = appendText(appendText(b, r.Second.PK), r.Second.SK)
	}
	if flags&hasTTL != 0 {
		b = binary.AppendVarint(b, r.TTL)
	}
	return appendAttrs(b, r.Attrs)
}

func encodeRow(r table.Row) []byte {
	const heads = 48 // lengths, kinds and flags beside the texts
	return appendRow(make([]byte, 0, r.Size()+heads), r)
}

func appendAttrs(b []byte, attrs table.Attrs) []byte {
	var few [24]string
	names := few[:0]
	for name := range attrs {
		names = append(names, name)
	}
	slices.Sort(names)
	b = binary.AppendUvarint(b, uint64(len(names)))
	for _, name := range names {
		v := attrs[name]
		b = append(appendText(b, name), byte(v.Kind()))
		switch v.Kind() {
		case table.TextKind:
			b = appendText(b, v.Text())
		case table.NumberKind:
			b = binary.AppendVarint(b, v.Number())
		case table.BytesKind:
			raw := v.Bytes()
			b = append(binary.AppendUvarint(b, uint64(len(raw))), raw...)
		case table.FlagKind:
			if v.True() {
				b = append(b, 1)
			} else {
				b = append(b, 0)
			}
		}
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// decodeRow reads what appendRow wrote. The row's texts share the memory of rec, which is why it is a string.
func decodeRow(key table.Key, rec string) (table.Row, error) {
	in := input{rest: rec}
	row := table.Row{Key: key}
	if in.byte() != rowVersion {
		return table.Row{}, errDamaged
	}
	flags := in.byte()
	if flags&^allRowFlags != 0 {
		return table.Row{}, errDamaged
	}
	if flags&hasFirst != 0 {
		row.First = table.Key{PK: in.text(), SK: in.text()}
	}
	if flags&hasSecond != 0 {
		row.Second = table.Key{PK: in.text(), SK: in.text()}
	}
	if flags&hasTTL != 0 {
		row.TTL = in.varint()
	}
	row.Attrs = in.attrs()
	if in.broken || in.rest != "" {
		return table.Row{}, errDamaged
	}
	return row, nil
}

// input reads a record from the front; after the first thing that does not fit it is broken and gives zeros.
type input struct {
	rest   string
	broken bool
}

func (in *input) fail() { in.rest, in.broken = "", true }

func (in *input) byte() byte {
	if in.rest == "" {
		in.fail()
		return 0
	}
	c := in.rest[0]
	in.rest = in.rest[1:]
	return c
}

// uvarint is encoding/binary's, for a string; it accepts only the shortest form.
func (in *input) uvarint() uint64 {
	var x uint64
	for i := range binary.MaxVarintLen64 {
		c := in.byte()
		if in.broken || i == binary.MaxVarintLen64-1 && c > 1 || i > 0 && c == 0 {
			in.fail()
			return 0
		}
		x |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			return x
		}
	}
	in.fail()
	return 0
}

func (in *input) varint() int64 {
	u := in.uvarint()
	x := int64(u >> 1)
	if u&1 != 0 {
		x = ^x
	}
	return x
}

func (in *input) text() string {
	n := in.uvarint()
	if in.broken || n > uint64(len(in.rest)) {
		in.fail()
		return ""
	}
	s := in.rest[:n]
	in.rest = in.rest[n:]
	return s
}

func (in *input) attrs() table.Attrs {
	n := in.uvarint()
	if n > uint64(len(in.rest))/2 { // a name's length, a kind: at least two bytes each
		in.fail()
		return nil
	}
	attrs := make(table.Attrs, n)
	last := ""
	for i := uint64(0); i < n && !in.broken; i++ {
		name := in.text()
		if i > 0 && name <= last {
			in.fail()
			return nil
		}
		attrs[name], last = in.value(), name
	}
	return attrs
}

func (in *input) value() table.Value {
	switch table.Kind(in.byte()) {
	case table.TextKind:
		return table.S(in.text())
	case table.NumberKind:
		return table.N(in.varint())
	case table.BytesKind:
		return table.B([]byte(in.text()))
	case table.FlagKind:
		switch in.byte() {
		case 0:
			return table.Flag(false)
		case 1:
			return table.Flag(true)
		}
	}
	in.fail()
	return table.Value{}
}
