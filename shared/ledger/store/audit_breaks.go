package store

import (
	"fmt"
	"slices"
	"strings"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/reconcile"
	"giberno.ru/shared/platform/table"
)

// Reconciled proves what reconciliations keep: every break stands where its state says, each side counts its own, and every
// correction that a break names is in the ledger. Like an Auditor it is handed rows in any order, all as they stood at one
// moment; it keeps the ids of corrections and a number for each side.
type Reconciled struct {
	Breaks, Runs int
	living       map[string]int64     // found by side
	counted      map[string]int64     // as the sides' heads say
	corrections  map[string]bool      // the ledger's entries of operators, by mode and id
	named        map[string]table.Key // by breaks
	breaches     []string
}

// NewReconciled makes one that has seen nothing yet.
func NewReconciled() *Reconciled {
	return &Reconciled{living: map[string]int64{}, counted: map[string]int64{}, corrections: map[string]bool{}, named: map[string]table.Key{}}
}

// IsOfReconciliation reports a row that belongs to reconciliations alone: a break, a run, or the head of a side.
func IsOfReconciliation(key table.Key) bool {
	return strings.HasPrefix(key.PK, Prefix+"BREAK#") || strings.HasPrefix(key.PK, Prefix+"RUNS#")
}

// Add takes one row. Rows that say nothing about reconciliations are passed over.
func (a *Reconciled) Add(row table.Row) {
	side, isSide := strings.CutPrefix(row.Key.PK, Prefix+"RUNS#")
	switch {
	case strings.HasPrefix(row.Key.PK, Prefix+"ENTRY#"):
		if r, err := readEntry(row); err == nil && r.Kind == ledger.KindCorrected { // the Auditor tells of what cannot be read
			a.corrections[corrected(r.Mode, r.ID)] = true
		}
	case strings.HasPrefix(row.Key.PK, Prefix+"BREAK#"):
		a.take(row)
	case isSide && row.Key == breaksHeadKey(side):
		a.counted[side] = row.Attrs[aliveAttr].Number()
	case isSide:
		a.Runs++
		if r, err := readRun(row); err != nil || !row.Equal(runRow(r)) {
			a.breach(row.Key, "it is no reconciliation: %v", err)
		}
	}
}

func corrected(m ids.Mode, entry string) string { return string(m) + "#" + entry }

func (a *Reconciled) take(row table.Row) {
	a.Breaks++
	b, err := readBreak(row)
	if err != nil {
		a.breach(row.Key, "%v", err)
		return
	}
	if should := breakRow(b); row.First != should.First || row.Second != should.Second {
		a.breach(row.Key, "it stands in the indexes at %q and %q, and belongs to %q and %q", row.First, row.Second, should.First, should.Second)
	}
	if alive(b.State) {
		a.living[b.Account]++
	}
	if (b.State == reconcile.Resolved) != (b.Resolution != nil) {
		a.breach(row.Key, "it is %s, and its resolution is %+v", b.State, b.Resolution)
	}
	if b.Resolution != nil && b.Resolution.Posting != "" {
		a.named[corrected(b.Mode(), b.Resolution.Posting)] = row.Key
	}
}

func (a *Reconciled) breach(key table.Key, format string, args ...any) {
	if len(a.breaches) < MaxBreaches {
		a.breaches = append(a.breaches, fmt.Sprintf("%s %s: ", key.PK, key.SK)+fmt.Sprintf(format, args...))
	}
}

// Done gives what does not hold, once every row has been added; MaxBreaches at most.
func (a *Reconciled) Done() []string {
	for side, n := range a.living {
		if a.counted[side] != n {
			a.breach(breaksHeadKey(side), "it counts %d breaks in transit and open, and there are %d", a.counted[side], n)
		}
	}
	for side, n := range a.counted {
		if n != 0 && a.living[side] == 0 {
			a.breach(breaksHeadKey(side), "it counts %d breaks in transit and open, and there are none", n)
		}
	}
	for name, key := range a.named {
		if !a.corrections[name] {
			a.breach(key, "the correction that it names is not in the ledger")
		}
	}
	slices.Sort(a.breaches)
	return a.breaches
}
