package table

// OwnNames are the attributes of a row that belong to this package; no store may use them. The last is WriterAttr.
var OwnNames = []string{"pk", "sk", "g1pk", "g1sk", "g2pk", "g2sk", "ttl", WriterAttr}

// Size is the bytes that DynamoDB counts for the row: names and values, UTF-8, keys included.
func (r Row) Size() int {
	size := len("pk"+"sk") + len(r.Key.PK) + len(r.Key.SK)
	for _, place := range []Key{r.First, r.Second} {
		if !place.IsZero() {
			size += len("g1pk"+"g1sk") + len(place.PK) + len(place.SK)
		}
	}
	if r.TTL != 0 {
		size += len("ttl") + N(r.TTL).Size()
	}
	for name, v := range r.Attrs {
		size += len(name) + v.Size()
	}
	return size
}

// Size is the bytes that DynamoDB counts for a value: of a text or bytes their length, of a truth one, of a number one for
// every two significant digits, one more, and one for a minus (Developer Guide, «DynamoDB item sizes and formats»).
func (v Value) Size() int {
	switch v.kind {
	case TextKind, BytesKind:
		return len(v.text)
	case FlagKind:
		return 1
	case NumberKind:
		return numberSize(v.num)
	default:
		return 0
	}
}

func numberSize(n int64) int {
	size := 1
	if n < 0 {
		size++
	}
	for n != 0 && n%10 == 0 {
		n /= 10
	}
	digits := 0
	for ; n != 0; n /= 10 {
		digits++
	}
	return size + (digits+1)/2
}
