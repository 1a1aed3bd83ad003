package xlsx_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger/reconcile"
	"giberno.ru/shared/ledger/reconcile/xlsx"
)

var headings = []any{"Номер заказа", "Идентификатор платежа", "Тип операции", "Статус", "Сумма операции", "Комиссия", "Валюта", "Дата операции"}

// written makes a file with the library that our own registers are written with.
func written(t require.TestingT, sheet string, rows ...[]any) []byte {
	f := excelize.NewFile()
	defer f.Close()
	if sheet != "Sheet1" {
		_, err := f.NewSheet(sheet)
		require.NoError(t, err)
	}
	for i, row := range rows {
		if row != nil {
			require.NoError(t, f.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &row))
		}
	}
	var out bytes.Buffer
	require.NoError(t, f.Write(&out))
	return out.Bytes()
}

func read(file []byte, m reconcile.Mapping, l reconcile.Limits) ([]reconcile.Operation, reconcile.Report, error) {
	var report reconcile.Report
	var all []reconcile.Operation
	for o, err := range xlsx.Read(bytes.NewReader(file), int64(len(file)), m, l, &report) {
		if err != nil {
			return all, report, err
		}
		all = append(all, o)
	}
	return all, report, nil
}

// parts makes a file of raw parts; sheet is the XML of the only sheet.
func parts(t require.TestingT, sheet, sharedStrings string) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range map[string]string{
		"xl/workbook.xml":            `<workbook xmlns:r="x"><workbookPr date1904="1"/><sheets><sheet name="S" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="x/worksheet" Target="worksheets/s.xml"/><Relationship Id="r2" Type="x/sharedStrings" Target="/xl/strings.xml"/></Relationships>`,
		"xl/worksheets/s.xml":        sheet,
		"xl/strings.xml":             sharedStrings,
	} {
		f, err := w.Create(name)
		require.NoError(t, err)
		_, err = io.WriteString(f, text)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}

func rowsOf(file []byte, limits reconcile.Limits) (all []string, err error) {
	for row, err := range xlsx.Rows(bytes.NewReader(file), int64(len(file)), "", limits) {
		if err != nil {
			return all, err
		}
		text := fmt.Sprint(row.Number)
		for _, c := range row.Cells {
			text += "|" + c.Text
			if c.Number {
				text += "#"
			}
		}
		all = append(all, text)
	}
	return all, nil
}

