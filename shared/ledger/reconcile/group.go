package reconcile

import (
	"errors"
	"math/bits"

	"giberno.ru/shared/core/ids"
)

// maxNetted is among how many operations a netted sum is looked for.
const maxNetted = 12

// group is everything that shares one name, with what is already spoken for.
type group struct {
	facts, lines       []Operation
	factPair, linePair []bool
	breaks             []Break
	named              map[ids.ID]int
}

func newGroup(facts, lines []Operation) *group {
	return &group{facts: facts, lines: lines, factPair: make([]bool, len(facts)), linePair: make([]bool, len(lines))}
}

// compare pairs what belongs together, the surest first, and names the rest.
func (g *group) compare(run Run, s *Summary) ([]Break, error) {
	s.Facts += len(g.facts)
	s.Lines += len(g.lines)
	var errs []error
	for _, o := range g.facts {
		errs = append(errs, s.Ours.Add(o))
	}
	for _, o := range g.lines {
		errs = append(errs, s.Theirs.Add(o))
	}
	same := func(f, l Operation) bool { return f.Amount == l.Amount && f.Status == l.Status }
	for _, belongs := range []func(f, l Operation) bool{
		func(f, l Operation) bool { return same(f, l) && f.BankID == l.BankID && f.At.Equal(l.At) },
		func(f, l Operation) bool { return same(f, l) && f.BankID == l.BankID },
		same,
		func(f, l Operation) bool { return f.Amount == l.Amount },
	} {
		errs = append(errs, g.pair(run, s, belongs))
	}
	errs = append(errs,
		g.net(run, s, g.lines, g.linePair, g.facts, g.factPair, func(line, fact Operation) (Operation, Operation) { return fact, line }),
		g.net(run, s, g.facts, g.factPair, g.lines, g.linePair, func(fact, line Operation) (Operation, Operation) { return fact, line }),
		// What is left of one kind on both sides, and moved money, is the same operation with another amount.
		g.pair(run, s, func(f, l Operation) bool { return f.Status == Done && l.Status == Done }))
	g.leftovers(run, s)
	for i := range g.breaks {
		g.breaks[i] = g.name(g.breaks[i])
		s.count(g.breaks[i])
	}
	return g.breaks, errors.Join(errs...)
}

// name gives a break its id, and a second one with the same figures another.
func (g *group) name(b Break) Break {
	if g.named == nil {
		g.named = map[ids.ID]int{}
	}
	first := b.named(0).ID
	b = b.named(g.named[first])
	g.named[first]++
	return b
}

// agree reports whether two operations may be one: neither name contradicts the other's.
func agree(f, l Operation) bool {
	return f.Kind == l.Kind && (f.BankID == "" || l.BankID == "" || f.BankID == l.BankID) &&
		(f.Reference == "" || l.Reference == "" || f.Reference == l.Reference)
}

func (g *group) pair(run Run, s *Summary, belongs func(f, l Operation) bool) error {
	var errs []error
	for i, f := range g.facts {
		for j, l := range g.lines {
			if g.factPair[i] {
				break
			}
			if !g.linePair[j] && agree(f, l) && belongs(f, l) {
				g.factPair[i], g.linePair[j] = true, true
				errs = append(errs, g.hold(run, s, f, l))
			}
		}
	}
	return errors.Join(errs...)
}

// hold compares the figures of a pair. Another amount has another fee by itself, so that only the amount is named.
func (g *group) hold(run Run, s *Summary, f, l Operation) error {
	s.Matched++
	before := len(g.breaks)
	if f.Status != l.Status {
		g.breaks = append(g.breaks, run.found(StatusDiffers, &f, &l))
	}
	switch {
	case f.Amount != l.Amount:
		g.breaks = append(g.breaks, run.found(AmountDiffers, &f, &l))
	case f.Status == Done && l.Status == Done && f.FeeKnown && l.FeeKnown && f.Fee != l.Fee:
		g.breaks = append(g.breaks, run.found(FeeDiffers, &f, &l))
	}
	if len(g.breaks) == before {
		return s.Agreed.Add(f)
	}
	return nil
}

