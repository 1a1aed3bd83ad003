package reconcile

import (
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/money"
)

// Limits bound what a register may be. The zero value is DefaultLimits.
type Limits struct {
	Bytes    int64 // of the file
	Row      int   // bytes of one row of a CSV file
	Cell     int   // bytes of one cell
	Columns  int
	Rows     int
	Heading  int // within how many rows the headings must come
	Problems int // how many bad lines are named; all are counted
}

// DefaultLimits fit every register that we have heard of, ten times over.
var DefaultLimits = Limits{Bytes: 1 << 30, Row: 64 << 10, Cell: 8 << 10, Columns: 200, Rows: 5_000_000, Heading: 50, Problems: 1000}

// OrDefault is l, or DefaultLimits where l is zero.
func (l Limits) OrDefault() Limits {
	if l == (Limits{}) {
		return DefaultLimits
	}
	return l
}

// The faults of a file that is no register. They end the import; a bad line does not.
var (
	ErrBroken   = fault.Invalid("register_broken", "The file is damaged or is not of the expected form.")
	ErrTooLarge = fault.Invalid("register_too_large", "The file is larger than a register may be.")
	ErrHeading  = fault.Invalid("register_heading_missing", "The row of headings was not found, or lacks columns of the mapping.")
)

// Cell is one value of a row.
type Cell struct {
	Text   string
	Number bool // a spreadsheet's number, in its own notation; a date is the number of days since Row.DayZero
}

// Row is one row of a register, whatever file it came from.
type Row struct {
	Number  int       // as people count: from 1
	Cells   []Cell    // good until the next row
	DayZero time.Time // of numeric dates
	Problem string    // why the file's form does not allow to read this row; Cells are then empty
}

// Problem is a line that could not be read.
type Problem struct {
	Line   int    `json:"line"`
	Reason string `json:"reason"`
}

// Report says what an import has read.
type Report struct {
	Rows     int       `json:"rows"`     // with headings, footers and empty ones
	Accepted int       `json:"accepted"` // lines that became operations
	Skipped  int       `json:"skipped"`  // footers and kinds that are no operations
	Rejected int       `json:"rejected"`
	Problems []Problem `json:"problems,omitempty"` // the first of the rejected
	Totals   Totals    `json:"totals,omitempty"`   // of the accepted; Net is what the bank owes for the register
}

// ReadRows turns rows into operations, in the rows' order. A bad line is counted in the report (not nil) and does not stop
// the import; the sequence ends with the first error of the file. The report is complete when the sequence has ended.
func ReadRows(rows iter.Seq2[Row, error], m Mapping, limits Limits, report *Report) iter.Seq2[Operation, error] {
	return func(yield func(Operation, error) bool) {
		*report = Report{}
		in, err := newLines(m, limits.OrDefault(), report)
		if err != nil {
			yield(Operation{}, err)
			return
		}
		for row, err := range rows {
			var o Operation
			var ok bool
			if err == nil {
				o, ok, err = in.take(row)
			}
			if err != nil {
				yield(Operation{}, err)
				return
			}
			if ok && !yield(o, nil) {
				return
			}
		}
		if in.columns == nil {
			yield(Operation{}, ErrHeading)
		}
	}
}

// lines is an import under way.
type lines struct {
	mapping    Mapping
	limits     Limits
	report     *Report
	zone       *time.Location
	notation   notation
	headings   [columnCount][]string
	kinds      map[string]Kind
	statuses   map[string]Status
	currencies map[string]money.Currency
	skipKinds  []string
	skipRows   []string
	spoken     map[string]string // words as they stand in the file, and plainly
	columns    *[columnCount]int // where each column stands, −1: not mapped; nil before the headings
	width      int               // of the row of headings
}