func TestRead(t *testing.T) {
	t.Parallel()
	t.Run("WhatALibraryWrote", func(t *testing.T) {
		t.Parallel()
		at := time.Date(2026, 11, 22, 12, 30, 15, 0, time.UTC)
		file := written(t, "Реестр", []any{"Реестр операций"}, nil, headings,
			[]any{"tabc01", 3093639567, "Оплата", "Успешно", 1500.1, "28,50", "RUB", at},
			[]any{"tabc01", "3093639567", "Возврат", "Успешно", -0.07, nil, "RUB", "22.11.2026 12:30:15"},
			[]any{"tabc01", 7, "Возврат", "Успешно", 0.001, nil, "RUB", at},
			[]any{"Итого", nil, nil, nil, 1499.93})
		m := reconcile.TBank()
		m.Sheet = "Реестр"
		got, report, err := read(file, m, reconcile.Limits{})
		require.NoError(t, err)
		moscow := at.Add(-3 * time.Hour)
		require.Equal(t, []reconcile.Operation{
			{Reference: "tabc01", BankID: "3093639567", Kind: reconcile.Payment, Status: reconcile.Done, Amount: money.Of(150010, money.RUB), Fee: 2850, FeeKnown: true, At: moscow, Origin: "line 4"},
			{Reference: "tabc01", BankID: "3093639567", Kind: reconcile.Refund, Status: reconcile.Done, Amount: money.Of(7, money.RUB), At: moscow, Origin: "line 5"},
		}, got)
		require.Equal(t, []reconcile.Problem{{Line: 6, Reason: "amount has more than two decimals"}}, report.Problems)
		require.Equal(t, 1, report.Skipped)
	})
	t.Run("EveryAmountAndTimeIsReadExactly", func(t *testing.T) {
		t.Parallel()
		chance := rand.New(rand.NewPCG(6, 2))
		year := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		rows := [][]any{headings}
		var minors []int64
		var times []time.Time
		for range 500 {
			minor, at := 1+chance.Int64N(1e13)>>chance.IntN(40), year.Add(time.Duration(chance.IntN(365*86400))*time.Second)
			minors, times = append(minors, minor), append(times, at)
			rows = append(rows, []any{"a", 1, "Оплата", "Успешно", float64(minor) / 100, nil, "RUB", at})
		}
		got, report, err := read(written(t, "Sheet1", rows...), reconcile.TBank(), reconcile.Limits{})
		require.NoError(t, err)
		require.Empty(t, report.Problems)
		for i, o := range got {
			require.Equal(t, minors[i], o.Amount.Amount)
			require.Equal(t, times[i].Add(-3*time.Hour), o.At)
		}
		require.Len(t, got, len(minors))
	})
	t.Run("EveryKindOfCell", func(t *testing.T) {
		t.Parallel()
		file := parts(t, `<worksheet><cols><col/></cols><sheetData>
			<row r="2"><c r="B2" t="s"><v>1</v></c><c t="inlineStr"><is><r><t>a</t></r><r><t xml:space="preserve"> b</t></r></is></c><c r="F2"><f>SUM(A1)</f><v>1.5E3</v></c></row>
			<row><c t="str"><f>x</f><v>text</v></c><c t="b"><v>1</v></c><c t="e"><v>#REF!</v></c><c r="XFD3" s="4"/></row><row r="9"/>
			</sheetData><mergeCells/></worksheet>`,
			`<sst><si><t>zero</t></si><si><r><t>on</t></r><r><t>e</t></r><rPh><t>hint</t></rPh></si></sst>`)
		got, err := rowsOf(file, reconcile.Limits{})
		require.NoError(t, err)
		require.Equal(t, []string{"2||one|a b|||1.5E3#", "3|text|1|#REF!"}, got)
	})
	t.Run("NumbersOfASpreadsheet", func(t *testing.T) {
		t.Parallel()
		m := reconcile.Mapping{Name: "x", By: reconcile.ByBankID, Currency: money.RUB, UTCOffset: "+00:00", Layouts: []string{time.DateOnly},
			Columns: reconcile.Columns{BankID: []string{"id"}, Amount: []string{"sum"}, Date: []string{"date"}}}
		for _, c := range []struct{ id, sum, date, want string }{
			{"3.093639567E9", "1500.0999999999999", "44886.5", "3093639567 1500.10 2026-11-22T12:00:00"},
			{"7", "1E-2", "44886.99999999999", "7 0.01 2026-11-23T00:00:00"},
			{"7", "0.070000000000000007", "44886", "7 0.07 2026-11-22T00:00:00"},
			{"7", "9999999999999.99", "44886", "7 9999999999999.99 2026-11-22T00:00:00"},
			{"7", "999999999999999.9", "44886", "amount is too large"},
			{"7", "1.005", "44886", "amount has more than two decimals"},
			{"7", "1E+300", "44886", "amount is too large"},
			{"7", "NaN", "44886", "amount is not a number"},
			{"7", "1E999", "44886", "amount is not a number"},
			{"7.5", "1", "44886", "bank_id is not a whole number"},
			{"1234567890123456", "1", "44886", "bank_id has more than 15 digits, which a spreadsheet does not keep"},
			{"7", "1", "60", "date is not a date in the expected form"},
			{"7", "1", "-3", "date is not a date in the expected form"},
			{"7", "1", "99999999", "date is not a date in the expected form"},
		} {
			file := parts(t, fmt.Sprintf(`<worksheet><sheetData><row><c t="str"><v>id</v></c><c t="str"><v>sum</v></c><c t="str"><v>date</v></c></row>
				<row><c><v>%s</v></c><c t="n"><v>%s</v></c><c><v>%s</v></c></row></sheetData></worksheet>`, c.id, c.sum, c.date), `<sst/>`)
			got, report, err := read(file, m, reconcile.Limits{})
			require.NoError(t, err)
			if len(report.Problems) > 0 {
				require.Equal(t, c.want, report.Problems[0].Reason)
				continue
			}
			require.Equal(t, c.want, got[0].BankID+" "+got[0].Amount.Decimal()+" "+got[0].At.Format("2006-01-02T15:04:05"))
		}
	})
	t.Run("TheReaderMayStop", func(t *testing.T) {
		t.Parallel()
		file := written(t, "Sheet1", headings, []any{"a"}, []any{"b"})
		n := 0
		for _, err := range xlsx.Rows(bytes.NewReader(file), int64(len(file)), "", reconcile.Limits{}) {
			require.NoError(t, err)
			n++
			break
		}
		require.Equal(t, 1, n)
	})
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	whole := written(t, "Sheet1", headings, []any{"a"})
	tight := reconcile.Limits{Bytes: 1 << 20, Row: 1000, Cell: 100, Columns: 20, Rows: 50, Heading: 5, Problems: 10}
	row := `<row><c t="str"><v>a</v></c></row>`
	sheet := func(rows string) []byte {
		return parts(t, `<worksheet><sheetData>`+rows+`</sheetData></worksheet>`, `<sst/>`)
	}
	flipped := bytes.Clone(whole)
	archive, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	require.NoError(t, err)
	for _, part := range archive.File {
		if strings.HasSuffix(part.Name, "sheet1.xml") {
			at, err := part.DataOffset()
			require.NoError(t, err)
			flipped[at+int64(part.CompressedSize64)/2] ^= 0xff
		}
	}
	for _, c := range []struct {
		name string
		file []byte
		want error
	}{
		{"NoFile", nil, reconcile.ErrBroken},
		{"NoSpreadsheet", []byte("Номер заказа;Статус\n"), reconcile.ErrBroken},
		{"CutOff", whole[:len(whole)-30], reconcile.ErrBroken},
		{"DamagedInTheMiddle", flipped, reconcile.ErrBroken},
		{"TheSheetBreaksOff", parts(t, `<worksheet><sheetData>`+row+`<row><c t="s`, `<sst/>`), reconcile.ErrBroken},
		{"TagsDoNotFit", sheet(row + `<row></c></row>`), reconcile.ErrBroken},
		{"NoRows", parts(t, `<chartsheet/>`, `<sst/>`), reconcile.ErrBroken},
		{"ATextThatIsNotThere", sheet(`<row><c t="s"><v>3</v></c></row>`), reconcile.ErrBroken},
		{"ANegativeText", sheet(`<row><c t="s"><v>-1</v></c></row>`), reconcile.ErrBroken},
		{"RowsOutOfOrder", sheet(`<row r="5"/><row r="5"/>`), reconcile.ErrBroken},
		{"CellsOutOfOrder", sheet(`<row><c r="B1"/><c r="A1"/></row>`), reconcile.ErrBroken},
		{"ARowBeyondTheLast", sheet(`<row r="9999999"/>`), reconcile.ErrBroken},
		{"TooManyColumns", sheet(`<row><c r="XFD1" t="str"><v>a</v></c></row>`), reconcile.ErrBroken},
		{"NoSuchColumn", sheet(`<row><c r="AAAA1"/></row>`), reconcile.ErrBroken},
		{"AHugeCell", sheet(`<row><c t="str"><v>` + strings.Repeat("a", 101) + `</v></c></row>`), reconcile.ErrBroken},
		{"AHugeInlineText", sheet(`<row><c t="inlineStr"><is><t>` + strings.Repeat("a", 101) + `</t></is></c></row>`), reconcile.ErrBroken},
		{"AHugeSharedText", parts(t, `<worksheet/>`, `<sst><si><t>`+strings.Repeat("a", 101)+`</t></si></sst>`), reconcile.ErrBroken},
		{"ABombInOneToken", sheet(`<row><c><v>` + strings.Repeat("1", 3<<20) + `</v></c></row>`), reconcile.ErrBroken},
		{"ABombOfRows", sheet(strings.Repeat(`<x/>`, 3<<20)), reconcile.ErrTooLarge},
		{"TooLarge", make([]byte, 1<<20+1), reconcile.ErrTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := rowsOf(c.file, tight)
			require.ErrorIs(t, err, c.want)
		})
	}
	t.Run("NoSuchSheet", func(t *testing.T) {
		t.Parallel()
		m := reconcile.TBank()
		m.Sheet = "Отчёт"
		_, _, err := read(whole, m, tight)
		require.ErrorIs(t, err, reconcile.ErrBroken)
	})
}

