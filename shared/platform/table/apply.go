package table

import (
	"fmt"
	"math"
)

// Holds reports whether every condition of the action holds on the row as it stands. A comparison with an attribute that
// the row does not have is false, as in DynamoDB.
func (a Action) Holds(old Row, exists bool) bool {
	for _, c := range a.conds {
		if !c.holds(old, exists) {
			return false
		}
	}
	return true
}

func (c Cond) holds(old Row, exists bool) bool {
	if c.op == RowAbsent || c.op == RowExists {
		return exists == (c.op == RowExists)
	}
	v := old.Attrs[c.name]
	if !exists || v.IsAbsent() {
		return c.op == AttrMissing || c.op == AttrDiffers
	}
	switch c.op {
	case AttrEquals:
		return v == c.v
	case AttrDiffers:
		return v != c.v
	case AttrOneOf:
		for _, one := range c.any {
			if v == one {
				return true
			}
		}
		return false
	case AttrAtLeast:
		return v.kind == NumberKind && v.num >= c.v.num
	case AttrAtMost:
		return v.kind == NumberKind && v.num <= c.v.num
	default: // AttrMissing
		return false
	}
}

// Apply gives the row after the action, and whether there is one. It does not look at the conditions. The result may share
// memory with the action and must not be changed. It fails with ErrLimit where Add meets an attribute that is no number
// or leaves int64, and where the row outgrows MaxRowBytes.
func (a Action) Apply(old Row, exists bool) (is Row, present bool, err error) {
	switch a.kind {
	case DeleteOp:
		return Row{}, false, nil
	case CheckOp:
		return old, exists, nil
	case PutOp:
		is = a.row
	default:
		if is, err = a.update(old, exists); err != nil {
			return Row{}, false, err
		}
	}
	if size := is.Size(); size > MaxRowBytes {
		return Row{}, false, fmt.Errorf("%w: row %s would have %d bytes, %d are allowed", ErrLimit, is.Key, size, MaxRowBytes)
	}
	return is, true, nil
}

// update gives the row after an update.
func (a Action) update(old Row, exists bool) (is Row, err error) {
	if !exists {
		old = Row{Key: a.row.Key}
	}
	is = old
	is.Attrs = make(Attrs, len(old.Attrs)+len(a.set)+len(a.add))
	for name, v := range old.Attrs {
		is.Attrs[name] = v
	}
	for _, name := range a.remove {
		delete(is.Attrs, name)
	}
	for name, v := range a.set {
		is.Attrs[name] = v
	}
	for name, n := range a.add {
		sum, err := addTo(old.Attrs[name], n)
		if err != nil {
			return Row{}, fmt.Errorf("%w: add to %q of %v: %s", ErrLimit, name, a.row.Key, err)
		}
		is.Attrs[name] = N(sum)
	}
	if a.first != nil {
		is.First = *a.first
	}
	if a.second != nil {
		is.Second = *a.second
	}
	if a.ttl != nil {
		is.TTL = *a.ttl
	}
	return is, nil
}

func addTo(v Value, n int64) (int64, error) {
	if !v.IsAbsent() && v.kind != NumberKind {
		return 0, fmt.Errorf("it is no number")
	}
	if n > 0 && v.num > math.MaxInt64-n || n < 0 && v.num < math.MinInt64-n {
		return 0, fmt.Errorf("the sum leaves int64")
	}
	return v.num + n, nil
}
