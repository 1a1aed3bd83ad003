package atol

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"giberno.ru/shared/core/money"
)

var errBody = errors.New("the body is not one JSON object")

// parse reads exactly one JSON object; its numbers keep their text.
func parse(raw []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var fields map[string]any
	if err := d.Decode(&fields); err != nil || fields == nil || !utf8.Valid(raw) {
		return nil, errBody
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errBody
	}
	return fields, nil
}

// findings are the wrong places of a document, in the words of the service's validator: «PropertyRequired: #/receipt.client».
type findings struct{ list []string }

// maxFindings bounds what one answer says.
const maxFindings = 20

func (f *findings) add(rule, path string) {
	if len(f.list) < maxFindings {
		f.list = append(f.list, rule+": "+path)
	}
}

func (f *findings) String() string { return strings.Join(f.list, ", ") }

// place is a JSON object of the document and where it stands.
type place struct {
	found  *findings
	path   string
	fields map[string]any
}

func (p place) at(name string) string {
	if p.path == "#/" {
		return p.path + name
	}
	return p.path + "." + name
}

func (p place) wrong(rule, name string) { p.found.add(rule, p.at(name)) }

// only refuses members that the protocol does not have here. The real service is milder; a shop that misspells a member
// learns it here.
func (p place) only(names string) {
	known := strings.Fields(names)
	for _, name := range sortedKeys(p.fields) {
		if !slices.Contains(known, name) {
			p.wrong("NoAdditionalPropertiesAllowed", clip(name, 64))
		}
	}
}

func (p place) has(name string) bool { return p.fields[name] != nil }

// need gives a member that may not be missing or null.
func (p place) need(name string, required bool) (any, bool) {
	value := p.fields[name]
	if value == nil && required {
		p.wrong("PropertyRequired", name)
	}
	return value, value != nil
}

func (p place) object(name string, required bool) (place, bool) {
	value, given := p.need(name, required)
	if !given {
		return place{}, false
	}
	fields, ok := value.(map[string]any)
	if !ok {
		p.wrong("ObjectExpected", name)
		return place{}, false
	}
	return place{p.found, p.at(name), fields}, true
}

// objects reads a list of objects; least 0 makes it optional.
func (p place) objects(name string, least, most int) []place {
	value, given := p.need(name, least > 0)
	if !given {
		return nil
	}
	list, ok := value.([]any)
	switch {
	case !ok:
		p.wrong("ArrayExpected", name)
		return nil
	case len(list) < least:
		p.wrong("TooFewItems", name)
	case len(list) > most:
		p.wrong("TooManyItems", name)
		return nil
	}
	var places []place
	for i, element := range list {
		at := p.at(name) + "[" + strconv.Itoa(i) + "]"
		fields, ok := element.(map[string]any)
		if !ok {
			p.found.add("ObjectExpected", at)
			continue
		}
		places = append(places, place{p.found, at, fields})
	}
	return places
}

// text reads a string of at most that many characters. An empty one counts as missing.
func (p place) text(name string, most int, required bool) string {
	value, given := p.need(name, required)
	if !given {
		return ""
	}
	text, ok := value.(string)
	switch {
	case !ok:
		p.wrong("StringExpected", name)
	case text == "" && required:
		p.wrong("PropertyRequired", name)
	case utf8.RuneCountInString(text) > most:
		p.wrong("StringTooLong", name)
	}
	return text
}

// texts reads a list of strings.
func (p place) texts(name string, most int, required bool) []string {
	value, given := p.need(name, required)
	if !given {
		return nil
	}
	list, ok := value.([]any)
	if !ok || len(list) == 0 || len(list) > most {
		p.wrong("ArrayExpected", name)
		return nil
	}
	var all []string
	for _, element := range list {
		text, ok := element.(string)
		if !ok || text == "" || len(text) > 32 {
			p.wrong("StringExpected", name)
			continue
		}
		all = append(all, text)
	}
	return all
}

// word reads one of a list of words.
func (p place) word(name string, list []string, required bool) string {
	text := p.text(name, 64, required)
	if text != "" && !slices.Contains(list, text) {
		p.wrong("NotInEnumeration", name)
	}
	return text
}

// number reads one of a list of whole numbers.
func (p place) number(name string, list []int64, required bool) int64 {
	value, given := p.need(name, required)
	if !given {
		return 0
	}
	text, ok := value.(json.Number)
	n, err := strconv.ParseInt(string(text), 10, 64)
	switch {
	case !ok || err != nil:
		p.wrong("IntegerExpected", name)
	case !slices.Contains(list, n):
		p.wrong("NotInEnumeration", name)
	}
	return n
}

// maxKopecks is the widest amount of a receipt: 32 bits.
const maxKopecks = math.MaxUint32

// kopecks reads decimal roubles with at most two decimals, from their text.
func (p place) kopecks(name string, required bool) int64 {
	value, given := p.need(name, required)
	if !given {
		return 0
	}
	text, ok := value.(json.Number)
	if !ok {
		p.wrong("NumberExpected", name)
		return 0
	}
	kopecks, ok := toKopecks(string(text))
	switch {
	case !ok:
		p.wrong("NumberNotMultipleOf", name)
	case kopecks > maxKopecks:
		p.wrong("NumberTooBig", name)
	}
	return kopecks
}

func toKopecks(text string) (int64, bool) {
	whole, part, _ := strings.Cut(text, ".")
	part = strings.TrimRight(part, "0")
	if len(part) > 2 || len(whole) > 10 {
		return 0, false
	}
	n, err := strconv.ParseUint(whole+(part + "00")[:2], 10, 63)
	return int64(n), err == nil
}

func (p place) quantity(name string) money.Quantity {
	value, given := p.need(name, true)
	if !given {
		return 0
	}
	text, _ := value.(json.Number)
	q, err := money.ParseQuantity(string(text))
	if err != nil {
		p.wrong("NumberNotMultipleOf", name)
	}
	return q
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
