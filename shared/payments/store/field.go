package store

import (
	"encoding/json"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/platform/table"
)

// field maps one field of a row to one attribute. A zero field has no attribute. Attributes that this version of the code
// does not know stay untouched by its updates, so that two versions can run side by side.
type field[T any] struct {
	name string
	get  func(*T) table.Value
	set  func(*T, table.Value)
}

func encode[T any](fields []field[T], row *T) table.Attrs {
	attrs := table.Attrs{"sv": table.N(schemaVersion)}
	for _, f := range fields {
		if v := f.get(row); !v.IsAbsent() {
			attrs[f.name] = v
		}
	}
	return attrs
}

func decode[T any](fields []field[T], attrs table.Attrs, row *T) {
	for _, f := range fields {
		if v, ok := attrs[f.name]; ok {
			f.set(row, v)
		}
	}
}

// change makes an update that gives every field its value and removes the ones that became zero.
func change[T any](a table.Action, fields []field[T], was, is *T) table.Action {
	set := table.Attrs{}
	var gone []string
	for _, f := range fields {
		old, now := f.get(was), f.get(is)
		switch {
		case old == now:
		case now.IsAbsent():
			gone = append(gone, f.name)
		default:
			set[f.name] = now
		}
	}
	return a.SetAll(set).Remove(gone...)
}

func text[T any, S ~string](name string, at func(*T) *S) field[T] {
	return field[T]{name,
		func(t *T) table.Value {
			if *at(t) == "" {
				return table.Value{}
			}
			return table.S(string(*at(t)))
		},
		func(t *T, v table.Value) { *at(t) = S(v.Text()) }}
}

func number[T any, I ~int | ~int64](name string, at func(*T) *I) field[T] {
	return field[T]{name,
		func(t *T) table.Value {
			if *at(t) == 0 {
				return table.Value{}
			}
			return table.N(int64(*at(t)))
		},
		func(t *T, v table.Value) { *at(t) = I(v.Number()) }}
}

func truth[T any](name string, at func(*T) *bool) field[T] {
	return field[T]{name,
		func(t *T) table.Value {
			if !*at(t) {
				return table.Value{}
			}
			return table.Flag(true)
		},
		func(t *T, v table.Value) { *at(t) = v.True() }}
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
		func(t *T, v table.Value) { *at(t) = time.UnixMilli(v.Number()).UTC() }}
}

func uuid[T any](name string, at func(*T) *ids.ID) field[T] {
	return field[T]{name,
		func(t *T) table.Value {
			if at(t).IsZero() {
				return table.Value{}
			}
			return table.S(at(t).String())
		},
		func(t *T, v table.Value) { *at(t), _ = ids.Parse(v.Text()) }}
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
		func(t *T, v table.Value) { _ = json.Unmarshal(v.Bytes(), at(t)) }}
}