func FuzzRows(f *testing.F) {
	f.Add([]byte(`<worksheet><sheetData><row r="2"><c r="B2" t="s"><v>1</v></c></row></sheetData></worksheet>`), []byte(`<sst><si><t>zero</t></si><si><t>one</t></si></sst>`))
	f.Add([]byte(`<worksheet><sheetData><row><c><v>1.5E3</v></c><c t="inlineStr"><is><t>a</t></is></c></row>`), []byte(`<sst/>`))
	f.Add([]byte(`<row/>`), []byte(``))
	f.Fuzz(func(t *testing.T, sheet, sharedStrings []byte) {
		_, err := rowsOf(parts(t, string(sheet), string(sharedStrings)), reconcile.Limits{})
		if err != nil && fault.Code(err) == "internal" {
			t.Fatalf("a stranger's file is not our mistake: %v", err)
		}
	})
}

func FuzzFile(f *testing.F) {
	f.Add(written(f, "Sheet1", headings, []any{"tabc01", 3093639567, "Оплата", "Успешно", 1500.1, "28,50", "RUB", "22.11.2026 12:30:15"}))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, file []byte) {
		got, _, err := read(file, reconcile.TBank(), reconcile.Limits{})
		if err != nil && fault.Code(err) == "internal" {
			t.Fatalf("a stranger's file is not our mistake: %v", err)
		}
		for _, o := range got {
			if err := o.Check(); err != nil {
				t.Fatalf("%+v: %v", o, err)
			}
		}
	})
}

