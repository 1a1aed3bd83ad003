// Package xlsx writes a settlement's register as a spreadsheet. It stands apart from register, so that only the functions
// that answer with spreadsheets carry the library.
package xlsx

import (
	"errors"
	"io"
	"iter"
	"strconv"

	"github.com/xuri/excelize/v2"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger/register"
)

// MaxLines is how many operations a sheet has room for, beside its headings and totals.
const MaxLines = excelize.TotalRows - 2

// maxFigure bounds amounts to the 15 digits that a spreadsheet keeps: beyond, it would show another amount than we owe.
const maxFigure = 999_999_999_999_999

// ErrTooLong is the fault of a register that no sheet can hold.
var ErrTooLong = fault.Invalid("register_too_long", "A spreadsheet cannot hold so many operations; ask for CSV.")

// sheet is the name of the only one.
const sheet = "Sheet1"

// The columns' widths, in characters.
const (
	timeWidth   = 20
	idWidth     = 38
	textWidth   = 20
	figureWidth = 18
)

// Write writes the register with headings and a row of totals, and returns the totals. Lines go to a temporary file as
// they come, and from there to w. It fails as register.WriteCSV does, with ErrTooLong, and with money.ErrOverflow on an
// amount of more than 15 digits; w gets nothing then.
func Write(w io.Writer, h register.Head, lines iter.Seq2[register.Line, error]) (register.Totals, error) {
	var totals register.Totals
	if err := h.Check(); err != nil {
		return totals, err
	}
	f := excelize.NewFile()
	defer f.Close() // only removes temporary files
	b, err := begin(f, h)
	if err != nil {
		return totals, err
	}
	for line, err := range lines {
		if err != nil {
			return totals, err
		}
		if totals.Lines == MaxLines {
			return totals, ErrTooLong
		}
		if err := totals.Add(line); err != nil {
			return totals, err
		}
		if err := b.line(line); err != nil {
			return totals, err
		}
	}
	if err := b.totals(totals); err != nil {
		return totals, err
	}
	if err := b.rows.Flush(); err != nil {
		return totals, fault.Internal(err)
	}
	if _, err := f.WriteTo(w); err != nil {
		return totals, fault.Internal(err)
	}
	return totals, nil
}

// builder is a sheet under way.
type builder struct {
	head                 register.Head
	rows                 *excelize.StreamWriter
	next                 int // row
	time, figure         int // styles
	boldText, boldFigure int
}

func begin(f *excelize.File, h register.Head) (*builder, error) {
	b := &builder{head: h, next: 1}
	bold := &excelize.Font{Bold: true}
	timeForm, figureForm := "yyyy-mm-dd hh:mm:ss", "#,##0.00"
	for _, s := range []struct {
		into  *int
		style excelize.Style
	}{
		{&b.time, excelize.Style{CustomNumFmt: &timeForm}},
		{&b.figure, excelize.Style{CustomNumFmt: &figureForm}},
		{&b.boldText, excelize.Style{Font: bold}},
		{&b.boldFigure, excelize.Style{Font: bold, CustomNumFmt: &figureForm}},
	} {
		style, err := f.NewStyle(&s.style)
		if err != nil {
			return nil, fault.Internal(err)
		}
		*s.into = style
	}
	rows, err := f.NewStreamWriter(sheet)
	if err != nil {
		return nil, fault.Internal(err)
	}
	b.rows = rows
	titles := h.Headings()
	if err := errors.Join(rows.SetColWidth(1, 1, timeWidth), rows.SetColWidth(2, 2, idWidth), rows.SetColWidth(3, 3, textWidth),
		rows.SetColWidth(4, 4, idWidth), rows.SetColWidth(5, 5, textWidth), rows.SetColWidth(6, len(titles), figureWidth)); err != nil {
		return nil, fault.Internal(err)
	}
	if err := rows.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return nil, fault.Internal(err)
	}
	cells := make([]any, len(titles))
	for i, title := range titles {
		cells[i] = excelize.Cell{StyleID: b.boldText, Value: title}
	}
	return b, b.row(cells)
}

func (b *builder) line(l register.Line) error {
	// The library writes the clock's reading and knows no zones.
	cells := []any{excelize.Cell{StyleID: b.time, Value: l.At.In(b.head.Zone)}}
	for _, text := range b.head.Texts(l) {
		cells = append(cells, text)
	}
	return b.finish(cells, b.head.Figures(l), b.figure)
}

func (b *builder) totals(t register.Totals) error {
	cells := []any{excelize.Cell{StyleID: b.boldText, Value: b.head.TotalsTitle()}, nil, nil, nil, nil}
	return b.finish(cells, b.head.Sums(t), b.boldFigure)
}

// finish adds the figures. The library takes a decimal only as a binary fraction; up to 15 digits the shortest decimal of
// that fraction, which is what it writes, is the amount itself.
func (b *builder) finish(cells []any, figures []int64, style int) error {
	for _, minor := range figures {
		if minor > maxFigure || minor < -maxFigure {
			return money.ErrOverflow
		}
		value, err := strconv.ParseFloat(money.Of(minor, b.head.Currency).Decimal(), 64)
		if err != nil {
			return fault.Internal(err)
		}
		cells = append(cells, excelize.Cell{StyleID: style, Value: value})
	}
	return b.row(cells)
}

func (b *builder) row(cells []any) error {
	if err := b.rows.SetRow("A"+strconv.Itoa(b.next), cells); err != nil {
		return fault.Internal(err)
	}
	b.next++
	return nil
}
