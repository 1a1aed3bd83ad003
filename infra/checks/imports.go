package checks

import (
	stdpath "path"
	"slices"
	"strings"
)

// Matches reports whether a package path fits a pattern: "..." at the end stands for the package and everything below it,
// "*" for one name or a part of one, "@outside" for every package of a third party.
func Matches(pattern, path string) bool {
	if pattern == "@outside" {
		return strings.Contains(strings.Split(path, "/")[0], ".")
	}
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	for i, name := range want {
		switch {
		case name == "...":
			return true
		case i >= len(got):
			return false
		}
		if fits, err := stdpath.Match(name, got[i]); err != nil || !fits {
			return false
		}
	}
	return len(want) == len(got)
}

func anyMatches(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return Matches(p, path) })
}

// Imports holds every rule against every package of ours.
func (h House) Imports(rules []Rule) []Breach {
	var breaches []Breach
	for _, p := range h.Ours() {
		for _, r := range rules {
			if !anyMatches(r.Who, p.Path) || anyMatches(r.Except, p.Path) {
				continue
			}
			breaches = append(breaches, h.hold(r, p)...)
		}
	}
	return breaches
}

func (h House) hold(r Rule, p Package) []Breach {
	var breaches []Breach
	report := func(what string) {
		breaches = append(breaches, Breach{Where: p.Path, What: what, Why: r.Why, Do: r.Do})
	}
	if !r.OnlyTests {
		for _, imported := range p.Imports {
			if road := h.road(r, p.Path, imported); road != nil {
				report("imports " + strings.Join(road, " → "))
			}
		}
	}
	if r.Tests || r.OnlyTests {
		for _, imported := range p.TestImports {
			if imported != p.Path && r.forbids(imported) {
				report("its tests import " + imported)
			}
		}
	}
	return breaches
}

func (r Rule) forbids(imported string) bool {
	return anyMatches(r.Never, imported) && !anyMatches(r.Unless, imported)
}

// road is how an import leads to what the rule forbids: directly or, where the rule is deep, through other packages.
func (h House) road(r Rule, from, imported string) []string {
	if imported == from {
		return nil
	}
	if !r.Deep {
		if r.forbids(imported) {
			return []string{imported}
		}
		return nil
	}
	came := map[string]string{imported: ""}
	for next := []string{imported}; len(next) > 0; next = next[1:] {
		at := next[0]
		if r.forbids(at) {
			road := []string{at}
			for back := came[at]; back != ""; back = came[back] {
				road = append([]string{back}, road...)
			}
			return road
		}
		for _, further := range h.packages[at].Imports {
			if _, seen := came[further]; !seen {
				came[further] = at
				next = append(next, further)
			}
		}
	}
	return nil
}

// Storeys holds the order of the floors against every package of ours: imports only go down, and on one floor only where
// a Neighbour is allowed. A package that stands on no floor is a breach, too.
func (h House) Storeys() []Breach {
	var breaches []Breach
	for _, p := range h.Ours() {
		from, ok := FloorOf(p.Path)
		if !ok {
			breaches = append(breaches, Breach{p.Path, "stands on no floor of the house",
				"a package that no rule knows is a package that may import everything",
				"move it to a folder of the map in infra/docs/house.md, or add its folder to Floors in infra/checks/floors.go"})
			continue
		}
		for _, imported := range p.Imports {
			to, ok := FloorOf(imported)
			if !ok || to.Level < from.Level || to.Level == from.Level && neighbours(p.Path, imported) {
				continue
			}
			breaches = append(breaches, Breach{p.Path,
				"it stands on floor «" + from.Name + "» and imports " + imported + " of floor «" + to.Name + "»",
				"a house whose lower floors know the upper ones cannot be changed floor by floor",
				"declare a small port where it is needed, and join the two in wire"})
		}
	}
	return breaches
}

// household is the part of the house that a path belongs to: shared/payments for shared/payments/store.
func household(path string) string {
	parts := strings.SplitN(path, "/", 3)
	if len(parts) < 2 {
		return path
	}
	return parts[0] + "/" + parts[1]
}

func neighbours(from, to string) bool {
	if household(from) == household(to) || strings.HasPrefix(from, "infra/") {
		return true
	}
	return slices.ContainsFunc(Neighbours, func(n Neighbour) bool { return Matches(n.From, from) && Matches(n.To, to) })
}
