// Package xlsx reads a bank's register from a spreadsheet, one row at a time with bounded memory.
//
// It reads only what a register needs: the values of one sheet. The library that writes our own spreadsheets takes a sheet
// whose XML breaks off for a shorter sheet; of a bank's register that would look like operations the bank does not know.
package xlsx

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"io"
	"iter"
	"path"
	"strings"
	"time"

	"giberno.ru/shared/ledger/reconcile"
)

// The limits beside those of reconcile.Limits.
const (
	maxToken    = 1 << 20   // bytes of one piece of XML
	maxStrings  = 128 << 20 // bytes of all shared strings together
	maxUnpacked = 8         // how many times limits.Bytes the parts may have when unpacked
	maxSheets   = 1000
)

// Read turns the sheet that the mapping names (the first where it names none) into operations, as reconcile.ReadRows does.
// size is the length of the file in bytes; a spreadsheet cannot be read from a stream, for its directory stands at the end.
func Read(r io.ReaderAt, size int64, m reconcile.Mapping, limits reconcile.Limits, report *reconcile.Report) iter.Seq2[reconcile.Operation, error] {
	return reconcile.ReadRows(Rows(r, size, m.Sheet, limits), m, limits, report)
}

// Rows hands out the rows of a sheet that have cells. The sequence ends with the first error: reconcile.ErrBroken or
// reconcile.ErrTooLarge.
func Rows(r io.ReaderAt, size int64, sheet string, limits reconcile.Limits) iter.Seq2[reconcile.Row, error] {
	return func(yield func(reconcile.Row, error) bool) {
		limits := limits.OrDefault()
		b, err := open(r, size, limits)
		if err != nil {
			yield(reconcile.Row{}, err)
			return
		}
		part, err := b.sheet(sheet)
		if err != nil {
			yield(reconcile.Row{}, err)
			return
		}
		s := &sheetReader{book: b, limits: limits, yield: yield}
		if err := b.walk(part, s.token); err != nil && !errors.Is(err, errStop) {
			yield(reconcile.Row{}, err)
			return
		}
		if !s.complete && !s.stopped {
			yield(reconcile.Row{}, broken("the sheet has no rows", nil))
		}
	}
}

// errStop ends a walk whose reader has enough.
var errStop = errors.New("xlsx: enough")

func broken(what string, cause error) error {
	return reconcile.ErrBroken.At("file", what).Because(cause)
}

// book is an opened file with what all sheets share.
type book struct {
	parts   map[string]*zip.File
	left    int64 // bytes that may still be unpacked
	sheets  []sheetRef
	targets map[string]string // of relations
	strings sharedStrings
	dayZero time.Time
}

type sheetRef struct{ name, relation string }

func open(r io.ReaderAt, size int64, limits reconcile.Limits) (*book, error) {
	if size > limits.Bytes {
		return nil, reconcile.ErrTooLarge.At("file", "it has too many bytes")
	}
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, broken("it is no spreadsheet, or is cut off", err)
	}
	b := &book{parts: map[string]*zip.File{}, left: maxUnpacked * limits.Bytes, targets: map[string]string{},
		dayZero: time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)}
	for _, f := range archive.File {
		b.parts[strings.TrimPrefix(f.Name, "/")] = f
	}
	const workbook = "xl/workbook.xml"
	stringsPart := ""
	if err := b.walk(workbook, b.workbookToken); err != nil {
		return nil, err
	}
	err = b.walk("xl/_rels/workbook.xml.rels", func(t xml.Token) error {
		if start, ok := t.(xml.StartElement); ok && start.Name.Local == "Relationship" {
			target := path.Clean(path.Join("xl", attribute(start, "Target")))
			if strings.HasPrefix(attribute(start, "Target"), "/") {
				target = path.Clean(attribute(start, "Target"))[1:]
			}
			b.targets[attribute(start, "Id")] = target
			if strings.HasSuffix(attribute(start, "Type"), "/sharedStrings") {
				stringsPart = target
			}
		}
		return nil
	})
	if err != nil || stringsPart == "" {
		return b, err
	}
	b.strings.limit = limits.Cell
	return b, b.walk(stringsPart, b.strings.token)
}

func (b *book) workbookToken(t xml.Token) error {
	start, ok := t.(xml.StartElement)
	if !ok {
		return nil
	}
	switch start.Name.Local {
	case "workbookPr":
		if v := attribute(start, "date1904"); v == "1" || v == "true" {
			b.dayZero = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
		}
	case "sheet":
		if len(b.sheets) == maxSheets {
			return broken("it has too many sheets", nil)
		}
		b.sheets = append(b.sheets, sheetRef{attribute(start, "name"), attribute(start, "id")})
	}
	return nil
}

// sheet finds the part of a sheet by its name.
func (b *book) sheet(name string) (string, error) {
	for _, s := range b.sheets {
		if name == "" || s.name == name {
			return b.targets[s.relation], nil
		}
	}
	return "", broken("it has no such sheet", nil)
}

// walk reads a part from its first token to its last, so that neither a broken end nor a wrong checksum goes unseen.
func (b *book) walk(part string, each func(xml.Token) error) error {
	f := b.parts[part]
	if f == nil {
		return broken("it lacks "+path.Base(part), nil)
	}
	content, err := f.Open()
	if err != nil {
		return broken("it cannot be unpacked", err)
	}
	defer content.Close()
	guard := &guard{from: content, left: &b.left}
	decoder := xml.NewDecoder(guard)
	for {
		guard.token = 0
		token, err := decoder.Token()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case guard.err != nil:
			return guard.err
		case err != nil:
			return broken("its XML is damaged", err)
		}
		if err := each(token); err != nil {
			return err
		}
	}
}

// guard bounds what is unpacked: all together, and between two tokens.
type guard struct {
	from  io.Reader
	left  *int64
	token int
	err   error
}

func (g *guard) Read(p []byte) (int, error) {
	if g.err != nil {
		return 0, g.err
	}
	n, err := g.from.Read(p)
	*g.left -= int64(n)
	g.token += n
	switch {
	case *g.left < 0:
		g.err = reconcile.ErrTooLarge.At("file", "it is too large when unpacked")
	case g.token > maxToken:
		g.err = broken("a piece of its XML is too long", nil)
	default:
		return n, err
	}
	return 0, g.err
}

func attribute(of xml.StartElement, name string) string {
	for _, a := range of.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
