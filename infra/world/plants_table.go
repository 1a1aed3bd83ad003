package world

import (
	"context"
	"encoding/json"
	"strings"

	"giberno.ru/shared/platform/table"
)

// writes is a table whose writes are changed on their way.
type writes struct {
	table.Table
	change func([]table.Action) []table.Action
}

func (t writes) Write(ctx context.Context, actions ...table.Action) error {
	if actions = t.change(actions); len(actions) == 0 {
		return nil
	}
	return t.Table.Write(ctx, actions...)
}

// each changes the actions on rows of orders whose sort key begins with prefix, one by one.
func each(prefix string, change func(*table.Parts)) func(table.Table) table.Table {
	return eachIn("PAY#", prefix, change)
}

// eachIn is each for the rows of a partition whose name begins with within.
func eachIn(within, prefix string, change func(*table.Parts)) func(table.Table) table.Table {
	return func(inner table.Table) table.Table {
		return writes{inner, func(actions []table.Action) []table.Action {
			out := make([]table.Action, len(actions))
			for i, a := range actions {
				out[i] = a
				if strings.HasPrefix(a.Key().SK, prefix) && strings.HasPrefix(a.Key().PK, within) {
					p := a.Parts()
					change(&p)
					out[i] = rebuilt(p)
				}
			}
			return out
		}}
	}
}

// rebuilt puts an action together again.
func rebuilt(p table.Parts) table.Action {
	var a table.Action
	switch p.Op {
	case table.PutOp:
		a = table.Put(p.Row)
	case table.DeleteOp:
		a = table.Delete(p.Row.Key)
	case table.CheckOp:
		a = table.Check(p.Row.Key)
	default:
		a = table.Update(p.Row.Key).SetAll(p.Set).Remove(p.Remove...)
		for name, n := range p.Add {
			a = a.Add(name, n)
		}
		if p.First != nil {
			a = a.PlaceFirst(*p.First)
		}
		if p.Second != nil {
			a = a.PlaceSecond(*p.Second)
		}
		if p.TTL != nil {
			a = a.ExpireAt(*p.TTL)
		}
	}
	for _, c := range p.Conds {
		a = a.If(condOf(c))
	}
	return a
}

func condOf(c table.CondParts) table.Cond {
	switch c.Op {
	case table.RowAbsent:
		return table.Absent
	case table.RowExists:
		return table.Exists
	case table.AttrMissing:
		return table.Missing(c.Name)
	case table.AttrEquals:
		return table.Equals(c.Name, c.Value)
	case table.AttrDiffers:
		return table.Differs(c.Name, c.Value)
	case table.AttrOneOf:
		return table.OneOf(c.Name, c.Any...)
	case table.AttrAtLeast:
		return table.AtLeast(c.Name, c.Value.Number())
	default:
		return table.AtMost(c.Name, c.Value.Number())
	}
}

// noVersion forgets to ask whether a row is as it was read.
func noVersion(p *table.Parts) {
	var kept []table.CondParts
	for _, c := range p.Conds {
		if c.Op != table.RowAbsent && !(c.Op == table.AttrEquals && c.Name == "ver") {
			kept = append(kept, c)
		}
	}
	p.Conds = kept
}

// noDueKey forgets the place among the due keys.
func noDueKey(p *table.Parts) {
	p.Row.Second = table.Key{}
	if p.Second != nil && !p.Second.IsZero() {
		p.Second = &table.Key{}
	}
}

// noPlace forgets the place in the list.
func noPlace(p *table.Parts) { p.Row.First, p.First = table.Key{}, nil }

// dueForEver never lets a due key go.
func dueForEver(p *table.Parts) {
	if p.Second == nil || !p.Second.IsZero() {
		return
	}
	p.Second = nil
	var kept []string
	for _, name := range p.Remove {
		if name != "due" {
			kept = append(kept, name)
		}
	}
	p.Remove = kept
}

// noPromise forgets to lower what may still be given back.
func noPromise(p *table.Parts) {
	set := table.Attrs{}
	for name, v := range p.Set {
		if name != promisedAttr {
			set[name] = v
		}
	}
	p.Set = set
}

// promisedAttr is the attribute of STATE that keeps what is promised back.
const promisedAttr = "prm"

// torn carries out only the last action of a transaction.
func torn(inner table.Table) table.Table {
	return writes{inner, func(actions []table.Action) []table.Action {
		if len(actions) == 2 && strings.HasPrefix(actions[0].Key().PK, "PAY#") {
			return actions[1:]
		}
		return actions
	}}
}

// noAlarms writes no alarm.
func noAlarms(inner table.Table) table.Table {
	return writes{inner, func(actions []table.Action) (kept []table.Action) {
		for _, a := range actions {
			if !strings.HasPrefix(a.Key().SK, "A#") || strings.Contains(a.Key().PK, "HOUSE") {
				kept = append(kept, a)
			}
		}
		return kept
	}}
}

// noLimit reads every partner without his limit of refunds.
type noLimit struct{ table.Table }

func (t noLimit) Get(ctx context.Context, key table.Key) (table.Row, bool, error) {
	row, ok, err := t.Table.Get(ctx, key)
	var o map[string]any
	if json.Unmarshal(row.Attrs["d"].Bytes(), &o) == nil && o["refund_limit"] != nil {
		o["refund_limit"] = 0
		raw, _ := json.Marshal(o) // it was JSON a moment ago
		row.Attrs["d"] = table.B(raw)
	}
	return row, ok, err
}
