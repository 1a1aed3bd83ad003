package xlsx

import (
	"encoding/xml"
	"strconv"

	"giberno.ru/shared/ledger/reconcile"
)

// maxRow is the last row that a spreadsheet can have.
const maxRow = 1 << 20

// sheetReader turns the XML of a sheet into rows.
type sheetReader struct {
	book     *book
	limits   reconcile.Limits
	yield    func(reconcile.Row, error) bool
	row      reconcile.Row
	column   int // of the cell
	kind     string
	value    []byte // of <v>
	inValue  bool
	inCell   bool
	text     textReader // of <is>
	inRows   bool
	complete bool // the rows have ended as they should
	stopped  bool // the caller wants no more
}

func (s *sheetReader) token(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		return s.start(t)
	case xml.CharData:
		switch {
		case s.inValue && len(s.value)+len(t) > s.limits.Cell:
			return broken("a cell is too long", nil)
		case s.inValue:
			s.value = append(s.value, t...)
		case s.inCell:
			return s.text.add(t)
		}
	case xml.EndElement:
		return s.end(t.Name.Local)
	}
	return nil
}

func (s *sheetReader) start(t xml.StartElement) error {
	name := t.Name.Local
	switch {
	case name == "sheetData":
		s.inRows = true
	case !s.inRows:
	case name == "row":
		return s.startRow(t)
	case name == "c":
		return s.startCell(t)
	case !s.inCell:
	case name == "v":
		s.inValue = true
	default:
		s.text.start(name)
	}
	return nil
}

func (s *sheetReader) startRow(t xml.StartElement) error {
	number := s.row.Number + 1
	if text := attribute(t, "r"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < number {
			return broken("its rows are not in order", nil)
		}
		number = n
	}
	if number > maxRow {
		return broken("it has a row beyond the last", nil)
	}
	s.row = reconcile.Row{Number: number, Cells: s.row.Cells[:0], DayZero: s.book.dayZero}
	s.column = -1
	return nil
}

func (s *sheetReader) startCell(t xml.StartElement) error {
	s.column++
	if at := attribute(t, "r"); at != "" {
		column, ok := columnOf(at)
		if !ok || column < s.column {
			return broken("its cells are not in order", nil)
		}
		s.column = column
	}
	s.inCell, s.inValue, s.kind = true, false, attribute(t, "t")
	s.value, s.text = s.value[:0], textReader{limit: s.limits.Cell, letters: s.text.letters[:0]}
	return nil
}

func (s *sheetReader) end(name string) error {
	switch {
	case name == "sheetData":
		s.inRows, s.complete = false, true
	case !s.inRows:
	case name == "row":
		if len(s.row.Cells) > 0 && !s.yield(s.row, nil) {
			s.stopped = true
			return errStop
		}
	case name == "c":
		s.inCell = false
		return s.endCell()
	case name == "v":
		s.inValue = false
	case s.inCell:
		s.text.end(name)
	}
	return nil
}

// endCell puts the value where it stands. Empty cells, of which a painted row may have thousands, take no place.
func (s *sheetReader) endCell() error {
	var cell reconcile.Cell
	switch s.kind {
	case "s":
		i, err := strconv.Atoi(string(s.value))
		text, ok := s.book.strings.at(i)
		if err != nil || !ok {
			return broken("a cell points at a text that is not there", err)
		}
		cell.Text = text
	case "inlineStr":
		cell.Text = string(s.text.letters)
	case "", "n":
		cell = reconcile.Cell{Text: string(s.value), Number: len(s.value) > 0}
	default: // a formula's text, a truth, an error, a date as text
		cell.Text = string(s.value)
	}
	if cell.Text == "" {
		return nil
	}
	if s.column >= s.limits.Columns {
		return broken("it has too many columns", nil)
	}
	for len(s.row.Cells) < s.column {
		s.row.Cells = append(s.row.Cells, reconcile.Cell{})
	}
	s.row.Cells = append(s.row.Cells, cell)
	return nil
}

// columnOf reads the letters of a cell's address: AB7 is 27.
func columnOf(address string) (int, bool) {
	column, letters := 0, 0
	for ; letters < len(address) && address[letters] >= 'A' && address[letters] <= 'Z'; letters++ {
		if letters == 3 {
			return 0, false
		}
		column = column*26 + int(address[letters]-'A') + 1
	}
	return column - 1, letters > 0
}
