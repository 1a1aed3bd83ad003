package store

import (
	"fmt"

	"giberno.ru/shared/ledger/reconcile"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/fields"
)

// aliveAttr counts, on the head of a side, its breaks in transit and open.
const aliveAttr = "alv"

var breakFields = []fields.Of[Break]{
	fields.Text("st", func(b *Break) *reconcile.State { return &b.State }),
	fields.Document("brk", func(b *Break) *reconcile.Break { return &b.Break }, func(*reconcile.Break) bool { return false }),
	fields.Document("dcn", func(b *Break) **Decision { return &b.Decision }, func(d **Decision) bool { return *d == nil }),
	fields.Number("ver", func(b *Break) *int64 { return &b.Version }),
}

// breakRow is the row of a break. While a run has to know of it, it stands among its side's.
func breakRow(b Break) table.Row {
	row := table.Row{Key: breakKey(b.Mode(), b.ID), First: breakPlace(b), Attrs: fields.New(schemaVersion, breakFields, &b)}
	if b.State != reconcile.Resolved {
		row.Second = keptPlace(b)
	}
	return row
}

func readBreak(row table.Row) (b Break, err error) {
	if err = fields.Read(breakFields, row.Attrs, &b); err != nil {
		return b, err
	}
	if b.Account == "" || breakKey(b.Mode(), b.ID) != row.Key || row.Attrs["st"].Text() != string(b.State) {
		return b, fmt.Errorf("store: the row %s is no break", row.Key)
	}
	return b, nil
}

var runFields = []fields.Of[Run]{
	fields.Document("run", func(r *Run) *Run { return r }, func(*Run) bool { return false }),
}

func runRow(r Run) table.Row {
	return table.Row{Key: runKey(r), Attrs: fields.New(schemaVersion, runFields, &r)}
}

func readRun(row table.Row) (r Run, err error) {
	if err = fields.Read(runFields, row.Attrs, &r); err != nil {
		return r, err
	}
	if runKey(r) != row.Key || r.ID != RunID(r.Side, r.From, r.To) {
		return r, fmt.Errorf("store: the row %s is no reconciliation", row.Key)
	}
	return r, nil
}