func newLines(m Mapping, limits Limits, report *Report) (*lines, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	zone, err := m.zone()
	if err != nil {
		return nil, fault.Internal(err)
	}
	in := &lines{mapping: m, limits: limits, report: report, zone: zone, notation: m.notation(),
		kinds: words(m.Kinds), statuses: words(m.Statuses), currencies: words(m.Currencies), spoken: map[string]string{}}
	for _, c := range money.Currencies {
		in.currencies[plain(string(c))] = c
	}
	for i, names := range m.Columns.list() {
		in.headings[i] = plainAll(names)
	}
	in.skipKinds, in.skipRows = plainAll(m.SkipKinds), plainAll(m.SkipRows)
	return in, nil
}

func words[V any](of map[string]V) map[string]V {
	plainly := make(map[string]V, len(of))
	for word, value := range of {
		plainly[plain(word)] = value
	}
	return plainly
}

func plainAll(texts []string) []string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = plain(text)
	}
	return all
}

// take reads one row. ok is false for a row that is no operation; err ends the import.
func (in *lines) take(row Row) (o Operation, ok bool, err error) {
	in.report.Rows++
	cells := row.Cells
	for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1].Text) == "" {
		cells = cells[:len(cells)-1]
	}
	switch {
	case in.report.Rows > in.limits.Rows:
		return o, false, ErrTooLarge.At("rows", "more than "+strconv.Itoa(in.limits.Rows)+" rows")
	case len(cells) > in.limits.Columns:
		return o, false, ErrBroken.At("row "+strconv.Itoa(row.Number), "more than "+strconv.Itoa(in.limits.Columns)+" columns")
	case slices.ContainsFunc(cells, func(c Cell) bool { return len(c.Text) > in.limits.Cell }):
		return o, false, ErrBroken.At("row "+strconv.Itoa(row.Number), "a cell is longer than "+strconv.Itoa(in.limits.Cell)+" bytes")
	case in.columns == nil:
		return o, false, in.findHeadings(cells)
	case row.Problem != "":
		in.reject(row, row.Problem)
		return o, false, nil
	case len(cells) == 0:
		return o, false, nil
	case in.footer(cells):
		in.report.Skipped++
		return o, false, nil
	case len(cells) > in.width:
		in.reject(row, "has more columns than the headings")
		return o, false, nil
	}
	o, skip, bad := in.operation(row, cells)
	switch {
	case bad != nil:
		in.reject(row, bad.Error())
		return o, false, nil
	case skip:
		in.report.Skipped++
		return o, false, nil
	}
	in.report.Accepted++
	return o, true, in.report.Totals.Add(o)
}

func (in *lines) reject(row Row, reason string) {
	in.report.Rejected++
	if len(in.report.Problems) < in.limits.Problems {
		in.report.Problems = append(in.report.Problems, Problem{row.Number, reason})
	}
}

// findHeadings takes the first row that has every column of the mapping. Above it a bank puts its name and the period.
func (in *lines) findHeadings(cells []Cell) error {
	var at [columnCount]int
	complete := true
	for column, names := range in.headings {
		at[column] = -1
		for i, cell := range cells {
			if !slices.Contains(names, plain(cell.Text)) {
				continue
			}
			if at[column] >= 0 {
				return ErrHeading.At("columns."+columnNames[column], "stands twice in the row of headings")
			}
			at[column] = i
		}
		complete = complete && (len(names) == 0 || at[column] >= 0)
	}
	switch {
	case complete:
		in.columns, in.width = &at, len(cells)
	case in.report.Rows >= in.limits.Heading:
		return ErrHeading.At("rows", "not within the first "+strconv.Itoa(in.limits.Heading)+" rows; is the encoding right?")
	}
	return nil
}

// footer reports a row of totals. Its first word is compared, wherever it stands.
func (in *lines) footer(cells []Cell) bool {
	for _, cell := range cells {
		text := strings.TrimSpace(cell.Text)
		if text == "" {
			continue
		}
		letter, _ := utf8.DecodeRuneInString(text)
		letter = unicode.ToLower(letter)
		return slices.ContainsFunc(in.skipRows, func(beginning string) bool {
			// The first letter spares nearly every line the rest.
			first, _ := utf8.DecodeRuneInString(beginning)
			return (first == letter || letter == 'ё') && strings.HasPrefix(plain(text), beginning)
		})
	}
	return false
}
