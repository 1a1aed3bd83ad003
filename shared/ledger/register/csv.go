package register

import (
	"encoding/csv"
	"io"
	"iter"
	"strings"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/money"
)

// Form says how a CSV file is written.
type Form struct {
	// Semicolon puts ; between the columns and a comma into the amounts, as Excel expects it in Russia and Kazakhstan.
	// Otherwise it is RFC 4180 with a point in the amounts.
	Semicolon bool
}

// byteOrderMark tells Excel that the file is UTF-8.
const byteOrderMark = "\ufeff"

// WriteCSV writes the register with headings and a row of totals, and returns the totals. It holds one line at a time. It
// fails with the first error of lines, with ErrHead, ErrLine and money.ErrOverflow, and when w does; what w has got by
// then is no register.
func WriteCSV(w io.Writer, h Head, form Form, lines iter.Seq2[Line, error]) (Totals, error) {
	var totals Totals
	if err := h.Check(); err != nil {
		return totals, err
	}
	if _, err := io.WriteString(w, byteOrderMark); err != nil {
		return totals, fault.Internal(err)
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if form.Semicolon {
		out.Comma = ';'
	}
	if err := out.Write(h.Headings()); err != nil {
		return totals, fault.Internal(err)
	}
	var row []string
	for line, err := range lines {
		if err != nil {
			return totals, err
		}
		if err := totals.Add(line); err != nil {
			return totals, err
		}
		row = append(row[:0], line.At.In(h.Zone).Format(TimeForm))
		for _, text := range h.Texts(line) {
			row = append(row, harmless(text))
		}
		if err := out.Write(form.append(row, h.Figures(line))); err != nil {
			return totals, fault.Internal(err)
		}
	}
	row = append(row[:0], h.TotalsTitle(), "", "", "", "")
	if err := out.Write(form.append(row, h.Sums(totals))); err != nil {
		return totals, fault.Internal(err)
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return totals, fault.Internal(err)
	}
	return totals, nil
}

func (f Form) append(row []string, figures []int64) []string {
	for _, minor := range figures {
		text := money.Of(minor, "").Decimal()
		if f.Semicolon {
			text = strings.Replace(text, ".", ",", 1)
		}
		row = append(row, text)
	}
	return row
}

// formulaSigns begin a formula; the full-width ones in some versions.
const formulaSigns = "=+-@＝＋－＠"

// harmless keeps a spreadsheet from running a text that a stranger chose: what begins like a formula gets an apostrophe
// before it. So does what begins so behind a sign at which a spreadsheet may divide: one that divides at semicolons does not
// heed the quotes of a file with commas.
func harmless(text string) string {
	begins := true // only quotes and blanks since the text, or a cell of it, began
	var out strings.Builder
	written := 0
	for i, r := range text {
		divides := strings.ContainsRune(";,|\t\r\n", r)
		if begins && strings.ContainsRune(formulaSigns, r) || i == 0 && divides {
			out.WriteString(text[written:i])
			out.WriteByte('\'')
			written = i
		}
		begins = divides || begins && (r == '"' || r == ' ')
	}
	return out.String() + text[written:]
}
