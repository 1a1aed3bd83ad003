package registers

import (
	"context"
	"fmt"
	"io"
	"time"
)

// The bounds of a reconciliation of a million lines (issue 6).
const (
	BudgetTime   = 30 * time.Second
	BudgetMemory = 200 << 10 // KB
	budgetLines  = 1_000_000
)

// Report measures and prints both. peak tells the largest resident memory, in KB, that this process has had so far; the
// process should do nothing else. kept says whether the reconciliation is within its budgets, which are those of a million
// lines.
func Report(ctx context.Context, out io.Writer, lines int, peak func() (kb int, err error)) (kept bool, err error) {
	r, err := Reconcile(ctx, lines)
	if err != nil {
		return false, err
	}
	kept = lines > budgetLines || r.Took() <= BudgetTime
	memory := "this system does not tell the peak memory"
	if kb, err := peak(); err == nil {
		memory = fmt.Sprintf("peak memory of the process %d MB (budget %d)", (kb+1023)/1024, BudgetMemory>>10)
		kept = kept && kb <= BudgetMemory
	}
	fmt.Fprintf(out, "reconciled %d lines (%d MB of CSV) with as many facts in %s: %.0f lines per second, of them reading and sorting the file %s, sorting the facts %s, matching %s\n",
		r.Lines, r.Bytes>>20, r.Took().Round(10*time.Millisecond), float64(r.Lines)/r.Took().Seconds(), r.Reading.Round(10*time.Millisecond),
		r.Facts.Round(10*time.Millisecond), r.Match.Round(10*time.Millisecond))
	fmt.Fprintf(out, "%d pairs agreed, the three planted differences were found and named; %s; budget %s: %s\n", r.Summary.Matched, memory, BudgetTime, verdict(kept))
	written, err := Write(ctx, lines, lines/5)
	if err != nil {
		return false, err
	}
	for _, w := range written {
		fmt.Fprintf(out, "wrote a register of %d lines as %s, %d MB, in %s: %.0f lines per second\n", w.Lines, w.Form, w.Bytes>>20,
			w.Took.Round(10*time.Millisecond), w.Rate())
	}
	return kept, nil
}

func verdict(kept bool) string {
	if kept {
		return "ok"
	}
	return "OVER"
}
