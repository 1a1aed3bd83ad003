package tbank

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxMembers bounds the root of an object; the bank's longest notification has 25.
const maxMembers = 64

var errObject = errors.New("not one JSON object with each name once")

// kind is the JSON kind of a member.
type kind byte

const (
	scalarText kind = iota
	scalarNumber
	scalarBool
	null
	nested // an object or an array; text holds its JSON
)

// member is one name with its value: the decoded text of a string, and the JSON text of everything else.
type member struct {
	name string
	kind kind
	text string
}

// object is the root of a JSON object in its own order. We read it by hand, because the signature is over the text of the
// numbers as received, and because encoding/json would take «amount» for «Amount» and the last of two equal names.
type object []member

// parseObject reads exactly one JSON object. Invalid UTF-8, a name that occurs twice and more than maxMembers are refused.
func parseObject(raw []byte) (object, error) {
	if !utf8.Valid(raw) || !json.Valid(raw) {
		return nil, errObject
	}
	s := scanner{text: string(raw)}
	s.space()
	if s.peek() != '{' {
		return nil, errObject
	}
	return s.object()
}

// scanner walks over JSON that json.Valid has accepted, so that it need not doubt the grammar again.
type scanner struct {
	text string
	at   int
}

func (s *scanner) object() (object, error) {
	members := make(object, 0, 24)
	s.at++ // {
	for {
		s.space()
		switch s.peek() {
		case '}':
			s.at++
			return members, nil
		case ',':
			s.at++
			continue
		}
		name, err := s.quoted()
		if err != nil || len(members) == maxMembers || members.has(name) {
			return nil, errObject
		}
		s.space()
		s.at++ // :
		m, err := s.value()
		if err != nil {
			return nil, err
		}
		m.name = name
		members = append(members, m)
	}
}

func (s *scanner) value() (member, error) {
	s.space()
	switch s.peek() {
	case '"':
		text, err := s.quoted()
		return member{kind: scalarText, text: text}, err
	case '{', '[':
		return member{kind: nested, text: s.skipNested()}, nil
	}
	start := s.at
	for s.at < len(s.text) && !strings.ContainsRune(",}] \t\r\n", rune(s.text[s.at])) {
		s.at++
	}
	text := s.text[start:s.at]
	switch text {
	case "true", "false":
		return member{kind: scalarBool, text: text}, nil
	case "null":
		return member{kind: null}, nil
	}
	return member{kind: scalarNumber, text: text}, nil
}

// quoted reads a string; one without escapes is a part of the input and costs nothing.
func (s *scanner) quoted() (string, error) {
	start := s.at
	plain := s.skipString()
	token := s.text[start:s.at]
	if plain {
		return token[1 : len(token)-1], nil
	}
	var text string
	err := json.Unmarshal([]byte(token), &text)
	return text, err
}

// skipString steps over a string and reports whether it has no escapes.
func (s *scanner) skipString() (plain bool) {
	plain = true
	for s.at++; s.text[s.at] != '"'; s.at++ {
		if s.text[s.at] == '\\' {
			plain = false
			s.at++
		}
	}
	s.at++
	return plain
}

func (s *scanner) skipNested() string {
	start, depth := s.at, 0
	for {
		switch s.text[s.at] {
		case '"':
			s.skipString()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		s.at++
		if depth == 0 {
			return s.text[start:s.at]
		}
	}
}

func (s *scanner) space() {
	for s.at < len(s.text) && (s.text[s.at] == ' ' || s.text[s.at] == '\t' || s.text[s.at] == '\n' || s.text[s.at] == '\r') {
		s.at++
	}
}

func (s *scanner) peek() byte {
	if s.at >= len(s.text) {
		return 0
	}
	return s.text[s.at]
}

// list reads an array of objects, at most limit of them. A string that looks like one is none: its text is not JSON that
// json.Valid has accepted.
func (o object) list(name string, limit int) ([]object, error) {
	m, _ := o.find(name)
	if m.kind != nested || m.text[0] != '[' {
		return nil, errObject
	}
	s := scanner{text: m.text}
	var all []object
	s.at++
	for {
		s.space()
		switch s.peek() {
		case ']':
			return all, nil
		case ',':
			s.at++
			continue
		case '{':
		default:
			return nil, errObject
		}
		element, err := s.object()
		if err != nil || len(all) == limit {
			return nil, errObject
		}
		all = append(all, element)
	}
}

func (o object) has(name string) bool {
	_, ok := o.find(name)
	return ok
}

func (o object) find(name string) (member, bool) {
	for i := range o {
		if o[i].name == name {
			return o[i], true
		}
	}
	return member{}, false
}

// text gives a scalar as text: the bank sends PaymentId, ErrorCode and CardId as numbers here and as strings there (§9).
// A missing or null one, or an object in its place, is "".
func (o object) text(name string) string {
	m, ok := o.find(name)
	if !ok || m.kind == nested {
		return ""
	}
	return m.text
}

// nested reads an object within the object; ok is false for anything else.
func (o object) nested(name string) (inner object, ok bool) {
	m, _ := o.find(name)
	if m.kind != nested || m.text[0] != '{' {
		return nil, false
	}
	s := scanner{text: m.text}
	inner, err := s.object()
	return inner, err == nil
}

// truth reads a bool, also one written as a string (§9.8). ok is false for anything else.
func (o object) truth(name string) (value, ok bool) {
	switch o.text(name) {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return false, false
}

// whole reads a non-negative integer in its plainest form. A fraction, an exponent, a sign, a leading zero and what int64
// cannot hold are refused: a bank that writes an amount so is not one that we understand.
func (o object) whole(name string) (int64, bool) {
	text := o.text(name)
	if text == "" || len(text) > 1 && text[0] == '0' || !digitsOnly(text) {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

func digitsOnly(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
