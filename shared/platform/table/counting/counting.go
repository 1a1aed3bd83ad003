// Package counting is a table.Table that counts what DynamoDB would bill: round trips, write units of the table and of the
// indexes apart, and read units, each by operation and by label. It also notes which keys were touched, for the permissions
// that a function needs.
package counting

import (
	"context"
	"maps"
	"strings"
	"sync"

	"giberno.ru/shared/platform/table"
)

// Count is what some calls cost. A write unit is 1 KB of the table; read units are counted in halves, for a query over an
// index costs half of a strongly consistent one.
type Count struct {
	Trips       int // round trips
	WriteUnits  int // of the table itself
	IndexUnits  int // of both indexes
	ReadHalves  int // halves of a read unit
	RowsRead    int
	RowsWritten int
	Refused     int // writes whose conditions did not hold
}

func (c *Count) add(d Count) {
	c.Trips += d.Trips
	c.WriteUnits += d.WriteUnits
	c.IndexUnits += d.IndexUnits
	c.ReadHalves += d.ReadHalves
	c.RowsRead += d.RowsRead
	c.RowsWritten += d.RowsWritten
	c.Refused += d.Refused
}

// Touch is an operation on keys that begin alike: the partition key up to its first "#", that is, the domain.
type Touch struct {
	Op     string // get, get-many, query, put, update, delete, check
	Index  table.Index
	Prefix string
}

// Snapshot is what was counted since the last Reset.
type Snapshot struct {
	Total   Count
	ByOp    map[string]Count // get, get-many, query, write
	ByLabel map[string]Count // see Label; calls without a label are under ""
	Touched map[Touch]int
}

// Table counts in front of another table.
type Table struct {
	inner table.Table
	mu    sync.Mutex
	seen  Snapshot
}

var _ table.Table = (*Table)(nil)

// New counts the calls of inner. To know what a write changes it reads the old rows from inner beforehand, uncounted; while
// others write the same rows, units may be off by what they change.
func New(inner table.Table) *Table {
	t := &Table{inner: inner}
	t.Reset()
	return t
}

type labelKey struct{}

// Label names the operation of the house, such as "create-order", under which the calls made with ctx are counted.
func Label(ctx context.Context, label string) context.Context {
	return context.WithValue(ctx, labelKey{}, label)
}

// Snapshot gives what was counted.
func (t *Table) Snapshot() Snapshot {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Snapshot{t.seen.Total, maps.Clone(t.seen.ByOp), maps.Clone(t.seen.ByLabel), maps.Clone(t.seen.Touched)}
}

// Reset forgets everything.
func (t *Table) Reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen = Snapshot{ByOp: map[string]Count{}, ByLabel: map[string]Count{}, Touched: map[Touch]int{}}
}

func (t *Table) note(ctx context.Context, op string, c Count, touched ...Touch) {
	label, _ := ctx.Value(labelKey{}).(string)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen.Total.add(c)
	for counts, name := range map[*map[string]Count]string{&t.seen.ByOp: op, &t.seen.ByLabel: label} {
		sum := (*counts)[name]
		sum.add(c)
		(*counts)[name] = sum
	}
	for _, one := range touched {
		t.seen.Touched[one]++
	}
}

func touch(op string, index table.Index, pk string) Touch {
	if at := strings.IndexByte(pk, '#'); at >= 0 {
		pk = pk[:at+1]
	}
	return Touch{op, index, pk}
}

// Get reads one row: a read unit for every 4 KB, one for nothing.
func (t *Table) Get(ctx context.Context, key table.Key) (table.Row, bool, error) {
	row, ok, err := t.inner.Get(ctx, key)
	c := Count{Trips: 1}
	if err == nil {
		c.ReadHalves, c.RowsRead = 2*readUnits(sizeIf(ok, row)), countIf(ok)
	}
	t.note(ctx, "get", c, touch("get", table.Base, key.PK))
	return row, ok, err
}

// GetMany reads up to 100 rows, each rounded up by itself.
func (t *Table) GetMany(ctx context.Context, keys []table.Key) ([]table.Row, error) {
	rows, err := t.inner.GetMany(ctx, keys)
	if len(keys) == 0 {
		return rows, err
	}
	c := Count{Trips: 1}
	if err == nil {
		c.ReadHalves, c.RowsRead = 2*(len(keys)-len(rows)), len(rows)
		for _, row := range rows {
			c.ReadHalves += 2 * readUnits(row.Size())
		}
	}
	touched := make([]Touch, len(keys))
	for i, key := range keys {
		touched[i] = touch("get-many", table.Base, key.PK)
	}
	t.note(ctx, "get-many", c, touched...)
	return rows, err
}

