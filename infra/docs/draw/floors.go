package draw

import (
	"strings"

	"giberno.ru/infra/checks"
)

// housePage draws the floors and the rules of import, from the table that the check holds.
func housePage() string {
	var l lines
	l.add(`# The house

Imports go down, never up; on one floor they need a permission. Every rule below is data in ` + "`infra/checks/floors.go`" + `, held
by ` + "`go test ./infra/checks`" + `, which prints the reason when one is broken.
`)
	l.add("```mermaid\nflowchart TB")
	byLevel := map[int][]checks.Floor{}
	top := 0
	for _, f := range checks.Floors {
		byLevel[f.Level] = append(byLevel[f.Level], f)
		top = max(top, f.Level)
	}
	for level := top; level >= 0; level-- {
		l.add("    subgraph floor%d[\"floor %d\"]\n        direction LR", level, level)
		for _, f := range byLevel[level] {
			l.add("        %s[\"%s\"]", f.Name, f.Name)
		}
		l.add("    end")
		if level < top {
			l.add("    floor%d --> floor%d", level+1, level)
		}
	}
	for _, n := range checks.Neighbours {
		if from, to := household(n.From), household(n.To); from != to {
			l.add("    %s -.-> %s", from, to)
		}
	}
	l.add("```\n\n## Floors\n\n| floor | name | folders | what lives there |\n|---|---|---|---|")
	for level := top; level >= 0; level-- {
		for _, f := range byLevel[level] {
			l.add("| %d | %s | %s | %s |", f.Level, f.Name, quoted(f.Packages), cell(f.Is))
		}
	}
	l.add("\n## Neighbours\n\nOn one floor, only these know each other:\n\n| who | whom | why |\n|---|---|---|")
	for _, n := range checks.Neighbours {
		l.add("| `%s` | `%s` | %s |", n.From, n.To, cell(n.Why))
	}
	l.add("\n## Rules\n\n| rule | who | must not import | why |\n|---|---|---|---|")
	for _, r := range append(append([]checks.Rule(nil), checks.Rules...), checks.Apart()...) {
		l.add("| %s | %s | %s | %s |", r.Name, binds(r), forbids(r), cell(r.Why))
	}
	return l.String()
}

func household(pattern string) string { return strings.Split(pattern, "/")[1] }

func binds(r checks.Rule) string {
	text := quoted(r.Who)
	if r.OnlyTests {
		text = "tests of " + text
	}
	if len(r.Except) > 0 {
		text += " except " + quoted(r.Except)
	}
	return text
}

func forbids(r checks.Rule) string {
	text := quoted(r.Never)
	if len(r.Unless) > 0 {
		text += " except " + quoted(r.Unless)
	}
	if r.Deep {
		text += ", at any distance"
	}
	return strings.ReplaceAll(text, "@outside", "any third party")
}
