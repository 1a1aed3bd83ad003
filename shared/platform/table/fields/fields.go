// Package fields maps the fields of a row to attributes, one by one and by hand: a zero field has no attribute, and attributes
// that this version of the code does not know are passed over and stay untouched by its updates, so that two versions of the
// code can run side by side over one table. A domain's store lists the fields of its rows.
package fields

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/platform/table"
)

// Of maps one field of a row T to one attribute.
type Of[T any] struct {
	Name string
	Get  func(*T) table.Value
	Set  func(*T, table.Value) error
}

// VersionAttr is the attribute of a row that holds the version of its schema.
const VersionAttr = "sv"

// New gives the attributes of a new row, with the version of its schema.
func New[T any](version int64, list []Of[T], row *T) table.Attrs {
	attrs := Attrs(list, row)
	attrs[VersionAttr] = table.N(version)
	return attrs
}

// Attrs gives the attributes of an update: without the version, for an update must not make a row of a newer version look
// older.
func Attrs[T any](list []Of[T], row *T) table.Attrs {
	attrs := table.Attrs{}
	for _, f := range list {
		if v := f.Get(row); !v.IsAbsent() {
			attrs[f.Name] = v
		}
	}
	return attrs
}

// Read reads a row. An attribute that cannot be read is an error and never an empty field: a payment whose pending call was
// forgotten would open a second road to the same money, a forgotten posting would be money lost.
func Read[T any](list []Of[T], attrs table.Attrs, row *T) error {
	for _, f := range list {
		v, ok := attrs[f.Name]
		if !ok {
			continue
		}
		if err := f.Set(row, v); err != nil {
			return fmt.Errorf("fields: the attribute %s cannot be read: %w", f.Name, err)
		}
	}
	return nil
}

// Change adds to an update what differs between two rows: it sets what has changed and removes what became zero.
func Change[T any](a table.Action, list []Of[T], was, is *T) table.Action {
	set := table.Attrs{}
	var gone []string
	for _, f := range list {
		old, now := f.Get(was), f.Get(is)
		switch {
		case old == now:
		case now.IsAbsent():
			gone = append(gone, f.Name)
		default:
			set[f.Name] = now
		}
	}
	return a.SetAll(set).Remove(gone...)
}

// ErrKind is an attribute of another kind than its field's.
var ErrKind = errors.New("it is of another kind")

// Like fails with ErrKind where v is of another kind than like.
func Like(v, like table.Value) error {
	if v.Kind() != like.Kind() {
		return ErrKind
	}
	return nil
}

// Text keeps a text.
func Text[T any, S ~string](name string, at func(*T) *S) Of[T] {
	return Of[T]{name,
		func(t *T) table.Value {
			if *at(t) == "" {
				return table.Value{}
			}
			return table.S(string(*at(t)))
		},
		func(t *T, v table.Value) error { *at(t) = S(v.Text()); return Like(v, table.S("")) }}
}

// Number keeps a whole number.
func Number[T any, I ~int | ~int64](name string, at func(*T) *I) Of[T] {
	return Of[T]{name,
		func(t *T) table.Value {
			if *at(t) == 0 {
				return table.Value{}
			}
			return table.N(int64(*at(t)))
		},
		func(t *T, v table.Value) error { *at(t) = I(v.Number()); return Like(v, table.N(0)) }}
}

// Count keeps a number, 0 too, so that an update lowers it.
func Count[T any, I ~int | ~int64](name string, at func(*T) *I) Of[T] {
	return Of[T]{name,
		func(t *T) table.Value { return table.N(int64(*at(t))) },
		func(t *T, v table.Value) error { *at(t) = I(v.Number()); return Like(v, table.N(0)) }}
}

// Truth keeps what is true.
func Truth[T any](name string, at func(*T) *bool) Of[T] {
	return Of[T]{name,
		func(t *T) table.Value {
			if !*at(t) {
				return table.Value{}
			}
			return table.Flag(true)
		},
		func(t *T, v table.Value) error { *at(t) = v.True(); return Like(v, table.Flag(true)) }}
}

// Instant keeps a time as unix milliseconds.
func Instant[T any](name string, at func(*T) *time.Time) Of[T] {
	return Of[T]{name,
		func(t *T) table.Value {
			if at(t).IsZero() {
				return table.Value{}
			}
			return table.N(at(t).UnixMilli())
		},
		func(t *T, v table.Value) error { *at(t) = time.UnixMilli(v.Number()).UTC(); return Like(v, table.N(0)) }}
}

// Moment keeps a time as Instant does, and the zero time as 0: a condition can only compare what is there.
func Moment[T any](name string, at func(*T) *time.Time) Of[T] {
	return Of[T]{name,
		func(t *T) table.Value { return table.N(Millis(*at(t))) },
		func(t *T, v table.Value) error {
			*at(t) = time.Time{}
			if v.Number() != 0 {
				*at(t) = time.UnixMilli(v.Number()).UTC()
			}
			return Like(v, table.N(0))
		}}
}

// Millis is a time as Moment keeps it.
func Millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// UUID keeps an id.
func UUID[T any](name string, at func(*T) *ids.ID) Of[T] {
	return Of[T]{name,
		func(t *T) table.Value {
			if at(t).IsZero() {
				return table.Value{}
			}
			return table.S(at(t).String())
		},
		func(t *T, v table.Value) (err error) { *at(t), err = ids.Parse(v.Text()); return err }}
}

// Document keeps a structure as JSON; empty reports the zero one.
func Document[T, D any](name string, at func(*T) *D, empty func(*D) bool) Of[T] {
	return Of[T]{name,
		func(t *T) table.Value {
			if empty(at(t)) {
				return table.Value{}
			}
			raw, err := json.Marshal(at(t))
			if err != nil {
				panic(err) // plain data of our own: it cannot fail
			}
			return table.B(raw)
		},
		func(t *T, v table.Value) error { return json.Unmarshal(v.Bytes(), at(t)) }}
}

// Raw keeps JSON as the bytes that it came in.
func Raw[T any](name string, at func(*T) *json.RawMessage) Of[T] {
	return Of[T]{name,
		func(t *T) table.Value { return table.B(*at(t)) },
		func(t *T, v table.Value) error { *at(t) = v.Bytes(); return Like(v, table.B(nil)) }}
}

// IsZero reports a structure without content, for Document.
func IsZero[D comparable](d *D) bool { var zero D; return *d == zero }
