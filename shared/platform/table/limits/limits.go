// Package limits is a table.Table that refuses what DynamoDB would refuse, whatever engine is behind it, so that a store
// written against the embedded file runs on the real service. Every refusal is table.ErrLimit and says what broke.
package limits

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"giberno.ru/shared/platform/table"
)

// The limits of the real service in bytes (Developer Guide, «Quotas in Amazon DynamoDB»).
const (
	MaxTransactionBytes = 4 << 20
	MaxPageBytes        = 1 << 20
	MaxNameBytes        = 255 // of an attribute
)

// Table keeps the limits over another table.
type Table struct{ inner table.Table }

var _ table.Table = (*Table)(nil)

// New puts the limits in front of inner. Under package stamped it lets the writer's id pass; a store's own use of that name is
// refused there.
func New(inner table.Table) *Table { return &Table{inner} }

// Get reads one row.
func (t *Table) Get(ctx context.Context, key table.Key) (table.Row, bool, error) {
	if err := validKeyText(key); err != nil {
		return table.Row{}, false, err
	}
	return t.inner.Get(ctx, key)
}

// GetMany reads up to 100 rows.
func (t *Table) GetMany(ctx context.Context, keys []table.Key) ([]table.Row, error) {
	if err := table.ValidKeys(keys); err != nil {
		return nil, err
	}
	for _, key := range keys {
		if err := validKeyText(key); err != nil {
			return nil, err
		}
	}
	return t.inner.GetMany(ctx, keys)
}

// Query reads one page, cut behind the row that brings it to 1 MB.
func (t *Table) Query(ctx context.Context, q table.Query) (table.Page, error) {
	q, err := q.Valid()
	if err != nil {
		return table.Page{}, err
	}
	for _, text := range []string{q.PK, q.From, q.To, q.Prefix} {
		if !utf8.ValidString(text) {
			return table.Page{}, fmt.Errorf("%w: a query whose keys are no text", table.ErrLimit)
		}
	}
	page, err := t.inner.Query(ctx, q)
	if err != nil {
		return table.Page{}, err
	}
	size := 0
	for i, row := range page.Rows {
		size += row.Size()
		if size >= MaxPageBytes && i+1 < len(page.Rows) {
			page.Rows = page.Rows[:i+1]
			page.More = table.PlaceOf(q.Index, row)
			break
		}
	}
	return page, nil
}

// Write checks names and sizes of the actions, and carries them out.
func (t *Table) Write(ctx context.Context, actions ...table.Action) error {
	if err := table.Validate(actions); err != nil {
		return err
	}
	total := 0
	for i, a := range actions {
		size, err := check(a)
		if err != nil {
			return fmt.Errorf("%w (action %d on %s)", err, i, a.Key())
		}
		total += size
	}
	if len(actions) > 1 && total > MaxTransactionBytes {
		return fmt.Errorf("%w: a transaction of %d bytes, %d are allowed", table.ErrLimit, total, MaxTransactionBytes)
	}
	return t.inner.Write(ctx, actions...)
}

// check gives the bytes that the action brings along.
func check(a table.Action) (int, error) {
	p := a.Parts()
	for _, key := range places(p) {
		if err := validKeyText(key); err != nil {
			return 0, err
		}
	}
	if err := checkNames(a); err != nil {
		return 0, err
	}
	if err := checkTexts(p); err != nil {
		return 0, err
	}
	size := p.Row.Size()
	if p.Op == table.UpdateOp {
		size = brought(p)
	}
	if size > table.MaxRowBytes {
		return 0, fmt.Errorf("%w: a row of %d bytes, %d are allowed", table.ErrLimit, size, table.MaxRowBytes)
	}
	return size, nil
}

// brought is the bytes that an update carries. What the row weighs after it only the engine knows, which refuses it there.
func brought(p table.Parts) int {
	size := table.Row{Key: p.Row.Key, Attrs: p.Set}.Size()
	for name, n := range p.Add {
		size += len(name) + table.N(n).Size()
	}
	for _, place := range []*table.Key{p.First, p.Second} {
		if place != nil {
			size += len("g1pk"+"g1sk") + len(place.PK) + len(place.SK)
		}
	}
	return size
}

// places are all keys that the action holds and that are set.
func places(p table.Parts) []table.Key {
	keys := make([]table.Key, 0, 5)
	for _, key := range []*table.Key{&p.Row.Key, &p.Row.First, &p.Row.Second, p.First, p.Second} {
		if key != nil && !key.IsZero() {
			keys = append(keys, *key)
		}
	}
	return keys
}

func validKeyText(key table.Key) error {
	if err := table.ValidKey(key); err != nil {
		return err
	}
	if !utf8.ValidString(key.PK) || !utf8.ValidString(key.SK) {
		return fmt.Errorf("%w: a key that is no text: %s", table.ErrLimit, key)
	}
	return nil
}

// checkNames refuses names that an expression cannot hold, and those of package table (but for the writer's id).
func checkNames(a table.Action) (err error) {
	a.Names(func(name string) {
		if err == nil {
			err = ValidName(name)
		}
		for _, own := range table.OwnNames {
			if err == nil && name == own && own != table.WriterAttr {
				err = fmt.Errorf("%w: the attribute %q belongs to the table", table.ErrLimit, name)
			}
		}
	})
	return err
}

// ValidName refuses, with ErrLimit, an attribute name that an expression cannot hold as it stands: a letter first, then
// letters, digits and underscores, at most 255, and not a reserved word.
func ValidName(name string) error {
	plain := name != "" && len(name) <= MaxNameBytes && strings.IndexFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_'
	}) < 0 && (name[0] < '0' || name[0] > '9') && name[0] != '_'
	if !plain {
		return fmt.Errorf("%w: %q is no name for an attribute", table.ErrLimit, name)
	}
	if Reserved(name) {
		return fmt.Errorf("%w: %q is a reserved word of DynamoDB", table.ErrLimit, name)
	}
	return nil
}

// checkTexts refuses a text that is not UTF-8.
func checkTexts(p table.Parts) error {
	for _, attrs := range []table.Attrs{p.Row.Attrs, p.Set} {
		for name, v := range attrs {
			if !utf8.ValidString(v.Text()) {
				return fmt.Errorf("%w: the text of %q is not UTF-8", table.ErrLimit, name)
			}
		}
	}
	return nil
}
