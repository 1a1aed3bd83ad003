package start

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"giberno.ru/infra/checks/process/catalogue"
)

// Budget is how many times the start of an empty Lambda a function may take (DESIGN §9), in hundredths.
func Budget(k catalogue.Kind) int64 {
	if k == catalogue.JSON || k == catalogue.Pages {
		return 190
	}
	return 170
}

// Report measures and prints start, first answer, memory and size of the functions, and the warm create-order beside a
// bare handler. kept says whether every function keeps its budget.
func Report(ctx context.Context, w io.Writer, o Options) (kept bool, err error) {
	results, notes, err := Measure(ctx, o)
	if err != nil {
		return false, err
	}
	if kept, err = Write(w, results, notes); err != nil {
		return false, err
	}
	ours, bare, err := Warm(ctx)
	if err != nil {
		return false, err
	}
	fmt.Fprintf(w, "warm create-order: %d µs, a bare handler of the same JSON: %d µs, × %s (budget 4)\n",
		ours.Microseconds(), bare.Microseconds(), decimal(hundredths(ours, bare)))
	return kept, nil
}

// Write prints the results as a table and reports whether every function keeps its budget.
func Write(w io.Writer, results []Result, notes []string) (kept bool, err error) {
	var floor Result
	for _, r := range results {
		if r.Name == Empty {
			floor = r
		}
	}
	kept = true
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "start of\texec → next, ms\t× empty\tbudget\texec → first answer, ms\t× empty\tmemory, MB\tsize, MB\tzip, MB\t")
	for _, r := range results {
		budget := ""
		ratio := hundredths(r.Start, floor.Start)
		if r.Kind != "" {
			budget = decimal(Budget(r.Kind))
			if ratio > Budget(r.Kind) {
				budget, kept = budget+" exceeded", false
			}
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", r.Name, ms(r.Start), decimal(ratio), budget,
			ms(r.FirstAnswer), decimal(hundredths(r.FirstAnswer, floor.FirstAnswer)), mb(r.MemoryBytes), mb(r.SizeBytes), mb(r.ZipBytes))
	}
	if err := table.Flush(); err != nil {
		return false, err
	}
	for _, n := range notes {
		fmt.Fprintln(w, n)
	}
	return kept, nil
}

func hundredths(is, floor time.Duration) int64 {
	if floor <= 0 {
		return 0
	}
	return int64(is * 100 / floor)
}

func decimal(hundredths int64) string { return fmt.Sprintf("%d.%02d", hundredths/100, hundredths%100) }

func ms(d time.Duration) string { return decimal(int64(d / (10 * time.Microsecond))) }

func mb(bytes int64) string { return decimal(bytes * 100 / (1 << 20)) }
