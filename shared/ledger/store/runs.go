package store

import (
	"context"
	"iter"
	"slices"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/reconcile"
	"giberno.ru/shared/platform/table"
)

// Run is a reconciliation that was carried out: the latest one of its account and period.
type Run struct {
	ID       ids.ID            `json:"id"` // of its side and period
	Side     string            `json:"side"`
	From     time.Time         `json:"from"`
	To       time.Time         `json:"to"`
	GraceSec int64             `json:"grace_sec"`
	Register ledger.Hash       `json:"register,omitzero"` // of the file; zero for payouts
	By       string            `json:"by"`                // the operator
	At       time.Time         `json:"at"`
	Report   reconcile.Report  `json:"report"` // without its problems
	Summary  reconcile.Summary `json:"summary"`
}

// MaxPeriod is the longest period of a run.
const MaxPeriod = 92 * 24 * time.Hour

// RunID names the reconciliation of a side and period.
func RunID(side string, from, to time.Time) ids.ID {
	return ids.FromParts("reconciliation", side, stamp(from), stamp(to))
}

// overlaps reports two runs whose periods share a moment.
func (r Run) overlaps(o Run) bool { return r.From.Before(o.To) && o.From.Before(r.To) }

// KeepRun writes a run, in the place of an earlier one of the same side and period. One round trip.
func (s *Store) KeepRun(ctx context.Context, r Run) error {
	r.Report.Problems = nil
	return s.table.Write(ctx, table.Put(runRow(r)))
}

// RunsEnding lists the runs of a side whose periods end in from ≤ time < to, by their beginnings. Of runs whose periods share a
// moment only the latest is given: it had the last word about it. One query per 1000 runs.
func (s *Store) RunsEnding(ctx context.Context, side string, from, to time.Time) (runs []Run, err error) {
	// Whatever shares a moment with one of these begins within two periods.
	q := table.Query{PK: runsPK(side), From: runsSK + stamp(from.Add(-2*MaxPeriod)), To: runsSK + stamp(to), Limit: 1000}
	for {
		page, err := s.table.Query(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, row := range page.Rows {
			r, err := readRun(row)
			if err != nil {
				return nil, err
			}
			runs = append(runs, r)
		}
		if page.More == nil {
			break
		}
		q.After = page.More
	}
	slices.SortStableFunc(runs, func(a, b Run) int { return b.At.Compare(a.At) })
	var latest []Run
	for _, r := range runs {
		if !slices.ContainsFunc(latest, r.overlaps) {
			latest = append(latest, r)
		}
	}
	latest = slices.DeleteFunc(latest, func(r Run) bool { return r.To.Before(from) || !r.To.Before(to) })
	slices.SortFunc(latest, func(a, b Run) int { return a.From.Compare(b.From) })
	return latest, nil
}

// EntriesBetween lists every entry of a book that was posted in the business days from … to, the open one too, in no promised
// order. A list that the index does not show whole ends with ErrBehind. A read and a batch read per 100 entries.
func (s *Store) EntriesBetween(ctx context.Context, b ledger.Book, from, to ledger.Day) iter.Seq2[ledger.Recorded, error] {
	return func(yield func(ledger.Recorded, error) bool) {
		// The position spares the question what an account held before.
		days, _, err := s.days(ctx, b, ledger.Payable, from, to, &Position{Day: from})
		if err != nil {
			yield(ledger.Recorded{}, err)
			return
		}
		for _, day := range days {
			for r, err := range s.recorded(ctx, s.inTurn(ctx, day)) {
				if !yield(r, err) || err != nil {
					return
				}
			}
		}
	}
}
