package reconcile_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger/reconcile"
)

const heading = "Номер заказа;Идентификатор платежа;Тип операции;Статус;Сумма операции;Комиссия;Валюта;Дата операции\n"

func readCSV(r io.Reader, m reconcile.Mapping, l reconcile.Limits) (ops, reconcile.Report, error) {
	var report reconcile.Report
	var all ops
	for o, err := range reconcile.ReadCSV(r, m, l, &report) {
		if err != nil {
			return all, report, err
		}
		all = append(all, o)
	}
	return all, report, nil
}

func TestReadCSV(t *testing.T) {
	t.Parallel()
	t.Run("TBank", func(t *testing.T) {
		t.Parallel()
		file := "\ufeffРеестр операций за 22.11.2026\n\n" + heading +
			"tabc01;3093639567;Оплата;Успешно;1 500,00;28,50;RUB;22.11.2026 12:30:15\n" +
			"tabc01;3093639567;Возврат;Успешно;-500,5;;руб.;2026-11-22 13:00:00\n" +
			";77;чарджбэк;  в   обработке ;\"1\u00a0234\u00a0567,8\";0,00;643;22.11.2026 14:00:00\n" +
			";;Выплата;Успешно;971,50;;RUB;22.11.2026 23:00:00\n" +
			"Итого:;;;;2 000,00;;;\n"
		got, report, err := readCSV(strings.NewReader(file), reconcile.TBank(), reconcile.Limits{})
		require.NoError(t, err)
		at := time.Date(2026, 11, 22, 9, 30, 15, 0, time.UTC)
		require.Equal(t, ops{
			{Reference: "tabc01", BankID: "3093639567", Kind: reconcile.Payment, Status: reconcile.Done, Amount: money.Of(150000, money.RUB), Fee: 2850, FeeKnown: true, At: at, Origin: "line 4"},
			{Reference: "tabc01", BankID: "3093639567", Kind: reconcile.Refund, Status: reconcile.Done, Amount: money.Of(50050, money.RUB), At: at.Add(29*time.Minute + 45*time.Second), Origin: "line 5"},
			{BankID: "77", Kind: reconcile.Chargeback, Status: reconcile.Pending, Amount: money.Of(123456780, money.RUB), FeeKnown: true, At: at.Add(89*time.Minute + 45*time.Second), Origin: "line 6"},
		}, got)
		require.Equal(t, reconcile.Report{Rows: 7, Accepted: 3, Skipped: 2,
			Totals: reconcile.Totals{money.RUB: {Count: 2, Payments: 150000, Refunds: 50050, Fees: 2850}}}, report)
	})
	t.Run("AnotherBank", func(t *testing.T) {
		t.Parallel()
		m := reconcile.Mapping{Name: "other", Encoding: "windows-1251", Delimiter: "\t", By: reconcile.ByBankID, Currency: money.KZT, AmountInMinor: true,
			Columns:     reconcile.Columns{BankID: []string{"Код"}, Amount: []string{"Сумма"}, Fee: []string{"Удержано"}, Date: []string{"Дата"}, Time: []string{"Время"}},
			FeeNegative: true, Layouts: []string{"2006/01/02 15:04"}, UTCOffset: "+05:00"}
		text, err := charmap.Windows1251.NewEncoder().String("код\tСУММА\tУдержано\tДата\tВремя\r\nЖ-7\t150'000\t-2850\t2026/11/22\t08:15\r\nЖ-7\t-500\t\t2026/11/22\t08:16\r\n")
		require.NoError(t, err)
		m.Grouping = "'"
		got, _, err := readCSV(strings.NewReader(text), m, reconcile.Limits{})
		require.NoError(t, err)
		at := time.Date(2026, 11, 22, 3, 15, 0, 0, time.UTC)
		require.Equal(t, ops{
			{BankID: "Ж-7", Kind: reconcile.Payment, Status: reconcile.Done, Amount: money.Of(150000, money.KZT), Fee: 2850, FeeKnown: true, At: at, Origin: "line 2"},
			{BankID: "Ж-7", Kind: reconcile.Refund, Status: reconcile.Done, Amount: money.Of(500, money.KZT), At: at.Add(time.Minute), Origin: "line 3"},
		}, got)
	})
	t.Run("WithoutAKindColumnTheSignDecides", func(t *testing.T) {
		t.Parallel()
		m := reconcile.TBank()
		m.Columns.Kind, m.FeeReturned = nil, true
		got, _, err := readCSV(strings.NewReader(heading+"a;1;;Успешно;−5;0,10;RUB;22.11.2026 12:30:15\n"), m, reconcile.Limits{})
		require.NoError(t, err)
		require.Equal(t, reconcile.Refund, got[0].Kind)
		require.Equal(t, money.Of(500, money.RUB), got[0].Amount)
		require.EqualValues(t, -10, got[0].Fee, "given back to us")
	})
	t.Run("ABadLineStopsNothing", func(t *testing.T) {
		t.Parallel()
		good := "a;1;Оплата;Успешно;5;0;RUB;22.11.2026 12:30:15\n"
		reasons := map[string]string{
			";;Оплата;Успешно;5;0;RUB;22.11.2026 12:30:15":                             "neither our reference nor the bank's number",
			"a;1;Оплата;Успешно;5,001;0;RUB;22.11.2026 12:30:15":                       "amount has more than two decimals",
			"a;1;Оплата;Успешно;5.00;0;RUB;22.11.2026 12:30:15":                        "amount is not a number",
			"a;1;Оплата;Успешно;1 50,00;0;RUB;22.11.2026 12:30:15":                     "amount has its thousands apart in the wrong places",
			"a;1;Оплата;Успешно;;0;RUB;22.11.2026 12:30:15":                            "amount is not a number",
			"a;1;Оплата;Успешно;0;0;RUB;22.11.2026 12:30:15":                           "the amount must be positive",
			"a;1;Оплата;Успешно;-5;0;RUB;22.11.2026 12:30:15":                          "kind is a payment with a negative amount",
			"a;1;Оплата;Успешно;99999999999999999999;0;RUB;22.11.2026 12:30:15":        "amount is too large",
			"a;1;Подарок;Успешно;5;0;RUB;22.11.2026 12:30:15":                          "kind is an unknown word",
			"a;1;Оплата;Да;5;0;RUB;22.11.2026 12:30:15":                                "status is an unknown word",
			"a;1;Оплата;Успешно;5;много;RUB;22.11.2026 12:30:15":                       "fee is not a number",
			"a;1;Оплата;Успешно;5;0;XAU;22.11.2026 12:30:15":                           "currency is an unknown word",
			"a;1;Оплата;Успешно;5;0;RUB;31.11.2026 12:30:15":                           "date is not a date in the expected form",
			"a;1;Оплата;Успешно;5;0;RUB;22.11.2026 12:30:15;x":                         "has more columns than the headings",
			"a\x01;1;Оплата;Успешно;5;0;RUB;22.11.2026 12:30:15":                       "a name has control characters",
			strings.Repeat("a", 129) + ";1;Оплата;Успешно;5;0;RUB;22.11.2026 12:30:15": "a name is longer than 128 bytes",
			"a;1;Оплата;Успешно;5;0;RUB":                                               "date is not a date in the expected form",
			"\xff;1;Оплата;Успешно;5;0;RUB;22.11.2026 12:30:15":                        "is not in the encoding of the mapping",
			"a\"b;1;Оплата;Успешно;5;0;RUB;22.11.2026 12:30:15":                        "has a quote in the wrong place",
			"\"a\"b;1;Оплата;Успешно;5;0;RUB;22.11.2026 12:30:15":                      "has a quote in the wrong place",
			"a;1;Оплата;Успешно;5;0;RUB;22.11.0001 12:30:15":                           "no time",
			"a;1;Оплата;Успешно;5;9999999999999999;RUB;22.11.2026 12:30:15":            "fee is too large",
		}
		for line, reason := range reasons {
			got, report, err := readCSV(strings.NewReader(heading+good+line+"\n"+good), reconcile.TBank(), reconcile.Limits{})
			require.NoError(t, err, line)
			require.Len(t, got, 2, line)
			require.Equal(t, []reconcile.Problem{{Line: 3, Reason: reason}}, report.Problems, line)
			require.Equal(t, 1, report.Rejected)
		}
	})
	t.Run("OnlySoManyProblemsAreNamed", func(t *testing.T) {
		t.Parallel()
		_, report, err := readCSV(strings.NewReader(heading+strings.Repeat("x\n", 3000)), reconcile.TBank(), reconcile.Limits{})
		require.NoError(t, err)
		require.Equal(t, 3000, report.Rejected)
		require.Len(t, report.Problems, 1000)
	})
}

