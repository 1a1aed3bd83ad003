package world

import (
	"encoding/binary"
	"hash"
	"hash/fnv"
	"io"
)

// trace is the hash of everything that happened, in its order.
type trace struct{ hash hash.Hash64 }

func newTrace() trace { return trace{fnv.New64a()} }

func (t trace) add(text string) { _, _ = io.WriteString(t.hash, text) }

func (t trace) bytes(raw []byte) { _, _ = t.hash.Write(raw) }

func (t trace) number(n uint64) {
	var raw [8]byte
	binary.LittleEndian.PutUint64(raw[:], n)
	t.bytes(raw[:])
}

func (t trace) sum() uint64 { return t.hash.Sum64() }
