package draw

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Machine is a state machine as it was seen to work.
type Machine struct {
	Title  string
	Intro  string
	States []State
	Edges  []Edge
}

// State is one status.
type State struct {
	Name  string
	Means string
	First bool
	Final bool
}

// Edge is a change of status that was seen, with everything that caused it.
type Edge struct {
	From, To string
	Causes   []string
}

// see notes a change.
func (m *Machine) see(from, to, cause string) {
	if from == to {
		return
	}
	i := slices.IndexFunc(m.Edges, func(e Edge) bool { return e.From == from && e.To == to })
	if i < 0 {
		m.Edges = append(m.Edges, Edge{From: from, To: to})
		i = len(m.Edges) - 1
	}
	if !slices.Contains(m.Edges[i].Causes, cause) {
		m.Edges[i].Causes = append(m.Edges[i].Causes, cause)
	}
}

// tidy puts edges and causes in order: by the life of the states.
func (m *Machine) tidy() {
	place := map[string]int{}
	for i, s := range m.States {
		place[s.Name] = i
	}
	slices.SortFunc(m.Edges, func(a, b Edge) int {
		return cmp.Or(cmp.Compare(place[a.From], place[b.From]), cmp.Compare(place[a.To], place[b.To]))
	})
	for _, e := range m.Edges {
		slices.Sort(e.Causes)
	}
}

// Page writes the machine as tables and as a diagram, below the picture of that name.
func (m Machine) Page(picture string) string {
	var l lines
	l.add("# %s\n\n%s\n\n%s", m.Title, m.Intro, legend(picture, m.Title))
	l.add("The same as a diagram with the causes:\n")
	l.add("```mermaid\nstateDiagram-v2")
	for _, s := range m.States {
		if s.First {
			l.add("    [*] --> %s", s.Name)
		}
	}
	for _, e := range m.Edges {
		l.add("    %s --> %s: %s", e.From, e.To, label(e.Causes))
	}
	for _, s := range m.States {
		if s.Final {
			l.add("    %s --> [*]", s.Name)
		}
	}
	l.add("```\n\n## States\n\n| state | meaning |\n|---|---|")
	for _, s := range m.States {
		l.add("| `%s` | %s |", s.Name, cell(s.Means))
	}
	l.add("\n## Changes\n\n| from | to | when |\n|---|---|---|")
	for _, e := range m.Edges {
		l.add("| `%s` | `%s` | %s |", e.From, e.To, cell(strings.Join(e.Causes, "; ")))
	}
	return l.String()
}

// label is short enough for an arrow: the first cause, and how many more the table below tells.
func label(causes []string) string {
	first := slices.MinFunc(causes, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) })
	if len(causes) > 1 {
		return fmt.Sprintf("%s (+%d)", first, len(causes)-1)
	}
	return first
}
