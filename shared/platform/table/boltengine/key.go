package boltengine

import (
	"encoding/binary"
	"strings"

	"giberno.ru/shared/platform/table"
)

// Keys in the file sort like (PK, SK). Parts that are followed by another are escaped, 00 as 00 FF, and end with 00 01,
// so that no text can reach into its neighbour; the last part is plain.
//
//	rows:            esc(PK) esc-end SK
//	first, second:   esc(PK) esc-end esc(SK) esc-end key of the row
//	ttl:             8 bytes of unix seconds, key of the row

func appendPart(b []byte, s string) []byte {
	return append(appendEscaped(b, s), 0, 1)
}

func appendEscaped(b []byte, s string) []byte {
	for {
		at := strings.IndexByte(s, 0)
		if at < 0 {
			return append(b, s...)
		}
		b = append(append(b, s[:at]...), 0, 0xff)
		s = s[at+1:]
	}
}

func rowKey(k table.Key) []byte {
	return appendRowKey(make([]byte, 0, len(k.PK)+len(k.SK)+4), k)
}

func appendRowKey(b []byte, k table.Key) []byte {
	return append(appendPart(b, k.PK), k.SK...)
}

func placeKey(place, row table.Key) []byte {
	b := make([]byte, 0, len(place.PK)+len(place.SK)+len(row.PK)+len(row.SK)+8)
	return appendRowKey(appendPart(appendPart(b, place.PK), place.SK), row)
}

func ttlKey(sec int64, row table.Key) []byte {
	b := make([]byte, 0, len(row.PK)+len(row.SK)+12)
	return appendRowKey(binary.BigEndian.AppendUint64(b, uint64(sec)), row)
}

// cutPart takes an escaped part off the front.
func cutPart(raw string) (part, rest string, ok bool) {
	var plain strings.Builder
	for {
		at := strings.IndexByte(raw, 0)
		if at < 0 || at+1 >= len(raw) {
			return "", "", false
		}
		mark := raw[at+1]
		if mark == 1 && plain.Len() == 0 {
			return raw[:at], raw[at+2:], true
		}
		plain.WriteString(raw[:at])
		raw = raw[at+2:]
		switch mark {
		case 1:
			return plain.String(), raw, true
		case 0xff:
			plain.WriteByte(0)
		default:
			return "", "", false
		}
	}
}

func cutRowKey(raw string) (table.Key, bool) {
	pk, sk, ok := cutPart(raw)
	return table.Key{PK: pk, SK: sk}, ok
}

func cutPlaceKey(raw string) (place, row table.Key, ok bool) {
	place.PK, raw, ok = cutPart(raw)
	if !ok {
		return place, row, false
	}
	place.SK, raw, ok = cutPart(raw)
	if !ok {
		return place, row, false
	}
	row, ok = cutRowKey(raw)
	return place, row, ok
}

// span is the keys that a query asks for: lo inclusive, hi exclusive.
func span(q table.Query) (lo, hi []byte) {
	base := appendPart(nil, q.PK)
	bound := func(s string) []byte {
		b := append([]byte(nil), base...)
		if q.Index == table.Base {
			return append(b, s...)
		}
		return appendEscaped(b, s)
	}
	if q.Prefix != "" {
		lo = bound(q.Prefix)
		return lo, successor(lo)
	}
	lo, hi = bound(q.From), successor(base)
	if q.To != "" {
		hi = bound(q.To)
	}
	return lo, hi
}

// successor is the smallest key above every key that begins with b. b holds an escape's end, so it is never all FF.
func successor(b []byte) []byte {
	next := append([]byte(nil), b...)
	for i := len(next) - 1; i >= 0; i-- {
		if next[i] != 0xff {
			next[i]++
			return next[:i+1]
		}
	}
	return nil
}
