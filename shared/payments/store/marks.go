package store

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"giberno.ru/shared/payments"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/fields"
)

// marks keeps events as one short text, for they stand on rows that are written often: "4.7.mgx3k9q2" is the fifth of
// payments.EventTypes, of version 7, at a time in milliseconds to the base 36; a comma parts them.
func marks[T any](name string, at func(*T) *[]payments.Mark) fields.Of[T] {
	return fields.Of[T]{Name: name,
		Get: func(t *T) table.Value {
			if len(*at(t)) == 0 {
				return table.Value{}
			}
			return table.S(writeMarks(*at(t)))
		},
		Set: func(t *T, v table.Value) (err error) {
			if *at(t), err = readMarks(v.Text()); err != nil {
				return err
			}
			return fields.Like(v, table.S(""))
		}}
}

func writeMarks(list []payments.Mark) string {
	var out []byte
	for i, m := range list {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, placeOf(m.Type)...)
		out = append(out, '.')
		out = strconv.AppendInt(out, m.Version, 10)
		out = append(out, '.')
		out = strconv.AppendInt(out, m.At.UnixMilli(), 36)
	}
	return string(out)
}

func placeOf(t payments.EventType) string {
	if n := slices.Index(payments.EventTypes, t); n >= 0 {
		return strconv.Itoa(n)
	}
	return string(t) // as it was read
}

var errMarks = errors.New("it is no list of events")

// readMarks reads them back. An event that a newer version of the code has added stays under its place: this version cannot
// tell it, and must not drop it from the row either.
func readMarks(text string) (list []payments.Mark, err error) {
	for _, one := range strings.Split(text, ",") {
		parts := strings.Split(one, ".")
		if len(parts) != 3 {
			return nil, errMarks
		}
		kind, err1 := strconv.Atoi(parts[0])
		version, err2 := strconv.ParseInt(parts[1], 10, 64)
		ms, err3 := strconv.ParseInt(parts[2], 36, 64)
		if errors.Join(err1, err2, err3) != nil || kind < 0 || version < 1 || ms < 0 {
			return nil, errMarks
		}
		m := payments.Mark{Type: payments.EventType(strconv.Itoa(kind)), Version: version, At: time.UnixMilli(ms).UTC()}
		if kind < len(payments.EventTypes) {
			m.Type = payments.EventTypes[kind]
		}
		list = append(list, m)
	}
	return list, nil
}
