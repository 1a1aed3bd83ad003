package table

import "maps"

// present is the attributes without absent values; itself if there are none.
func (a Attrs) present() Attrs {
	for _, v := range a {
		if v.IsAbsent() {
			kept := maps.Clone(a)
			maps.DeleteFunc(kept, func(_ string, v Value) bool { return v.IsAbsent() })
			return kept
		}
	}
	return a
}

// Equal reports whether two rows are the same in every field; nil and empty attributes are the same.
func (r Row) Equal(other Row) bool {
	return r.Key == other.Key && r.First == other.First && r.Second == other.Second && r.TTL == other.TTL &&
		maps.Equal(r.Attrs, other.Attrs)
}

// Place is the row's place in an index; for Base it is its key.
func (r Row) Place(index Index) Key {
	switch index {
	case First:
		return r.First
	case Second:
		return r.Second
	default:
		return r.Key
	}
}

// Projection is the row as a query over the index sees it: its key, its place there and the Projected attributes.
func (r Row) Projection(index Index) Row {
	if index == Base {
		return r
	}
	seen := Row{Key: r.Key, Attrs: Attrs{}}
	if index == First {
		seen.First = r.First
	} else {
		seen.Second = r.Second
	}
	for _, name := range Projected {
		if v := r.Attrs[name]; !v.IsAbsent() {
			seen.Attrs[name] = v
		}
	}
	return seen
}

// PlaceOf is where a page over index ends when row is its last.
func PlaceOf(index Index, row Row) *Place {
	if index == Base {
		return &Place{Base: row.Key}
	}
	return &Place{Base: row.Key, Index: row.Place(index)}
}
