package reconcile

import (
	"iter"
	"slices"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
)

// MaxBreaks is how many breaks one run may have. More is not work for operators: the mapping or the period is wrong.
const MaxBreaks = 10_000

// ErrTooDifferent is the fault of a run with too many breaks.
var ErrTooDifferent = fault.Conflict("reconciliation_too_different", "More than 10000 breaks: is it the right account, period and mapping?")

// Collect takes all breaks of a Match for Merge. It fails with the match's error, and with ErrTooDifferent: a part of the
// breaks must not be merged, for the others would seem to have vanished.
func Collect(breaks iter.Seq2[Break, error]) ([]Break, error) {
	var all []Break
	for b, err := range breaks {
		if err != nil {
			return nil, err
		}
		if len(all) == MaxBreaks {
			return nil, ErrTooDifferent
		}
		all = append(all, b)
	}
	return all, nil
}

// Carried are the operations that a run takes over from earlier periods: breaks in transit or open that its register may
// settle, and those that this run, or a later one, has settled before. Add them to the run's facts and lines.
func Carried(run Run, kept []Break) (facts, lines []Operation) {
	for _, b := range kept {
		alive := b.State == Transit || b.State == Open || (b.State == Vanished && !b.VanishedIn.Before(run.From))
		if b.Account != run.Account || !b.From.Before(run.From) || !b.carries() || !alive {
			continue
		}
		if b.Kind == MissingHere {
			lines = append(lines, *b.Theirs)
		} else {
			facts = append(facts, *b.Ours)
		}
	}
	return facts, lines
}

// Merged is what a run changes about the breaks that are kept.
type Merged struct {
	Write    []Break `json:"-"` // new and changed breaks, in the order of the run, vanished ones last
	New      int     `json:"new"`
	Still    int     `json:"still"`    // found again and as they were
	Opened   int     `json:"opened"`   // their grace has passed
	Reopened int     `json:"reopened"` // had vanished, and are back
	Vanished int     `json:"vanished"` // both sides agree now
}

// Merge holds what a run found against the breaks that are kept of its account. A repeated run writes nothing. What an
// operator resolved stays resolved, and what a later period settled stays settled when an earlier one is run again.
func Merge(run Run, kept, found []Break) Merged {
	byID := make(map[ids.ID]Break, len(kept))
	for _, b := range kept {
		byID[b.ID] = b
	}
	var m Merged
	seen := make(map[ids.ID]bool, len(found))
	for _, b := range found {
		seen[b.ID] = true
		old, known := byID[b.ID]
		switch {
		case !known:
			m.New++
			m.Write = append(m.Write, b)
		case old.State == Vanished && !old.VanishedIn.After(run.From):
			m.Reopened++
			old.State, old.VanishedIn = b.State, b.VanishedIn
			m.Write = append(m.Write, old)
		case old.State == Transit && b.State == Open:
			m.Opened++
			old.State = Open
			m.Write = append(m.Write, old)
		default:
			m.Still++
		}
	}
	var gone []Break
	for _, b := range kept {
		if seen[b.ID] || !run.covers(b) || (b.State != Open && b.State != Transit) {
			continue
		}
		m.Vanished++
		b.State, b.VanishedIn = Vanished, run.From
		gone = append(gone, b)
	}
	slices.SortFunc(gone, func(a, b Break) int { return slices.Compare(a.ID[:], b.ID[:]) })
	m.Write = append(m.Write, gone...)
	return m
}

// covers reports whether the run would have found the break if it were still there.
func (r Run) covers(b Break) bool {
	if b.Account != r.Account {
		return false
	}
	return (b.From.Equal(r.From) && b.To.Equal(r.To)) || (b.From.Before(r.From) && b.carries())
}
