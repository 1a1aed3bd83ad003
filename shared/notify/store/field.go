package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/platform/table"
)

// field maps one field of a row to one attribute. A zero field has no attribute. Attributes that this version of the code
// does not know are passed over, so that two versions can run side by side.
type field[T any] struct {
	name string
	get  func(*T) table.Value
	set  func(*T, table.Value) error
}

// encode gives the attributes of a new row.
func encode[T any](fields []field[T], row *T) table.Attrs {
	attrs := changes(fields, row)
	attrs["sv"] = table.N(schemaVersion)
	return attrs
}

// changes gives the attributes of an update, which must not make a row of a newer version look older.
func changes[T any](fields []field[T], row *T) table.Attrs {
	attrs := table.Attrs{}
	for _, f := range fields {
		if v := f.get(row); !v.IsAbsent() {
			attrs[f.name] = v
		}
	}
	return attrs
}

// decode reads a row. An attribute that cannot be read is an error and never an empty field: a
// delivery that was forgotten would be a partner who never learns of his money.
func decode[T any](fields []field[T], attrs table.Attrs, row *T) error {
	for _, f := range fields {
		v, ok := attrs[f.name]
		if !ok {
			continue
		}
		if err := f.set(row, v); err != nil {
			return fmt.Errorf("store: the attribute %s cannot be read: %w", f.name, err)
		}
	}
	return nil
}

// errKind is an attribute of another kind than its field's.
var errKind = errors.New("it is of another kind")

func of(v, like table.Value) error {
	if v.Kind() != like.Kind() {
		return errKind
	}
	return nil
}

func text[T any, S ~string](name string, at func(*T) *S) field[T] {
	return field[T]{name,
		func(t *T) table.Value {
			if *at(t) == "" {
				return table.Value{}
			}
			return table.S(string(*at(t)))
		},
		func(t *T, v table.Value) error { *at(t) = S(v.Text()); return of(v, table.S("")) }}
}

func number[T any, I ~int | ~int64](name string, at func(*T) *I) field[T] {
	return field[T]{name,
		func(t *T) table.Value {
			if *at(t) == 0 {
				return table.Value{}
			}
			return table.N(int64(*at(t)))
		},
		func(t *T, v table.Value) error { *at(t) = I(v.Number()); return of(v, table.N(0)) }}
}

// instant keeps a time as unix milliseconds.
func instant[T any](name string, at func(*T) *time.Time) field[T] {
	return field[T]{name,
		func(t *T) table.Value {
			if at(t).IsZero() {
				return table.Value{}
			}
			return table.N(at(t).UnixMilli())
		},
		func(t *T, v table.Value) error { *at(t) = time.UnixMilli(v.Number()).UTC(); return of(v, table.N(0)) }}
}

func uuid[T any](name string, at func(*T) *ids.ID) field[T] {
	return field[T]{name,
		func(t *T) table.Value {
			if at(t).IsZero() {
				return table.Value{}
			}
			return table.S(at(t).String())
		},
		func(t *T, v table.Value) (err error) { *at(t), err = ids.Parse(v.Text()); return err }}
}

// document keeps a structure as JSON; empty reports the zero one.
func document[T, D any](name string, at func(*T) *D, empty func(*D) bool) field[T] {
	return field[T]{name,
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

// count keeps a number, 0 too, so that an update lowers it.
func count[T any, I ~int](name string, at func(*T) *I) field[T] {
	return field[T]{name,
		func(t *T) table.Value { return table.N(int64(*at(t))) },
		func(t *T, v table.Value) error { *at(t) = I(v.Number()); return of(v, table.N(0)) }}
}

// raw keeps JSON as the bytes that it was told in.
func raw[T any](name string, at func(*T) *json.RawMessage) field[T] {
	return field[T]{name,
		func(t *T) table.Value { return table.B(*at(t)) },
		func(t *T, v table.Value) error { *at(t) = v.Bytes(); return of(v, table.B(nil)) }}
}

// moment keeps a time as unix milliseconds, and the zero time as 0: a condition can only compare what is there.
func moment[T any](name string, at func(*T) *time.Time) field[T] {
	return field[T]{name,
		func(t *T) table.Value { return table.N(millis(*at(t))) },
		func(t *T, v table.Value) error {
			*at(t) = time.Time{}
			if v.Number() != 0 {
				*at(t) = time.UnixMilli(v.Number()).UTC()
			}
			return of(v, table.N(0))
		}}
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
