package web

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"giberno.ru/shared/core/fault"
)

// huma keeps its manners in package variables. Ours hold for the whole process, and web is the only package that uses huma.
func init() {
	huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
		p := asProblem(status, errs)
		if ctx != nil {
			return refuse(ctx.Context(), p)
		}
		return p
	}
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError { return asProblem(status, errs) }
	// Messages say what is wanted, never what was sent: an error of a parser often quotes its input.
	huma.ErrorFormatter = func(format string, args ...any) string {
		if plain, ok := strings.CutSuffix(format, ": %v"); ok {
			return plain
		}
		return fmt.Sprintf(format, args...)
	}
	huma.ValidateStrictCasing = true  // {"Amount":1} is an unknown field, as in every other language
	huma.DefaultArrayNullable = false // a list is a list, perhaps an empty one
}

// asProblem says in our words what huma refused. The value that was sent is not echoed.
func asProblem(status int, errs []error) *Problem {
	switch status {
	case http.StatusBadRequest:
		return problemOf(ErrMalformedBody)
	case http.StatusRequestEntityTooLarge:
		return problemOf(ErrBodyTooLarge)
	case http.StatusUnsupportedMediaType:
		return problemOf(ErrUnsupportedMedia)
	case http.StatusUnprocessableEntity:
		f := fault.Validation()
		for _, err := range errs[:min(len(errs), maxFields)] {
			f.Fields = append(f.Fields, fieldOf(err))
		}
		return problemOf(f)
	}
	return problemOf(fault.Internal(errors.Join(errs...)))
}

var ownCode = regexp.MustCompile(`^[a-z_]+: `)

func fieldOf(err error) fault.Field {
	var detail *huma.ErrorDetail
	if !errors.As(err, &detail) {
		return fault.Field{Location: "body", Message: "is not what it should be"}
	}
	location, message := detail.Location, detail.Message
	if place, text, ok := strings.Cut(message, misfitMark); ok {
		location, message = place, text
	}
	if text, ok := strings.CutPrefix(message, "invalid value: "); ok { // what a parameter's own UnmarshalText says
		message = ownCode.ReplaceAllString(text, "")
	}
	return fault.Field{Location: location, Message: message}
}

// jsonFormat reads and writes bodies. checkJSON has been there before, so that only a misfit between value and type is left.
var jsonFormat = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		body, err := Render(v)
		if err != nil {
			return err
		}
		_, err = w.Write(body)
		return err
	},
	Unmarshal: func(data []byte, into any) error {
		err := json.Unmarshal(data, into)
		if err == nil {
			return nil
		}
		if location, message := misfit(data, reflect.TypeOf(into).Elem(), "body"); location != "" {
			return errors.New(location + misfitMark + message)
		}
		return errors.New("body" + misfitMark + "is not what it should be")
	},
}

// misfitMark separates place and message in an error that huma keeps as text only.
const misfitMark = "\x1f"

// misfit finds the first place where data does not fit t: encoding/json tells the error of a type's own reader without its
// place. It runs only for a body that is refused anyway.
func misfit(data []byte, t reflect.Type, at string) (location, message string) {
	if string(data) == "null" {
		return "", ""
	}
	fresh := reflect.New(t)
	switch own := fresh.Interface().(type) {
	case json.Unmarshaler:
		return whether(own.UnmarshalJSON(data), at)
	case encoding.TextUnmarshaler:
		return whether(json.Unmarshal(data, fresh.Interface()), at)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return misfit(data, t.Elem(), at)
	case reflect.Slice, reflect.Array:
		var items []json.RawMessage
		if json.Unmarshal(data, &items) == nil {
			for i, item := range items {
				if location, message = misfit(item, t.Elem(), at+"["+strconv.Itoa(i)+"]"); location != "" {
					return location, message
				}
			}
		}
	case reflect.Map:
		var members map[string]json.RawMessage
		if json.Unmarshal(data, &members) == nil {
			for name, member := range members {
				if location, message = misfit(member, t.Elem(), at+"."+name); location != "" {
					return location, message
				}
			}
		}
	case reflect.Struct:
		if location, message = misfitIn(data, t, at); location != "" {
			return location, message
		}
	}
	return whether(json.Unmarshal(data, fresh.Interface()), at)
}

func misfitIn(data []byte, t reflect.Type, at string) (location, message string) {
	var members map[string]json.RawMessage
	if json.Unmarshal(data, &members) != nil {
		return "", ""
	}
	for _, field := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if member, given := members[name]; given && name != "" && field.IsExported() {
			if location, message = misfit(member, field.Type, at+"."+name); location != "" {
				return location, message
			}
		}
	}
	return "", ""
}

func whether(err error, at string) (location, message string) {
	var f *fault.Fault
	var wrongType *json.UnmarshalTypeError
	switch {
	case err == nil:
		return "", ""
	case errors.As(err, &f):
		return at, f.Message
	case errors.As(err, &wrongType):
		switch wrongType.Type.Kind() {
		case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
			reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
			return at, "expected an integer that 64 bits can hold"
		}
	}
	return at, "is not what it should be"
}
