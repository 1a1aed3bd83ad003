package reconciling

import (
	"context"
	"fmt"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger/reconcile"
	"giberno.ru/shared/ledger/store"
)

// known reads what is kept of the run's side.
func (r *Reconciler) known(ctx context.Context, run reconcile.Run) (map[ids.ID]store.Break, error) {
	list, err := r.Store.KeptBreaks(ctx, run.Account, run.From)
	if err != nil {
		return nil, err
	}
	known := make(map[ids.ID]store.Break, len(list))
	for _, b := range list {
		known[b.ID] = b
	}
	return known, nil
}

func asKept(known map[ids.ID]store.Break) []reconcile.Break {
	list := make([]reconcile.Break, 0, len(known))
	for _, b := range known {
		list = append(list, b.AsKept())
	}
	return list
}

// keep holds what a run found against what is kept, and writes the difference: first the alarm, if an operator has anything new
// to look at, and then the breaks.
func (r *Reconciler) keep(ctx context.Context, p Period, run reconcile.Run, known map[ids.ID]store.Break, found []reconcile.Break) (map[Kind]Change, error) {
	// Of breaks that were resolved, or vanished long ago, only those that are back are read.
	var rest []ids.ID
	for _, b := range found {
		if _, there := known[b.ID]; !there {
			rest = append(rest, b.ID)
		}
	}
	back, err := r.Store.BreaksOf(ctx, p.Mode, rest)
	if err != nil {
		return nil, err
	}
	for _, b := range back {
		known[b.ID] = b
	}
	merged := reconcile.Merge(run, asKept(known), found)
	changes, open := count(known, found, merged.Write)
	if open > 0 {
		detail := fmt.Sprintf("%d new breaks between the ledger and the bank, of the period from %s", open, run.From.Format("2006-01-02 15:04"))
		if err := r.Raise(ctx, p.Mode, p.Account, detail); err != nil {
			return nil, err
		}
	}
	return changes, r.Store.KeepBreaks(ctx, run.Account, known, merged.Write)
}

// count says what became of the breaks of each kind, and how many an operator has to look at that he did not before.
func count(known map[ids.ID]store.Break, found, written []reconcile.Break) (changes map[Kind]Change, open int) {
	changes = map[Kind]Change{}
	touched := make(map[ids.ID]bool, len(written))
	for _, b := range written {
		touched[b.ID] = true
		was, there := known[b.ID]
		c := changes[b.Kind]
		switch {
		case b.State == reconcile.Vanished:
			c.Vanished++
		case !there:
			c.New++
		case was.State == reconcile.Vanished:
			c.Reopened++
		default:
			c.Opened++
		}
		changes[b.Kind] = c
		if b.State == reconcile.Open {
			open++
		}
	}
	for _, b := range found {
		if !touched[b.ID] {
			c := changes[b.Kind]
			c.Still++
			changes[b.Kind] = c
		}
	}
	return changes, open
}
