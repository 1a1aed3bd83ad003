package reconcile

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"iter"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"
)

// ReadCSV reads a register as it streams in, one row at a time, and turns it into operations as ReadRows does. It fails
// with ErrBroken on what is not a text, on a quote that never closes and on a file that was cut off, and with ErrTooLarge.
func ReadCSV(r io.Reader, m Mapping, limits Limits, report *Report) iter.Seq2[Operation, error] {
	limits = limits.OrDefault()
	return ReadRows(csvRows(r, m, limits, report), m, limits, report)
}

const byteOrderMark = "\ufeff"

func csvRows(r io.Reader, m Mapping, limits Limits, report *Report) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		guard := &guard{from: r, left: limits.Bytes, perRow: limits.Row}
		var text io.Reader = guard
		if m.Encoding == "windows-1251" {
			text = transform.NewReader(guard, charmap.Windows1251.NewDecoder())
		}
		// csv.NewReader takes a bufio.Reader as it is, so that peeking tells where the csv.Reader stands.
		buffer := bufio.NewReader(text)
		if start, _ := buffer.Peek(len(byteOrderMark)); string(start) == byteOrderMark {
			_, _ = buffer.Discard(len(byteOrderMark)) // it has just been seen
		}
		in := csv.NewReader(buffer)
		in.FieldsPerRecord, in.ReuseRecord = -1, true
		if in.Comma = ';'; m.Delimiter != "" {
			in.Comma = rune(m.Delimiter[0])
		}
		var cells []Cell
		for {
			guard.row = 0
			rejected := report.Rejected
			record, err := in.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			row, err := csvRow(in, err, guard, buffer)
			if err == nil {
				cells = cells[:0]
				for _, text := range record {
					cells = append(cells, Cell{Text: text})
				}
				if row.Problem == "" {
					row.Cells = cells
				}
			}
			if !yield(row, err) || err != nil {
				return
			}
			if report.Rejected > rejected && ended(buffer) && guard.last != '\n' && guard.last != '\r' {
				yield(Row{}, ErrBroken.At("file", "it is cut off in its last line; if that is a footer, name it in skip_rows"))
				return
			}
		}
	}
}

// csvRow says what became of a record: a row, a row with a problem, or the end of the file's use.
func csvRow(in *csv.Reader, err error, guard *guard, buffer *bufio.Reader) (Row, error) {
	var syntax *csv.ParseError
	switch {
	case err == nil:
		line, _ := in.FieldPos(0)
		return Row{Number: line}, nil
	case guard.err != nil:
		return Row{}, guard.err
	case !errors.As(err, &syntax):
		return Row{}, ErrBroken.Because(err)
	case errors.Is(err, csv.ErrQuote) && ended(buffer):
		return Row{}, ErrBroken.At("file", "a quote is never closed, or the file is cut off")
	}
	return Row{Number: syntax.StartLine, Problem: "has a quote in the wrong place"}, nil
}

// guard stands between the file and its readers: it counts bytes of the file and of the row, and refuses what is no text.
type guard struct {
	from   io.Reader
	left   int64
	perRow int
	row    int // bytes read since the row began; the readers above look ahead by some thousand bytes
	last   byte
	err    error
}

// lookAhead is how much the readers above may hold that belongs to later rows.
const lookAhead = 16 << 10

func (g *guard) Read(p []byte) (int, error) {
	if g.err != nil {
		return 0, g.err
	}
	n, err := g.from.Read(p[:min(len(p), 4<<10)])
	g.left -= int64(n)
	g.row += n
	if n > 0 {
		g.last = p[n-1]
	}
	switch {
	case bytes.IndexByte(p[:n], 0) >= 0:
		g.err = ErrBroken.At("file", "it is not a text in the expected encoding")
	case g.left < 0:
		g.err = ErrTooLarge.At("file", "it has too many bytes")
	case g.row > g.perRow+lookAhead:
		g.err = ErrBroken.At("file", "a row is too long, or a quote is never closed")
	case err == nil || errors.Is(err, io.EOF):
		return n, err
	default:
		g.err = ErrBroken.Because(err)
	}
	return 0, g.err
}

// ended reports that nothing follows what has been read.
func ended(buffer *bufio.Reader) bool {
	_, err := buffer.Peek(1)
	return errors.Is(err, io.EOF)
}
