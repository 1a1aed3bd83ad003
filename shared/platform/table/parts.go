package table

// Parts is an action laid open for an engine or a decorator. Nothing in it may be changed.
type Parts struct {
	Op            Op
	Row           Row // Put: the whole row; the others: its key
	Set           Attrs
	Add           map[string]int64
	Remove        []string
	First, Second *Key   // Update: nil keeps the place in the index, a zero key leaves it
	TTL           *int64 // Update: nil keeps it, 0 removes it
	Conds         []CondParts
}

// CondParts is a condition laid open.
type CondParts struct {
	Op    CondOp
	Name  string
	Value Value
	Any   []Value // of AttrOneOf
}

// Parts lays the action open.
func (a Action) Parts() Parts {
	p := Parts{
		Op: a.kind, Row: a.row, Set: a.set, Add: a.add, Remove: a.remove,
		First: a.first, Second: a.second, TTL: a.ttl, Conds: make([]CondParts, len(a.conds)),
	}
	for i, c := range a.conds {
		p.Conds[i] = CondParts{c.op, c.name, c.v, c.any}
	}
	return p
}

// Op is what the action does.
func (a Action) Op() Op { return a.kind }

// Conditional reports whether the action can be refused.
func (a Action) Conditional() bool { return len(a.conds) > 0 || a.kind == CheckOp }

// WriterAttr is the attribute that carries the random id of the write that touched a row last (see package stamped).
const WriterAttr = "w"

// Stamped returns the action with the writer's id on its row, refused if the row carries that id already: so the same
// write, sent twice because its answer was lost, finds itself. A delete or a check has no row to stamp and stays as it is.
func (a Action) Stamped(writer Value) Action {
	switch a.kind {
	case PutOp:
		attrs := make(Attrs, len(a.row.Attrs)+1)
		for name, v := range a.row.Attrs {
			attrs[name] = v
		}
		attrs[WriterAttr] = writer
		a.row.Attrs = attrs
	case UpdateOp:
		a = a.Set(WriterAttr, writer)
	default:
		return a
	}
	return a.If(Differs(WriterAttr, writer))
}

// Names calls see with the name of every attribute that the action writes or asks about.
func (a Action) Names(see func(name string)) {
	for name := range a.row.Attrs {
		see(name)
	}
	for name := range a.set {
		see(name)
	}
	for name := range a.add {
		see(name)
	}
	for _, name := range a.remove {
		see(name)
	}
	for _, c := range a.conds {
		if c.op != RowAbsent && c.op != RowExists {
			see(c.name)
		}
	}
}
