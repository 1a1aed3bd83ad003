package table

// Action is one write of a row. Make it with Put, Update, Delete or Check and narrow it with If.
type Action struct {
	kind   actionKind
	row    Row // Put: the whole row; the others: its key
	set    Attrs
	add    map[string]int64
	remove []string
	first  *Key // Update: nil keeps the place in the index, a zero key leaves the index
	second *Key
	ttl    *int64
	conds  []Cond
}

type actionKind byte

const (
	putRow actionKind = iota
	updateRow
	deleteRow
	checkRow
)

// Put writes a whole row, replacing what is there.
func Put(row Row) Action { return Action{kind: putRow, row: row} }

// Update changes named attributes of a row, and makes the row if it is missing (narrow with Exists to forbid that).
func Update(key Key) Action { return Action{kind: updateRow, row: Row{Key: key}} }

// Delete removes a row.
func Delete(key Key) Action { return Action{kind: deleteRow, row: Row{Key: key}} }

// Check writes nothing and only narrows a transaction.
func Check(key Key) Action { return Action{kind: checkRow, row: Row{Key: key}} }

// Set gives an attribute a value.
func (a Action) Set(name string, v Value) Action {
	set := make(Attrs, len(a.set)+1)
	for k, o := range a.set {
		set[k] = o
	}
	set[name] = v
	a.set = set
	return a
}

// SetAll gives several attributes their values.
func (a Action) SetAll(attrs Attrs) Action {
	for name, v := range attrs {
		a = a.Set(name, v)
	}
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
	op   condOp
	name string
	v    Value
	any  []Value
}

type condOp byte

const (
	rowAbsent condOp = iota
	rowExists
	attrAbsent
	attrEquals
	attrOneOf
	attrAtLeast
	attrAtMost
)

// Absent: there is no such row.
var Absent = Cond{op: rowAbsent}

// Exists: there is such a row.
var Exists = Cond{op: rowExists}

// Missing: the row, if there is one, does not have the attribute.
func Missing(name string) Cond { return Cond{op: attrAbsent, name: name} }

// Equals: the attribute has this value.
func Equals(name string, v Value) Cond { return Cond{op: attrEquals, name: name, v: v} }

// OneOf: the attribute has one of these values (at most 100).
func OneOf(name string, vs ...Value) Cond { return Cond{op: attrOneOf, name: name, any: vs} }

// AtLeast: the attribute is a number ≥ n.
func AtLeast(name string, n int64) Cond { return Cond{op: attrAtLeast, name: name, v: N(n)} }

// AtMost: the attribute is a number ≤ n.
func AtMost(name string, n int64) Cond { return Cond{op: attrAtMost, name: name, v: N(n)} }

// Version: the row's "ver" is v; for v = 0 the row must not exist yet.
func Version(v int64) Cond {
	if v == 0 {
		return Absent
	}
	return Equals("ver", N(v))
}