// net looks for operations of one side that a single one of the other stands for: a bank may give several refunds back in
// one line. ordered puts a single one and the sum of the many into (fact, line).
func (g *group) net(run Run, s *Summary, singles []Operation, singlePair []bool, many []Operation, manyPair []bool,
	ordered func(single, sum Operation) (fact, line Operation)) error {
	var errs []error
	for i, single := range singles {
		if singlePair[i] || single.Status != Done {
			continue
		}
		var open []int
		for j, o := range many {
			if !manyPair[j] && o.Status == Done && agree(single, o) && o.Amount.Currency == single.Amount.Currency {
				open = append(open, j)
			}
		}
		chosen := summing(many, open, single.Amount.Amount)
		if chosen == nil {
			continue
		}
		sum := many[chosen[0]]
		for n, j := range chosen {
			manyPair[j] = true
			if n > 0 {
				sum.Amount.Amount += many[j].Amount.Amount
				sum.FeeKnown = sum.FeeKnown && many[j].FeeKnown
				fee, err := add(sum.Fee, many[j].Fee)
				sum.Fee = fee
				errs = append(errs, err)
			}
		}
		singlePair[i] = true
		s.Netted += len(chosen)
		fact, line := ordered(single, sum)
		errs = append(errs, g.hold(run, s, fact, line))
	}
	return errors.Join(errs...)
}

// summing finds the smallest set of at least two operations whose amounts add up to sum; of several such sets, the first.
func summing(of []Operation, open []int, sum int64) []int {
	if len(open) < 2 || len(open) > maxNetted {
		return nil
	}
	var best uint
	for set := uint(1); set < 1<<len(open); set++ {
		size := bits.OnesCount(set)
		if size < 2 || (best != 0 && size >= bits.OnesCount(best)) {
			continue
		}
		left := sum
		for rest := set; rest != 0 && left > 0; rest &= rest - 1 {
			left -= of[open[bits.TrailingZeros(rest)]].Amount.Amount
			if left == 0 && rest&(rest-1) != 0 {
				left = -1 // more is to come than the sum
			}
		}
		if left == 0 {
			best = set
		}
	}
	var chosen []int
	for rest := best; rest != 0; rest &= rest - 1 {
		chosen = append(chosen, open[bits.TrailingZeros(rest)])
	}
	return chosen
}

// leftovers names what has no counterpart. What has not moved money is no break.
func (g *group) leftovers(run Run, s *Summary) {
	for i, f := range g.facts {
		switch {
		case g.factPair[i]:
		case f.Status != Done:
			s.Ignored++
		case twice(f, i, g.facts, g.factPair):
			g.breaks = append(g.breaks, run.found(Duplicate, &f, nil))
		default:
			g.breaks = append(g.breaks, run.found(MissingThere, &f, nil))
		}
	}
	for i, l := range g.lines {
		switch {
		case g.linePair[i]:
		case l.Status != Done:
			s.Ignored++
		case twice(l, i, g.lines, g.linePair):
			g.breaks = append(g.breaks, run.found(Duplicate, nil, &l))
		default:
			g.breaks = append(g.breaks, run.found(MissingHere, nil, &l))
		}
	}
}

// twice reports whether the same side has the operation another time. A payment is made once, whatever its figures; a
// refund of the same amount may be another refund, unless its time is the same too.
func twice(o Operation, at int, side []Operation, paired []bool) bool {
	for i, other := range side {
		if i == at || other.Kind != o.Kind || other.Status != Done || other.BankID != o.BankID {
			continue
		}
		// Of two equal ones that are both alone, only the later is the double.
		if !paired[i] && i > at {
			continue
		}
		if o.Kind == Payment || (other.Amount == o.Amount && other.At.Equal(o.At)) {
			return true
		}
	}
	return false
}
