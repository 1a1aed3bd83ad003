package table

import "maps"

// Action is one write of a row. Make it with Put, Update, Delete or Check and narrow it with If.
type Action struct {
	kind   Op
	row    Row // Put: the whole row; the others: its key
	set    Attrs
	add    map[string]int64
	remove []string
	first  *Key // Update: nil keeps the place in the index, a zero key leaves the index
	second *Key
	ttl    *int64
	conds  []Cond
}

// Op names what an action does.
type Op byte

// The four actions.
const (
	PutOp Op = iota
	UpdateOp
	DeleteOp
	CheckOp
)

// Put writes a whole row, replacing what is there, its places in the indexes too. An absent value is left out.
func Put(row Row) Action {
	row.Attrs = row.Attrs.present()
	return Action{kind: PutOp, row: row}
}

// Update changes named attributes of a row, and makes the row if it is missing (narrow with Exists to forbid that).
func Update(key Key) Action { return Action{kind: UpdateOp, row: Row{Key: key}} }

// Delete removes a row.
func Delete(key Key) Action { return Action{kind: DeleteOp, row: Row{Key: key}} }

// Check writes nothing and only narrows a transaction.
func Check(key Key) Action { return Action{kind: CheckOp, row: Row{Key: key}} }

// Set gives an attribute a value; an absent value removes it.
func (a Action) Set(name string, v Value) Action { return a.SetAll(Attrs{name: v}) }

// SetAll gives several attributes their values. An action is a value: the one it is made from stays as it was.
func (a Action) SetAll(attrs Attrs) Action {
	set := make(Attrs, len(a.set)+len(attrs))
	maps.Copy(set, a.set)
	for name, v := range attrs {
		if v.IsAbsent() {
			a = a.Remove(name)
			continue
		}
		set[name] = v
	}
	a.set = set
	return a
}

// Add adds to a number; a missing one counts as 0.
func (a Action) Add(name string, n int64) Action {
	add := make(map[string]int64, len(a.add)+1)
	for k, o := range a.add {
		add[k] = o
	}
	add[name] = n
	a.add = add
	return a
}

// Remove takes attributes away.
func (a Action) Remove(names ...string) Action {
	a.remove = append(append([]string(nil), a.remove...), names...)
	return a
}

// PlaceFirst moves the row within the first index; the zero key takes it out.
func (a Action) PlaceFirst(k Key) Action { a.first = &k; return a }

// PlaceSecond moves the row within the second index; the zero key takes it out.
func (a Action) PlaceSecond(k Key) Action { a.second = &k; return a }

// ExpireAt sets the row's TTL (unix seconds; 0 removes it).
func (a Action) ExpireAt(sec int64) Action { a.ttl = &sec; return a }

// If narrows the action: every condition must hold on the row as it stands before the write.
func (a Action) If(conds ...Cond) Action {
	a.conds = append(append([]Cond(nil), a.conds...), conds...)
	return a
}

// Key is the key of the row that the action writes.
func (a Action) Key() Key { return a.row.Key }

// Cond is one condition on the row before the write.
type Cond struct {
	op   CondOp
	name string
	v    Value
	any  []Value
}

// CondOp names what a condition asks.
type CondOp byte

// The questions a condition can ask, each one comparison of a condition expression.
const (
	RowAbsent CondOp = iota
	RowExists
	AttrMissing
	AttrEquals
	AttrDiffers
	AttrOneOf
	AttrAtLeast
	AttrAtMost
)

// Absent: there is no such row.
var Absent = Cond{op: RowAbsent}

// Exists: there is such a row.
var Exists = Cond{op: RowExists}

// Missing: the row, if there is one, does not have the attribute.
func Missing(name string) Cond { return Cond{op: AttrMissing, name: name} }

// Equals: the attribute has this value.
func Equals(name string, v Value) Cond { return Cond{op: AttrEquals, name: name, v: v} }

// Differs: the attribute is missing or has another value; also true where there is no row.
func Differs(name string, v Value) Cond { return Cond{op: AttrDiffers, name: name, v: v} }

// OneOf: the attribute has one of these values (at most 100).
func OneOf(name string, vs ...Value) Cond { return Cond{op: AttrOneOf, name: name, any: vs} }

// AtLeast: the attribute is a number ≥ n.
func AtLeast(name string, n int64) Cond { return Cond{op: AttrAtLeast, name: name, v: N(n)} }

// AtMost: the attribute is a number ≤ n.
func AtMost(name string, n int64) Cond { return Cond{op: AttrAtMost, name: name, v: N(n)} }

// Version: the row's "ver" is v; for v = 0 the row must not exist yet.
func Version(v int64) Cond {
	if v == 0 {
		return Absent
	}
	return Equals("ver", N(v))
}