// BenchmarkRead prints lines per second; run it with -benchtime 1x for a million lines.
func BenchmarkRead(b *testing.B) {
	const lines = 1_000_000
	f := excelize.NewFile()
	w, err := f.NewStreamWriter("Sheet1")
	require.NoError(b, err)
	require.NoError(b, w.SetRow("A1", headings))
	for i := range lines {
		require.NoError(b, w.SetRow(fmt.Sprintf("A%d", i+2), []any{fmt.Sprintf("tabcdefghijklmnopq%07d01", i), 3000000000 + i, "Оплата", "Успешно", 1500.25, 28.5, "RUB", "22.11.2026 12:30:15"}))
	}
	require.NoError(b, w.Flush())
	var out bytes.Buffer
	require.NoError(b, f.Write(&out))
	require.NoError(b, f.Close())
	b.ReportAllocs()
	for b.Loop() {
		var report reconcile.Report
		for _, err := range xlsx.Read(bytes.NewReader(out.Bytes()), int64(out.Len()), reconcile.TBank(), reconcile.Limits{}, &report) {
			require.NoError(b, err)
		}
		require.Equal(b, lines, report.Accepted)
	}
	b.ReportMetric(lines*1000/float64(b.Elapsed().Milliseconds()+1)*float64(b.N), "lines/s")
}
