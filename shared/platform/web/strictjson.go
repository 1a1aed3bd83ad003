package web

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"giberno.ru/shared/core/fault"
)

const (
	maxDepth = 32
	notPlain = "has control characters or is not UTF-8"
)

// checkJSON reads body once, strictly, before anybody believes it. Wrong syntax is ErrMalformedBody. What JSON allows and
// we do not is a validation fault with its place: text that is not UTF-8 or has control characters, one name given twice in
// an object (parsers differ on which one counts, and a signature or a limit may have been checked on the other), a number
// that no number of ours can hold, nesting beyond 32.
func checkJSON(body []byte) error {
	s := scanner{in: body}
	s.space()
	if err := s.value(0); err != nil {
		return err
	}
	s.space()
	if s.at != len(s.in) {
		return ErrMalformedBody
	}
	return nil
}

type scanner struct {
	in   []byte
	at   int
	path []step
}

// step is one segment of the way to the value being read.
type step struct {
	name  []byte // of a member, still escaped; nil in an array
	index int
}

func (s *scanner) wrong(message string) error {
	location := "body"
	for _, p := range s.path {
		if p.name == nil {
			location += "[" + strconv.Itoa(p.index) + "]"
		} else {
			location += "." + string(p.name)
		}
	}
	if !plainText(location) {
		location = "body"
	}
	return fault.Validation(fault.Field{Location: location, Message: message})
}