// Query reads one page: the sizes are summed before they are rounded, and an index costs half.
func (t *Table) Query(ctx context.Context, q table.Query) (table.Page, error) {
	page, err := t.inner.Query(ctx, q)
	c := Count{Trips: 1}
	if err == nil {
		size := 0
		for _, row := range page.Rows {
			size += row.Size()
		}
		c.ReadHalves, c.RowsRead = readUnits(size), len(page.Rows)
		if q.Index == table.Base {
			c.ReadHalves *= 2
		}
	}
	t.note(ctx, "query", c, touch("query", q.Index, q.PK))
	return page, err
}

// Write carries out all actions or none, and counts what that costs. A write without an answer counts its round trip only.
func (t *Table) Write(ctx context.Context, actions ...table.Action) error {
	keys := make([]table.Key, len(actions))
	for i, a := range actions {
		keys[i] = a.Key()
	}
	old := make(map[table.Key]table.Row, len(keys))
	if table.Validate(actions) == nil {
		rows, err := t.inner.GetMany(ctx, keys)
		if err != nil {
			return err
		}
		for _, row := range rows {
			old[row.Key] = row
		}
	}
	err := t.inner.Write(ctx, actions...)
	t.note(ctx, "write", price(actions, old, err), touchedBy(actions)...)
	return err
}

func touchedBy(actions []table.Action) []Touch {
	names := map[table.Op]string{table.PutOp: "put", table.UpdateOp: "update", table.DeleteOp: "delete", table.CheckOp: "check"}
	touched := make([]Touch, 0, len(actions))
	for _, a := range actions {
		op, p := names[a.Op()], a.Parts()
		touched = append(touched, touch(op, table.Base, a.Key().PK))
		for i, place := range []*table.Key{&p.Row.First, p.First, &p.Row.Second, p.Second} {
			if place != nil && !place.IsZero() {
				touched = append(touched, touch(op, table.First+table.Index(i/2), place.PK))
			}
		}
	}
	return touched
}

// price is what a write costs by the rules of DynamoDB.
func price(actions []table.Action, old map[table.Key]table.Row, err error) Count {
	c := Count{Trips: 1}
	refused := table.IsRefused(err)
	if err != nil && !refused {
		return c
	}
	if refused {
		c.Refused = 1
	}
	times := 1
	if len(actions) > 1 || len(actions) == 1 && actions[0].Op() == table.CheckOp {
		times = 2 // a check alone is a transaction of one
	}
	for _, a := range actions {
		was, existed := old[a.Key()]
		is, exists, failed := a.Apply(was, existed)
		if failed != nil || refused {
			is, exists = was, existed
		}
		c.WriteUnits += times * writeUnits(max(sizeIf(existed, was), sizeIf(exists, is)))
		if refused || a.Op() == table.CheckOp {
			continue
		}
		c.RowsWritten++
		c.IndexUnits += entryUnits(table.First, was, is) + entryUnits(table.Second, was, is)
	}
	return c
}

// entryUnits is what the change of one entry costs: a new or a deleted entry its size, an entry that moves both, one whose
// projected attributes change the larger. Index entries are written once, in a transaction too.
func entryUnits(index table.Index, was, is table.Row) int {
	before, after := was.Projection(index), is.Projection(index)
	left, entered := before.Place(index), after.Place(index)
	switch {
	case left.IsZero() && entered.IsZero():
		return 0
	case left.IsZero():
		return writeUnits(after.Size())
	case entered.IsZero():
		return writeUnits(before.Size())
	case left != entered:
		return writeUnits(before.Size()) + writeUnits(after.Size())
	case before.Equal(after):
		return 0
	default:
		return writeUnits(max(before.Size(), after.Size()))
	}
}

func writeUnits(size int) int { return max(1, (size+1023)/1024) }
func readUnits(size int) int  { return max(1, (size+4095)/4096) }

func sizeIf(exists bool, row table.Row) int {
	if exists {
		return row.Size()
	}
	return 0
}

func countIf(ok bool) int {
	if ok {
		return 1
	}
	return 0
}
