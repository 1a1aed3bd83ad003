package register_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"iter"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger/register"
)

var (
	moscow = time.FixedZone("MSK", 3*60*60)
	noon   = time.Date(2026, 11, 22, 21, 30, 0, 0, time.UTC)
	rubles = register.Head{Currency: money.RUB, Zone: moscow, Locale: "en"}
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

func someLines() []register.Line {
	return []register.Line{
		{At: noon, Order: "o-1", ExternalID: "A-1047", Payment: "p-1", Method: "sbp", Amount: 150000, Fee: 3750, ProviderFee: 2850, Net: 146250},
		{At: noon.Add(time.Minute), Order: "o-1", ExternalID: "A-1047", Payment: "p-1", Method: "sbp", Refund: 50005, Fee: -1250, Net: -48755},
	}
}

func TestWriteCSV(t *testing.T) {
	t.Parallel()
	t.Run("GoldenBytes", func(t *testing.T) {
		t.Parallel()
		var out bytes.Buffer
		totals, err := register.WriteCSV(&out, rubles, register.Form{}, of(someLines()...))
		require.NoError(t, err)
		require.Equal(t, register.Totals{Lines: 2, Amount: 150000, Refund: 50005, Fee: 2500, ProviderFee: 2850, Net: 97495}, totals)
		require.Equal(t, "\ufeffTime of operation,Order,Partner's number,Payment,Method,\"Paid, RUB\",\"Refunded, RUB\",\"Our fee, RUB\",\"Net, RUB\"\r\n"+
			"2026-11-23 00:30:00,o-1,A-1047,p-1,sbp,1500.00,0.00,37.50,1462.50\r\n"+
			"2026-11-23 00:31:00,o-1,A-1047,p-1,sbp,0.00,500.05,-12.50,-487.55\r\n"+
			"Total,,,,,1500.00,500.05,25.00,974.95\r\n", out.String())
	})
	t.Run("GoldenBytesForExcelInRussia", func(t *testing.T) {
		t.Parallel()
		var out bytes.Buffer
		head := register.Head{Currency: money.KZT, Zone: moscow, ProviderFee: true}
		_, err := register.WriteCSV(&out, head, register.Form{Semicolon: true}, of(someLines()[:1]...))
		require.NoError(t, err)
		require.Equal(t, "\ufeffВремя операции;Заказ;Номер партнёра;Платёж;Способ оплаты;Оплачено, KZT;Возвращено, KZT;Наша комиссия, KZT;Комиссия банка, KZT;К выплате, KZT\r\n"+
			"2026-11-23 00:30:00;o-1;A-1047;p-1;sbp;1500,00;0,00;37,50;28,50;1462,50\r\n"+
			"Итого;;;;;1500,00;0,00;37,50;28,50;1462,50\r\n", out.String())
	})
	t.Run("NoTextRunsAsAFormula", func(t *testing.T) {
		t.Parallel()
		for _, text := range []string{"=1+1", "+7900", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"} {
			var out bytes.Buffer
			_, err := register.WriteCSV(&out, rubles, register.Form{}, of(register.Line{At: noon, ExternalID: text}))
			require.NoError(t, err)
			rows, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
			require.NoError(t, err)
			require.Equal(t, "'", rows[1][2][:1], "%q", text)
		}
	})
	t.Run("NoPartOfATextRunsWhereItIsDivided", func(t *testing.T) {
		t.Parallel()
		for _, text := range []string{"1;=1+2", `1;=HYPERLINK("http://x","y")`, `1;"=1+2"`, "1; =1+2", "1,+7900", "1|@SUM(A1)", "\t=1", "1\n-2", ";;＝1"} {
			for _, divider := range []rune{';', ',', '\t', '|'} {
				var out bytes.Buffer
				_, err := register.WriteCSV(&out, rubles, register.Form{}, of(register.Line{At: noon, ExternalID: text}))
				require.NoError(t, err)
				rows := csv.NewReader(&out)
				rows.Comma, rows.FieldsPerRecord, rows.LazyQuotes = divider, -1, true
				read, err := rows.ReadAll()
				require.NoError(t, err)
				for _, row := range read {
					for _, cell := range row {
						require.NotRegexp(t, `^[" ]*[=+@＝＋＠-]`, cell, "%q divided at %q", text, divider)
					}
				}
			}
		}
	})
	t.Run("OrdinaryTextsStay", func(t *testing.T) {
		t.Parallel()
		for _, text := range []string{"", "A-1047", "a=b", "шляпа; сапоги", "1, 2", "\xff;x", "o'neil@example.com"} {
			var out bytes.Buffer
			_, err := register.WriteCSV(&out, rubles, register.Form{}, of(register.Line{At: noon, ExternalID: text}))
			require.NoError(t, err)
			rows, err := csv.NewReader(&out).ReadAll()
			require.NoError(t, err)
			require.Equal(t, text, rows[1][2])
		}
	})
	t.Run("EveryLanguageHasEveryWord", func(t *testing.T) {
		t.Parallel()
		for _, locale := range []string{"ru", "kk", "en", ""} {
			head := register.Head{Currency: money.RUB, Zone: moscow, Locale: locale, ProviderFee: true}
			require.Len(t, head.Headings(), 10)
			require.NotContains(t, head.Headings(), "")
			require.NotEmpty(t, head.TotalsTitle())
		}
	})
	t.Run("ErrLine", func(t *testing.T) {
		t.Parallel()
		for _, line := range []register.Line{{}, {Amount: 1}} {
			_, err := register.WriteCSV(io.Discard, rubles, register.Form{}, of(line))
			require.ErrorIs(t, err, register.ErrLine)
		}
	})
	t.Run("ErrHead", func(t *testing.T) {
		t.Parallel()
		for _, head := range []register.Head{{}, {Currency: money.RUB}, {Currency: "XYZ", Zone: moscow}} {
			_, err := register.WriteCSV(io.Discard, head, register.Form{}, of())
			require.ErrorIs(t, err, register.ErrHead)
		}
	})
	t.Run("ErrOverflow", func(t *testing.T) {
		t.Parallel()
		for _, lines := range [][]register.Line{
			{{At: noon, Amount: math.MaxInt64}, {At: noon, Amount: 1}},
			{{At: noon, Refund: math.MaxInt64}, {At: noon, Refund: 1}},
			{{At: noon, Fee: math.MinInt64}, {At: noon, Fee: -1}},
			{{At: noon, ProviderFee: math.MinInt64}, {At: noon, ProviderFee: -1}},
			{{At: noon, Net: math.MaxInt64}, {At: noon, Net: math.MaxInt64}},
		} {
			_, err := register.WriteCSV(io.Discard, rubles, register.Form{}, of(lines...))
			require.ErrorIs(t, err, money.ErrOverflow)
		}
	})
	t.Run("TheLedgersErrorEndsIt", func(t *testing.T) {
		t.Parallel()
		gone := errors.New("gone")
		_, err := register.WriteCSV(io.Discard, rubles, register.Form{}, func(yield func(register.Line, error) bool) {
			_ = yield(someLines()[0], nil) && yield(register.Line{}, gone)
		})
		require.ErrorIs(t, err, gone)
	})
	t.Run("AFullDiskIsTold", func(t *testing.T) {
		t.Parallel()
		for room := range 200 {
			_, err := register.WriteCSV(&disk{room: room}, rubles, register.Form{}, of(someLines()...))
			require.Error(t, err)
		}
	})
	t.Run("WhatIsTakenBackHasAMinus", func(t *testing.T) {
		t.Parallel()
		var out bytes.Buffer
		totals, err := register.WriteCSV(&out, rubles, register.Form{}, of(someLines()[0], register.Line{At: noon, Amount: -150000, Fee: -3750, ProviderFee: -2850, Net: -146250}))
		require.NoError(t, err)
		require.Equal(t, register.Totals{Lines: 2}, totals)
		require.Contains(t, out.String(), ",-1500.00,0.00,-37.50,-1462.50\r\n")
	})
	t.Run("TotalsAreTheSumOfLines", rapid.MakeCheck(func(t *rapid.T) {
		var lines []register.Line
		var want register.Totals
		for range rapid.IntRange(0, 30).Draw(t, "lines") {
			amount := rapid.Int64Range(-1e12, 1e12)
			l := register.Line{At: noon, Amount: amount.Draw(t, "amount"), Refund: amount.Draw(t, "refund"), Fee: amount.Draw(t, "fee"),
				ProviderFee: amount.Draw(t, "provider"), Net: amount.Draw(t, "net")}
			lines = append(lines, l)
			want = register.Totals{Lines: want.Lines + 1, Amount: want.Amount + l.Amount, Refund: want.Refund + l.Refund, Fee: want.Fee + l.Fee,
				ProviderFee: want.ProviderFee + l.ProviderFee, Net: want.Net + l.Net}
		}
		totals, err := register.WriteCSV(io.Discard, rubles, register.Form{}, of(lines...))
		require.NoError(t, err)
		require.Equal(t, want, totals)
	}))
}

// disk takes only so many bytes.
type disk struct{ room int }

func (d *disk) Write(p []byte) (int, error) {
	if len(p) > d.room {
		return 0, io.ErrShortWrite
	}
	d.room -= len(p)
	return len(p), nil
}

func TestMemoryDoesNotGrowWithTheRegister(t *testing.T) {
	const lines = 100_000
	var most uint64
	_, err := register.WriteCSV(io.Discard, rubles, register.Form{}, func(yield func(register.Line, error) bool) {
		for i := range lines {
			if i%20_000 == 0 {
				most = max(most, liveHeap())
			}
			if !yield(register.Line{At: noon, Order: strings.Repeat("o", 36), Amount: int64(i)}, nil) {
				return
			}
		}
	})
	require.NoError(t, err)
	require.Less(t, most, liveHeap()+4<<20)
}

func liveHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
