package xlsx_test

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger/register"
	"giberno.ru/shared/ledger/register/xlsx"
)

var (
	almaty = time.FixedZone("ALMT", 5*60*60)
	at     = time.Date(2026, 11, 22, 21, 30, 15, 0, time.UTC)
	tenge  = register.Head{Currency: money.KZT, Zone: almaty, Locale: "en", ProviderFee: true}
)

func of(lines ...register.Line) iter.Seq2[register.Line, error] {
	return func(yield func(register.Line, error) bool) {
		for _, l := range lines {
			if !yield(l, nil) {
				return
			}
		}
	}
}

func written(t *testing.T, lines ...register.Line) *excelize.File {
	t.Helper()
	var out bytes.Buffer
	_, err := xlsx.Write(&out, tenge, of(lines...))
	require.NoError(t, err)
	f, err := excelize.OpenReader(&out)
	require.NoError(t, err)
	return f
}

func TestWrite(t *testing.T) {
	t.Parallel()
	t.Run("IsReadBack", func(t *testing.T) {
		t.Parallel()
		f := written(t,
			register.Line{At: at, Order: "o-1", ExternalID: "=1+1", Payment: "p-1", Method: "card", Amount: 123456789, Fee: 3, ProviderFee: 10, Net: 123456786},
			register.Line{At: at, Order: "o-1", Payment: "p-1", Method: "card", Refund: 1, Fee: -3, Net: 2})
		rows, err := f.GetRows("Sheet1")
		require.NoError(t, err)
		require.Equal(t, [][]string{
			{"Time of operation", "Order", "Partner's number", "Payment", "Method", "Paid, KZT", "Refunded, KZT", "Our fee, KZT", "Bank's fee, KZT", "Net, KZT"},
			{"2026-11-23 02:30:15", "o-1", "=1+1", "p-1", "card", "1,234,567.89", "0.00", "0.03", "0.10", "1,234,567.86"},
			{"2026-11-23 02:30:15", "o-1", "", "p-1", "card", "0.00", "0.01", "-0.03", "0.00", "0.02"},
			{"Total", "", "", "", "", "1,234,567.89", "0.01", "0.00", "0.10", "1,234,567.88"},
		}, rows)
		raw, err := f.GetCellValue("Sheet1", "F2", excelize.Options{RawCellValue: true})
		require.NoError(t, err)
		require.Equal(t, "1234567.89", raw)
		formula, err := f.GetCellFormula("Sheet1", "C2")
		require.NoError(t, err)
		require.Empty(t, formula, "a stranger's text never becomes a formula")
		kind, err := f.GetCellType("Sheet1", "C2")
		require.NoError(t, err)
		require.Equal(t, excelize.CellTypeInlineString, kind)
		width, err := f.GetColWidth("Sheet1", "B")
		require.NoError(t, err)
		require.EqualValues(t, 38, width)
	})
	t.Run("EveryAmountIsWrittenExactly", func(t *testing.T) {
		t.Parallel()
		chance := rand.New(rand.NewPCG(6, 1))
		lines := []register.Line{{At: at, Amount: 499_999_999_999_999}, {At: at, Amount: -1}}
		for range 500 {
			lines = append(lines, register.Line{At: at, Amount: chance.Int64N(1_000_000_000_000) >> chance.IntN(35)})
		}
		rows, err := written(t, lines...).GetRows("Sheet1", excelize.Options{RawCellValue: true})
		require.NoError(t, err)
		for i, l := range lines {
			want := money.Of(l.Amount, money.KZT).Decimal()
			switch {
			case l.Amount%100 == 0:
				want = want[:len(want)-3]
			case l.Amount%10 == 0:
				want = want[:len(want)-1]
			}
			require.Equal(t, want, rows[i+1][5])
		}
	})
	t.Run("ErrOverflow", func(t *testing.T) {
		t.Parallel()
		var out bytes.Buffer
		_, err := xlsx.Write(&out, tenge, of(register.Line{At: at, Amount: 1_000_000_000_000_000}))
		require.ErrorIs(t, err, money.ErrOverflow)
		require.Zero(t, out.Len())
	})
	t.Run("ErrHead", func(t *testing.T) {
		t.Parallel()
		_, err := xlsx.Write(io.Discard, register.Head{}, of())
		require.ErrorIs(t, err, register.ErrHead)
	})
	t.Run("ErrLine", func(t *testing.T) {
		t.Parallel()
		_, err := xlsx.Write(io.Discard, tenge, of(register.Line{}))
		require.ErrorIs(t, err, register.ErrLine)
	})
	t.Run("TheLedgersErrorEndsIt", func(t *testing.T) {
		t.Parallel()
		gone := errors.New("gone")
		_, err := xlsx.Write(io.Discard, tenge, func(yield func(register.Line, error) bool) { yield(register.Line{}, gone) })
		require.ErrorIs(t, err, gone)
	})
	t.Run("SaysTheSameAsCSV", func(t *testing.T) {
		t.Parallel()
		lines := []register.Line{{At: at, Amount: 5}, {At: at, Refund: 3, Fee: -1}}
		sheet, err := xlsx.Write(io.Discard, tenge, of(lines...))
		require.NoError(t, err)
		text, err := register.WriteCSV(io.Discard, tenge, register.Form{}, of(lines...))
		require.NoError(t, err)
		require.Equal(t, text, sheet)
	})
}

// TestManyLinesLeaveNoTemporaryFile writes more than the library holds in memory.
func TestManyLinesLeaveNoTemporaryFile(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	const lines = 60_000
	totals, err := xlsx.Write(io.Discard, tenge, func(yield func(register.Line, error) bool) {
		for range lines {
			if !yield(register.Line{At: at, Order: "00000000-0000-8000-8000-000000000000", Payment: "00000000-0000-8000-8000-000000000100", Amount: 1}, nil) {
				return
			}
		}
	})
	require.NoError(t, err)
	require.EqualValues(t, lines, totals.Amount)
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	require.NoError(t, err)
	require.Empty(t, left)
}
