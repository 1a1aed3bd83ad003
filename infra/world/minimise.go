package world

import "fmt"

// shortenRuns bounds how often a failing world is played again to make its story shorter.
const shortenRuns = 12

// Shorten tells a failure with the smallest world that still has it: the same seed with fewer orders, and without the kinds
// of faults and moves that it does not need. It plays at most a dozen worlds, none longer than the first.
func Shorten(o Options, f *Failure) string {
	if o.Disk != "" {
		return f.String()
	}
	best, least, runs := o, f, 0
	try := func(candidate Options) bool {
		if runs++; runs > shortenRuns {
			return false
		}
		candidate.Steps = o.Steps
		r, err := Run(candidate)
		if err != nil || r.Failure == nil || r.Failure.Invariant != f.Invariant {
			return false
		}
		best, least = candidate, r.Failure
		return true
	}
	clear := o
	clear.Clear = true
	if !try(clear) {
		for _, name := range []string{"crash", "table", "queue", "bank", "till", "shop", "mail", "feed", "feed stops"} {
			candidate := best
			candidate.Without = with(best.Without, name)
			try(candidate)
		}
	}
	for _, orders := range []int{3, 10, 40} {
		candidate := best
		candidate.MaxOrders = orders
		if try(candidate) {
			break
		}
	}
	if least == f {
		return f.String()
	}
	return f.String() + fmt.Sprintf("\nShortened, with at most %d orders (0: any), clear weather %v, without %v:\n", best.MaxOrders, best.Clear, names(best.Without)) + least.String()
}

func with(without map[string]bool, name string) map[string]bool {
	more := map[string]bool{name: true}
	for n := range without {
		more[n] = true
	}
	return more
}

// names lists what a world goes without.
func names(without map[string]bool) (list []string) {
	for _, name := range []string{"crash", "table", "queue", "bank", "till", "shop", "mail", "feed", "feed stops"} {
		if without[name] {
			list = append(list, name)
		}
	}
	return list
}
