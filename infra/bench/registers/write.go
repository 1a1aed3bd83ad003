package registers

import (
	"context"
	"fmt"
	"io"
	"iter"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger/register"
	"giberno.ru/shared/ledger/register/xlsx"
)

// Written is how the writing of a partner's register went.
type Written struct {
	Form  string // CSV or XLSX
	Lines int
	Bytes int64
	Took  time.Duration
}

// Rate is lines a second.
func (w Written) Rate() float64 { return float64(w.Lines) / w.Took.Seconds() }

// Write writes a register of n lines, as CSV, and of m lines, as a spreadsheet. The lines are all there; reading them from the
// ledger is not part of it.
func Write(ctx context.Context, n, m int) (all []Written, err error) {
	head := register.Head{Currency: money.RUB, Zone: day.Location()}
	for _, form := range []struct {
		name  string
		lines int
		write func(w io.Writer, lines iter.Seq2[register.Line, error]) (register.Totals, error)
	}{
		{"CSV", n, func(w io.Writer, lines iter.Seq2[register.Line, error]) (register.Totals, error) {
			return register.WriteCSV(w, head, register.Form{Semicolon: true}, lines)
		}},
		{"XLSX", m, func(w io.Writer, lines iter.Seq2[register.Line, error]) (register.Totals, error) {
			return xlsx.Write(w, head, lines)
		}},
	} {
		var size counter
		began := time.Now()
		totals, err := form.write(&size, lines(ctx, form.lines))
		if err != nil {
			return nil, err
		}
		if totals.Lines != form.lines || totals.Net != int64(form.lines)*146_250 {
			return nil, fmt.Errorf("registers: the totals of %d lines are %+v", form.lines, totals)
		}
		all = append(all, Written{form.name, form.lines, int64(size), time.Since(began)})
	}
	return all, nil
}

// lines are a partner's operations of one day; their texts are those of a few, so that making them takes no time.
func lines(ctx context.Context, n int) iter.Seq2[register.Line, error] {
	some := make([]register.Line, 1000)
	for i := range some {
		order := ids.FromParts("order", fmt.Sprint(i))
		some[i] = register.Line{At: day.Add(time.Duration(i) * time.Minute), Order: order.String(), ExternalID: fmt.Sprintf("A-%07d", i),
			Payment: order.Child(ids.Payment, 1).String(), Method: "card", Amount: 150_000, Fee: 3_750, Net: 146_250}
	}
	return func(yield func(register.Line, error) bool) {
		for i := range n {
			if !yield(some[i%len(some)], ctx.Err()) {
				return
			}
		}
	}
}

type counter int64

// Write counts.
func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }
