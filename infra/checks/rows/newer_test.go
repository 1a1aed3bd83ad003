package rows

import (
	"context"

	"giberno.ru/shared/platform/table"
)

// newer is the table as the next version of the code writes it: every row that it touches gets an attribute that today's
// code does not know, and the next schema version.
type newer struct{ table.Table }

const (
	unknownAttr = "zz"
	nextSchema  = 2
)

func (n newer) Write(ctx context.Context, actions ...table.Action) error {
	out := make([]table.Action, len(actions))
	for i, a := range actions {
		p := a.Parts()
		switch p.Op {
		case table.PutOp:
			row := p.Row
			row.Attrs = table.Attrs{unknownAttr: table.S("new"), "sv": table.N(nextSchema)}
			for name, v := range p.Row.Attrs {
				if name != "sv" {
					row.Attrs[name] = v
				}
			}
			out[i] = table.Put(row)
			for _, c := range p.Conds {
				out[i] = out[i].If(again(c))
			}
		case table.UpdateOp:
			out[i] = a.Set(unknownAttr, table.S("new")).Set("sv", table.N(nextSchema))
		default:
			out[i] = a
		}
	}
	return n.Table.Write(ctx, out...)
}

// again makes the condition that was laid open.
func again(c table.CondParts) table.Cond {
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
