package reconcile_test

import (
	"errors"
	"iter"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger/reconcile"
)

// short is a mapping of four columns.
func short() reconcile.Mapping {
	return reconcile.Mapping{Name: "short", By: reconcile.ByBankID, Currency: money.RUB, UTCOffset: "+03:00", Layouts: []string{"02.01.2006", "02.01.2006 15:04"},
		SkipRows: []string{"Ёмкость"},
		Columns:  reconcile.Columns{BankID: []string{"id"}, Amount: []string{"sum"}, Fee: []string{"fee"}, Date: []string{"day"}, Time: []string{"time"}}}
}

func rows(of ...[]reconcile.Cell) iter.Seq2[reconcile.Row, error] {
	return func(yield func(reconcile.Row, error) bool) {
		title := []reconcile.Cell{{Text: "id"}, {Text: "sum"}, {Text: "fee"}, {Text: "day"}, {Text: "time"}}
		for i, cells := range append([][]reconcile.Cell{title}, of...) {
			if !yield(reconcile.Row{Number: i + 1, Cells: cells, DayZero: time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)}, nil) {
				return
			}
		}
	}
}

func text(t string) reconcile.Cell   { return reconcile.Cell{Text: t} }
func number(t string) reconcile.Cell { return reconcile.Cell{Text: t, Number: true} }

func readRows(t require.TestingT, m reconcile.Mapping, of ...[]reconcile.Cell) (ops, reconcile.Report) {
	var report reconcile.Report
	var all ops
	for o, err := range reconcile.ReadRows(rows(of...), m, reconcile.Limits{}, &report) {
		require.NoError(t, err)
		all = append(all, o)
	}
	return all, report
}