func TestReadCSVRefuses(t *testing.T) {
	t.Parallel()
	good := "a;1;Оплата;Успешно;5;0;RUB;22.11.2026 12:30:15\n"
	tight := reconcile.Limits{Bytes: 40_000, Row: 1000, Cell: 1000, Columns: 20, Rows: 50, Heading: 5, Problems: 10}
	endless := io.MultiReader(strings.NewReader(heading+"\""), &repeated{"a", 1 << 30})
	for _, c := range []struct {
		name string
		file io.Reader
		want error
	}{
		{"NoFile", strings.NewReader(""), reconcile.ErrHeading},
		{"NoHeadings", strings.NewReader(strings.Repeat(good, 6)), reconcile.ErrHeading},
		{"AColumnIsMissing", strings.NewReader(strings.Replace(heading, "Валюта", "Деньги", 1) + good), reconcile.ErrHeading},
		{"AColumnStandsTwice", strings.NewReader(strings.TrimSpace(heading) + ";Валюта\n" + good), reconcile.ErrHeading},
		{"AnotherEncoding", strings.NewReader(encoded(heading + good)), reconcile.ErrHeading},
		{"NoText", strings.NewReader(heading + "PK\x03\x04\x00\x00"), reconcile.ErrBroken},
		{"AQuoteNeverCloses", strings.NewReader(heading + good + "\"a;1;Оплата\n" + good), reconcile.ErrBroken},
		{"AQuoteSwallowsTheFile", endless, reconcile.ErrBroken},
		{"CutOff", strings.NewReader(heading + good + good[:30]), reconcile.ErrBroken},
		{"TheSourceBreaks", io.MultiReader(strings.NewReader(heading+good), iotest.ErrReader(errors.New("gone"))), reconcile.ErrBroken},
		{"TooManyColumns", strings.NewReader(heading + strings.Repeat("1;", 21) + "1\n"), reconcile.ErrBroken},
		{"AHugeCell", strings.NewReader(heading + strings.Repeat("1", 1001) + "\n"), reconcile.ErrBroken},
		{"TooManyRows", strings.NewReader(heading + strings.Repeat(good, 50)), reconcile.ErrTooLarge},
		{"TooManyBytes", strings.NewReader(heading + strings.Repeat(good[:len(good)-1]+strings.Repeat(" ", 900)+"\n", 45)), reconcile.ErrTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := readCSV(c.file, reconcile.TBank(), tight)
			require.ErrorIs(t, err, c.want)
		})
	}
	t.Run("AMappingThatMakesNoSense", func(t *testing.T) {
		t.Parallel()
		_, _, err := readCSV(strings.NewReader(""), reconcile.Mapping{}, tight)
		require.Equal(t, "validation_failed", fault.Code(err))
	})
}

