package reconcile_test

import (
	"fmt"
	"iter"
	"runtime"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger/reconcile"
)

var (
	day  = time.Date(2026, 11, 21, 21, 0, 0, 0, time.UTC) // a business day of Moscow begins
	noon = day.Add(12 * time.Hour)
)

// today is the run that most facts are about.
func today() reconcile.Run {
	return reconcile.Run{Account: "l/tbank-1", From: day, To: day.Add(24 * time.Hour), Grace: 6 * time.Hour, By: reconcile.ByReference, Now: day.Add(30 * time.Hour)}
}

func next(r reconcile.Run) reconcile.Run {
	r.From, r.To, r.Now = r.To, r.To.Add(24*time.Hour), r.Now.Add(24*time.Hour)
	return r
}

func payment(reference string, minor int64) reconcile.Operation {
	return reconcile.Operation{Reference: reference, BankID: "b" + reference, Kind: reconcile.Payment, Status: reconcile.Done,
		Amount: money.Of(minor, money.RUB), Fee: minor / 50, FeeKnown: true, At: noon}
}

func refund(reference string, minor int64, after time.Duration) reconcile.Operation {
	o := payment(reference, minor)
	o.Kind, o.Fee, o.At = reconcile.Refund, 0, noon.Add(after)
	return o
}

func with(o reconcile.Operation, change func(*reconcile.Operation)) reconcile.Operation {
	change(&o)
	return o
}

func each(operations []reconcile.Operation) iter.Seq2[reconcile.Operation, error] {
	return func(yield func(reconcile.Operation, error) bool) {
		for _, o := range operations {
			if !yield(o, nil) {
				return
			}
		}
	}
}

// sorted goes through a Sorter that spills often.
func sorted(t require.TestingT, by reconcile.By, operations []reconcile.Operation) []reconcile.Operation {
	s := reconcile.NewSorter(by, "", 2000)
	require.NoError(t, s.AddAll(each(operations)))
	var all []reconcile.Operation
	for o, err := range s.Sorted() {
		require.NoError(t, err)
		all = append(all, o)
	}
	require.NoError(t, s.Close())
	return all
}

func match(t require.TestingT, run reconcile.Run, facts, lines []reconcile.Operation) ([]reconcile.Break, reconcile.Summary) {
	var breaks []reconcile.Break
	var summary reconcile.Summary
	for b, err := range reconcile.Match(run, each(sorted(t, run.By, facts)), each(sorted(t, run.By, lines)), &summary) {
		require.NoError(t, err)
		breaks = append(breaks, b)
	}
	return breaks, summary
}

// told writes a break in short: its kind, its state and what both sides say.
func told(breaks []reconcile.Break) []string {
	var all []string
	side := func(o *reconcile.Operation) string {
		if o == nil {
			return "-"
		}
		return fmt.Sprintf("%s %s %d", o.Reference, o.Kind, o.Amount.Amount)
	}
	for _, b := range breaks {
		all = append(all, fmt.Sprintf("%s %s: %s | %s", b.State, b.Kind, side(b.Ours), side(b.Theirs)))
	}
	slices.Sort(all)
	return all
}

func liveHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