func (s *scanner) space() {
	for s.at < len(s.in) {
		switch s.in[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

// next skips space and gives the byte there without taking it; 0 is the end.
func (s *scanner) next() byte {
	s.space()
	if s.at == len(s.in) {
		return 0
	}
	return s.in[s.at]
}

func (s *scanner) value(depth int) error {
	if depth > maxDepth {
		return s.wrong("is nested too deeply")
	}
	switch c := s.next(); {
	case c == '{':
		return s.object(depth)
	case c == '[':
		return s.array(depth)
	case c == '"':
		_, err := s.text()
		return err
	case c == 't':
		return s.word("true")
	case c == 'f':
		return s.word("false")
	case c == 'n':
		return s.word("null")
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	}
	return ErrMalformedBody
}

func (s *scanner) word(w string) error {
	if len(s.in)-s.at < len(w) || string(s.in[s.at:s.at+len(w)]) != w {
		return ErrMalformedBody
	}
	s.at += len(w)
	return nil
}

func (s *scanner) object(depth int) error {
	s.at++
	if s.next() == '}' {
		s.at++
		return nil
	}
	seen := names{}
	for {
		if s.next() != '"' {
			return ErrMalformedBody
		}
		name, err := s.text()
		if err != nil {
			return err
		}
		s.path = append(s.path, step{name: name})
		if !seen.add(name) {
			return s.wrong("is given twice")
		}
		if s.next() != ':' {
			return ErrMalformedBody
		}
		s.at++
		if err := s.value(depth + 1); err != nil {
			return err
		}
		s.path = s.path[:len(s.path)-1]
		switch s.next() {
		case ',':
			s.at++
		case '}':
			s.at++
			return nil
		default:
			return ErrMalformedBody
		}
	}
}

func (s *scanner) array(depth int) error {
	s.at++
	if s.next() == ']' {
		s.at++
		return nil
	}
	for i := 0; ; i++ {
		s.path = append(s.path, step{index: i})
		if err := s.value(depth + 1); err != nil {
			return err
		}
		s.path = s.path[:len(s.path)-1]
		switch s.next() {
		case ',':
			s.at++
		case ']':
			s.at++
			return nil
		default:
			return ErrMalformedBody
		}
	}
}

// text reads a string and gives it as written, without its quotes.
func (s *scanner) text() ([]byte, error) {
	s.at++
	begin := s.at
	for s.at < len(s.in) {
		switch c := s.in[s.at]; {
		case c == '"':
			s.at++
			return s.in[begin : s.at-1], nil
		case c == '\\':
			if err := s.escape(); err != nil {
				return nil, err
			}
		case c < utf8.RuneSelf:
			if isControl(rune(c)) {
				return nil, s.wrong(notPlain)
			}
			s.at++
		default:
			r, size := utf8.DecodeRune(s.in[s.at:])
			if r == utf8.RuneError && size == 1 || isControl(r) {
				return nil, s.wrong(notPlain)
			}
			s.at += size
		}
	}
	return nil, ErrMalformedBody
}

func (s *scanner) escape() error {
	if s.at+1 >= len(s.in) {
		return ErrMalformedBody
	}
	switch s.in[s.at+1] {
	case '"', '\\', '/':
		s.at += 2
		return nil
	case 'b', 'f', 'n', 'r', 't':
		return s.wrong(notPlain)
	case 'u':
	default:
		return ErrMalformedBody
	}
	first, ok := s.unit()
	if !ok {
		return ErrMalformedBody
	}
	switch {
	case isControl(rune(first)), first >= 0xdc00 && first < 0xe000:
		return s.wrong(notPlain)
	case first >= 0xd800 && first < 0xdc00:
		second, ok := s.unit()
		if !ok || second < 0xdc00 || second >= 0xe000 {
			return s.wrong(notPlain)
		}
	}
	return nil
}

// unit reads one \uXXXX.
func (s *scanner) unit() (uint64, bool) {
	if len(s.in)-s.at < 6 || s.in[s.at] != '\\' || s.in[s.at+1] != 'u' {
		return 0, false
	}
	for _, c := range s.in[s.at+2 : s.at+6] {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return 0, false
		}
	}
	n, err := strconv.ParseUint(string(s.in[s.at+2:s.at+6]), 16, 32)
	s.at += 6
	return n, err == nil
}

func (s *scanner) number() error {
	begin := s.at
	if s.in[s.at] == '-' {
		s.at++
	}
	zero := s.at < len(s.in) && s.in[s.at] == '0'
	if whole := s.digits(); whole == 0 || zero && whole > 1 {
		return ErrMalformedBody
	}
	plain := true
	if s.at < len(s.in) && s.in[s.at] == '.' {
		plain = false
		s.at++
		if s.digits() == 0 {
			return ErrMalformedBody
		}
	}
	if s.at < len(s.in) && (s.in[s.at] == 'e' || s.in[s.at] == 'E') {
		plain = false
		s.at++
		if s.at < len(s.in) && (s.in[s.at] == '+' || s.in[s.at] == '-') {
			s.at++
		}
		if s.digits() == 0 {
			return ErrMalformedBody
		}
	}
	if plain && s.at-begin <= 18 {
		return nil
	}
	if s.at-begin > 64 {
		return s.wrong("is out of range")
	}
	if _, err := strconv.ParseFloat(string(s.in[begin:s.at]), 64); err != nil {
		return s.wrong("is out of range")
	}
	return nil
}

func (s *scanner) digits() int {
	begin := s.at
	for s.at < len(s.in) && s.in[s.at] >= '0' && s.in[s.at] <= '9' {
		s.at++
	}
	return s.at - begin
}

// names are the members of one object that were read so far.
type names struct {
	few  []string
	many map[string]struct{}
}

// add reports whether the name is new. Two spellings of one name, one of them escaped, are the same name.
func (n *names) add(escaped []byte) bool {
	name := string(escaped)
	for _, c := range escaped {
		if c == '\\' {
			// The scanner has proved the escapes; the decoder of encoding/json reads them as huma will.
			_ = json.Unmarshal([]byte(`"`+name+`"`), &name)
			break
		}
	}
	if n.many != nil {
		_, known := n.many[name]
		n.many[name] = struct{}{}
		return !known
	}
	for _, known := range n.few {
		if known == name {
			return false
		}
	}
	if n.few = append(n.few, name); len(n.few) > 24 {
		n.many = make(map[string]struct{}, 2*len(n.few))
		for _, known := range n.few {
			n.many[known] = struct{}{}
		}
	}
	return true
}