func encoded(text string) string {
	out, err := charmap.Windows1251.NewEncoder().String(text)
	if err != nil {
		panic(err)
	}
	return out
}

// repeated is one text many times over.
type repeated struct {
	text string
	left int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := 0
	for r.left > 0 && n+len(r.text) <= len(p) {
		n += copy(p[n:], r.text)
		r.left--
	}
	return n, nil
}

func TestMapping(t *testing.T) {
	t.Parallel()
	t.Run("IsData", func(t *testing.T) {
		t.Parallel()
		text, err := json.Marshal(reconcile.TBank())
		require.NoError(t, err)
		var back reconcile.Mapping
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, reconcile.TBank(), back)
		require.NoError(t, back.Validate())
	})
	t.Run("EveryMistakeIsNamed", func(t *testing.T) {
		t.Parallel()
		for where, change := range map[string]func(*reconcile.Mapping){
			"name":             func(m *reconcile.Mapping) { m.Name = "" },
			"encoding":         func(m *reconcile.Mapping) { m.Encoding = "koi8-r" },
			"delimiter":        func(m *reconcile.Mapping) { m.Delimiter = "|" },
			"columns.amount":   func(m *reconcile.Mapping) { m.Columns.Amount = nil },
			"columns.date":     func(m *reconcile.Mapping) { m.Columns.Date = nil },
			"by":               func(m *reconcile.Mapping) { m.Columns.Reference = nil },
			"kinds":            func(m *reconcile.Mapping) { m.Kinds = nil },
			"kinds.Подарок":    func(m *reconcile.Mapping) { m.Kinds["Подарок"] = reconcile.Payout },
			"statuses":         func(m *reconcile.Mapping) { m.Statuses = nil },
			"statuses.Да":      func(m *reconcile.Mapping) { m.Statuses["Да"] = "yes" },
			"currency":         func(m *reconcile.Mapping) { m.Columns.Currency = nil },
			"currencies.злато": func(m *reconcile.Mapping) { m.Currencies["злато"] = "XAU" },
			"decimal_mark":     func(m *reconcile.Mapping) { m.DecimalMark = "/" },
			"grouping":         func(m *reconcile.Mapping) { m.Grouping = "," },
			"layouts":          func(m *reconcile.Mapping) { m.Layouts = []string{"15:04"} },
			"skip_rows":        func(m *reconcile.Mapping) { m.SkipRows = []string{" "} },
			"utc_offset":       func(m *reconcile.Mapping) { m.UTCOffset = "Moscow" },
			"columns":          func(m *reconcile.Mapping) { m.Columns.Fee = m.Columns.Amount },
		} {
			m := reconcile.TBank()
			change(&m)
			f := fault.As(m.Validate())
			require.NotNil(t, f, where)
			require.Len(t, f.Fields, 1, where)
			require.Equal(t, where, f.Fields[0].Location)
		}
	})
}