func TestReadRows(t *testing.T) {
	t.Parallel()
	t.Run("NumbersOfASpreadsheet", func(t *testing.T) {
		t.Parallel()
		got, report := readRows(t, short(), []reconcile.Cell{number("3.093639567E9"), number("-1500.0999999999999"), number("2.85"), number("46348.5")})
		require.Empty(t, report.Problems)
		require.Equal(t, ops{{BankID: "3093639567", Kind: reconcile.Refund, Status: reconcile.Done, Amount: money.Of(150010, money.RUB), Fee: 285, FeeKnown: true,
			At: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), Origin: "line 2"}}, got)
	})
	t.Run("WhatIsNoAmount", func(t *testing.T) {
		t.Parallel()
		for cell, reason := range map[reconcile.Cell]string{
			number(""): "amount is not a number", number("-"): "amount is not a number", number("."): "amount is not a number", number("1,5"): "amount is not a number",
			number("1E"): "amount is not a number", number("0x1"): "amount is not a number", number(strings.Repeat("1", 41)): "amount is not a number",
			number("1E401"): "amount is not a number", number("1E-401"): "amount is not a number", number("1.001"): "amount has more than two decimals",
			number("1E-3"): "amount has more than two decimals", number("1E21"): "amount is too large", number("10000000000000.1"): "amount is too large", number("0"): "the amount must be positive",
			number("0E5"): "the amount must be positive", text("1."): "amount is not a number", text("--1"): "amount is not a number", text(".5"): "amount is not a number",
			text("1e3"): "amount is not a number", text("10000000000000.01"): "amount is too large", text("1 0000"): "amount has its thousands apart in the wrong places",
		} {
			_, report := readRows(t, short(), []reconcile.Cell{text("a"), cell, {}, text("22.11.2026")})
			require.Equal(t, []reconcile.Problem{{Line: 2, Reason: reason}}, report.Problems, "%+v", cell)
		}
	})
	t.Run("WhatIsNoNumberAndNoDate", func(t *testing.T) {
		t.Parallel()
		for _, c := range []struct {
			number, date reconcile.Cell
			reason       string
		}{
			{number("1234567890123456"), number("46348"), "bank_id has more than 15 digits, which a spreadsheet does not keep"},
			{number("7.5"), number("46348"), "bank_id is not a whole number"},
			{number("-7"), number("46348"), "bank_id is not a whole number"},
			{number("x"), number("46348"), "bank_id is not a number"},
			{text("a"), number("60.9"), "date is not a date in the expected form"},
			{text("a"), number("-1"), "date is not a date in the expected form"},
			{text("a"), number("x"), "date is not a date in the expected form"},
			{text("a"), number("1E7"), "date is not a date in the expected form"},
			{text("a"), text("46348"), "date is not a date in the expected form"},
		} {
			_, report := readRows(t, short(), []reconcile.Cell{c.number, text("1"), {}, c.date})
			require.Equal(t, []reconcile.Problem{{Line: 2, Reason: c.reason}}, report.Problems)
		}
	})
	t.Run("TheLargestAmount", func(t *testing.T) {
		t.Parallel()
		for _, cell := range []reconcile.Cell{text("10 000 000 000 000.00"), text("+10000000000000.000"), number("1E13"), number("9999999999999.99999")} {
			got, report := readRows(t, short(), []reconcile.Cell{text("a"), cell, {}, text("22.11.2026")})
			require.Empty(t, report.Problems)
			require.EqualValues(t, 1_000_000_000_000_000, got[0].Amount.Amount)
		}
	})
	t.Run("TimeMayStandApart", func(t *testing.T) {
		t.Parallel()
		got, _ := readRows(t, short(), []reconcile.Cell{text("a"), text("1"), {}, text("22.11.2026"), text("12:30")}, []reconcile.Cell{text("b"), text("1"), {}, text("22.11.2026")})
		require.Equal(t, time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC), got[0].At)
		require.Equal(t, time.Date(2026, 11, 21, 21, 0, 0, 0, time.UTC), got[1].At)
	})
	t.Run("FootersAndEmptyRowsAreNoLines", func(t *testing.T) {
		t.Parallel()
		got, report := readRows(t, short(), nil, []reconcile.Cell{{}, text("  ")}, []reconcile.Cell{{}, text(" емкость  реестра"), text("1")}, []reconcile.Cell{text("ЁМКОСТЬ")})
		require.Empty(t, got)
		require.Equal(t, reconcile.Report{Rows: 5, Skipped: 2}, report)
	})
	t.Run("TheFilesErrorEndsIt", func(t *testing.T) {
		t.Parallel()
		gone := errors.New("gone")
		var report reconcile.Report
		s := reconcile.NewSorter(reconcile.ByBankID, t.TempDir(), 0)
		require.ErrorIs(t, s.AddAll(reconcile.ReadRows(func(yield func(reconcile.Row, error) bool) { yield(reconcile.Row{}, gone) }, short(), reconcile.Limits{}, &report)), gone)
		require.ErrorIs(t, s.AddAll(each(ops{{}})), reconcile.ErrOperation)
		require.NoError(t, s.Close())
	})
	t.Run("EveryAmountOfASpreadsheetIsExact", rapid.MakeCheck(func(t *rapid.T) {
		// Ten digits before the point: there a binary fraction and 17 digits of it still tell the amount.
		minor := rapid.Int64Range(1, 1e12).Draw(t, "minor")
		value, err := strconv.ParseFloat(money.Of(minor, money.RUB).Decimal(), 64)
		require.NoError(t, err)
		form := rapid.SampledFrom([]byte{'f', 'E'}).Draw(t, "form")
		for _, precision := range []int{-1, 16} {
			written := strconv.FormatFloat(value, 'E', precision, 64)
			if form == 'f' && precision < 0 {
				written = strconv.FormatFloat(value, 'f', precision, 64)
			}
			got, report := readRows(t, short(), []reconcile.Cell{text("a"), number(written), {}, text("22.11.2026")})
			require.Empty(t, report.Problems, written)
			require.Equal(t, minor, got[0].Amount.Amount, written)
		}
	}))
}
