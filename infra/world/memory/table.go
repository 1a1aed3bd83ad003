package memory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"giberno.ru/shared/platform/table"
)

// Table is a table.Table and its table.Feed. It is safe for concurrent use.
type Table struct {
	mu      sync.Mutex
	rows    map[table.Key]table.Row
	spans   [3]map[string][]entry // by index and partition, in the order of the sort keys
	changes []table.Change
	seq     uint64
	wake    chan struct{} // closed by the next write
}

// entry is a row's place within a partition of the base table or of an index.
type entry struct {
	sk  string
	key table.Key
}

var (
	_ table.Table = (*Table)(nil)
	_ table.Feed  = (*Table)(nil)
)

// NewTable makes an empty table.
func NewTable() *Table {
	t := &Table{rows: map[table.Key]table.Row{}, wake: make(chan struct{})}
	for i := range t.spans {
		t.spans[i] = map[string][]entry{}
	}
	return t
}

func (e entry) compare(o entry) int {
	if c := strings.Compare(e.sk, o.sk); c != 0 {
		return c
	}
	if c := strings.Compare(e.key.PK, o.key.PK); c != 0 {
		return c
	}
	return strings.Compare(e.key.SK, o.key.SK)
}

// copied gives a row that its reader may change.
func copied(row table.Row) table.Row {
	row.Attrs = maps.Clone(row.Attrs)
	return row
}

// Get reads one row.
func (t *Table) Get(ctx context.Context, key table.Key) (table.Row, bool, error) {
	if err := table.ValidKey(key); err != nil {
		return table.Row{}, false, err
	}
	if ctx.Err() != nil {
		return table.Row{}, false, stopped(ctx)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	row, ok := t.rows[key]
	return copied(row), ok, nil
}

// GetMany reads up to 100 rows, in the order in which they were asked for.
func (t *Table) GetMany(ctx context.Context, keys []table.Key) ([]table.Row, error) {
	if err := table.ValidKeys(keys); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, stopped(ctx)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var rows []table.Row
	for _, key := range keys {
		if row, ok := t.rows[key]; ok {
			rows = append(rows, copied(row))
		}
	}
	return rows, nil
}

// Query reads one page. The indexes are never stale.
func (t *Table) Query(ctx context.Context, q table.Query) (page table.Page, err error) {
	if q, err = q.Valid(); err != nil {
		return table.Page{}, err
	}
	if ctx.Err() != nil {
		return table.Page{}, stopped(ctx)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	all := t.spans[q.Index][q.PK]
	lo, hi := bounds(all, q)
	for lo < hi {
		if len(page.Rows) == q.Limit {
			page.More = table.PlaceOf(q.Index, page.Rows[q.Limit-1])
			return page, nil
		}
		at := lo
		if q.Backward {
			hi--
			at = hi
		} else {
			lo++
		}
		row := t.rows[all[at].key]
		if q.Index == table.Base {
			page.Rows = append(page.Rows, copied(row))
		} else {
			page.Rows = append(page.Rows, row.Projection(q.Index))
		}
	}
	return page, nil
}

// bounds gives the span of entries that a query covers, from lo to before hi.
func bounds(all []entry, q table.Query) (lo, hi int) {
	at := func(sk string) int {
		i, _ := slices.BinarySearchFunc(all, sk, func(e entry, sk string) int { return strings.Compare(e.sk, sk) })
		return i
	}
	hi = len(all)
	switch {
	case q.Prefix != "":
		lo = at(q.Prefix)
		for hi = lo; hi < len(all) && strings.HasPrefix(all[hi].sk, q.Prefix); {
			hi++
		}
	default:
		lo = at(q.From)
		if q.To != "" {
			hi = at(q.To)
		}
	}
	if q.After == nil {
		return lo, hi
	}
	place := q.After.Index
	if q.Index == table.Base {
		place = q.After.Base
	}
	i, found := slices.BinarySearchFunc(all, entry{place.SK, q.After.Base}, entry.compare)
	if q.Backward {
		return lo, min(hi, i)
	}
	if found {
		i++
	}
	return max(lo, i), hi
}

// stopped is a call whose caller does not wait any more: nothing was done.
func stopped(ctx context.Context) error {
	return fmt.Errorf("%w: %w", table.ErrUnavailable, context.Cause(ctx))
}

// Rows gives every row in the order of the keys, for checks that look at everything at once.
func (t *Table) Rows(see func(table.Row)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, pk := range slices.Sorted(maps.Keys(t.spans[table.Base])) {
		for _, e := range t.spans[table.Base][pk] {
			see(copied(t.rows[e.key]))
		}
	}
}