func TestAmountsOfARegister(t *testing.T) {
	t.Parallel()
	t.Run("EveryWayOfWritingIsTheSameAmount", rapid.MakeCheck(func(t *rapid.T) {
		minor := rapid.Int64Range(1, 1_000_000_000_000_000).Draw(t, "minor")
		text := money.Of(minor, money.RUB).Decimal()
		whole, cents := text[:len(text)-3], text[len(text)-2:]
		space := rapid.SampledFrom([]string{"", " ", "\u00a0", "\u202f"}).Draw(t, "space")
		for at := len(whole) - 3; at > 0; at -= 3 {
			whole = whole[:at] + space + whole[at:]
		}
		got, report, err := readCSV(strings.NewReader(fmt.Sprintf("%sa;1;Оплата;Успешно;%s,%s;;RUB;22.11.2026 12:30:15\n", heading, whole, cents)), reconcile.TBank(), reconcile.Limits{})
		require.NoError(t, err)
		require.Empty(t, report.Problems)
		require.Equal(t, minor, got[0].Amount.Amount)
	}))
}

func FuzzReadCSV(f *testing.F) {
	good := "a;1;Оплата;Успешно;1 500,00;28,50;RUB;22.11.2026 12:30:15\n"
	for _, file := range []string{"", heading, heading + good, "\ufeff" + heading + good + "Итого;;\n", heading + "\"" + good, heading + good[:20], "\x00", heading + "\"a\"b\n" + good} {
		f.Add([]byte(file), false)
	}
	f.Add([]byte(encoded(heading+good)), true)
	f.Fuzz(func(t *testing.T, file []byte, old bool) {
		m := reconcile.TBank()
		if old {
			m.Encoding = "windows-1251"
		}
		got, report, err := readCSV(strings.NewReader(string(file)), m, reconcile.Limits{})
		if len(got) != report.Accepted || report.Accepted+report.Skipped+report.Rejected > report.Rows || len(report.Problems) > report.Rejected {
			t.Fatalf("%d operations, %+v", len(got), report)
		}
		if err != nil && fault.Code(err) == "internal" {
			t.Fatalf("a stranger's file is not our mistake: %v", err)
		}
		for _, o := range got {
			if err := o.Check(); err != nil {
				t.Fatalf("%+v: %v", o, err)
			}
		}
		if err == nil {
			sorted(t, m.By, got)
		}
	})
}
