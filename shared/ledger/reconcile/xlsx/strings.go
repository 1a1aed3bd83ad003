package xlsx

import (
	"encoding/xml"

	"giberno.ru/shared/ledger/reconcile"
)

// sharedStrings are the texts that cells point at, one behind the other: a million of them cost their letters and eight
// bytes each.
type sharedStrings struct {
	letters []byte
	ends    []uint32
	text    textReader
	limit   int // bytes of one
}

func (s *sharedStrings) token(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		if t.Name.Local == "si" {
			s.text = textReader{limit: s.limit}
		} else {
			s.text.start(t.Name.Local)
		}
	case xml.CharData:
		return s.text.add(t)
	case xml.EndElement:
		if t.Name.Local != "si" {
			s.text.end(t.Name.Local)
			return nil
		}
		if len(s.letters)+len(s.text.letters)+4*len(s.ends) > maxStrings {
			return reconcile.ErrTooLarge.At("file", "it has too many different texts")
		}
		s.letters = append(s.letters, s.text.letters...)
		s.ends = append(s.ends, uint32(len(s.letters)))
	}
	return nil
}

// at is the text of a number.
func (s *sharedStrings) at(i int) (string, bool) {
	if i < 0 || i >= len(s.ends) {
		return "", false
	}
	from := uint32(0)
	if i > 0 {
		from = s.ends[i-1]
	}
	return string(s.letters[from:s.ends[i]]), true
}

// textReader collects the letters of a text that may be in pieces of different looks. Hints for pronunciation are left out.
type textReader struct {
	letters  []byte
	limit    int
	inText   bool
	phonetic bool
}

func (r *textReader) start(name string) {
	switch name {
	case "t":
		r.inText = true
	case "rPh":
		r.phonetic = true
	}
}

func (r *textReader) end(name string) {
	switch name {
	case "t":
		r.inText = false
	case "rPh":
		r.phonetic = false
	}
}

func (r *textReader) add(letters []byte) error {
	if !r.inText || r.phonetic {
		return nil
	}
	if len(r.letters)+len(letters) > r.limit {
		return broken("a cell is too long", nil)
	}
	r.letters = append(r.letters, letters...)
	return nil
}
