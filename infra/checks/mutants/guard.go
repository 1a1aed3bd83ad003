package main

import (
	_ "embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

//go:embed guards.txt
var written string

// Guard is a fragment of production code that keeps money right, and what a careless edit would make of it.
type Guard struct {
	Why  string   // what it protects, as a sentence
	File string   // below the root of the module, with slashes
	Was  []string // the lines of the fragment without their indentation; it stands exactly once in File
	Is   []string // what stands there in the mutant; a single empty line takes the fragment away
	Late string   // tests of the package that are asked last, for they are slow; go test's form, "" none
}

// Package is the folder of the package that owns the guard, as go test takes it: "./shared/core/money".
func (g Guard) Package() string { return "./" + path.Dir(g.File) }

// Parse reads a list of guards. A line «== path» begins a file, and every guard is a paragraph: its reason, then the lines
// of the fragment behind «-», then those of the mutant behind «+». A line «~~ ./package TestSlow» names a test that is run
// only over what the others let live; of several to a package the names are joined by |. Lines that begin with # are
// remarks.
func Parse(text string) ([]Guard, error) {
	var guards []Guard
	file, now, from := "", Guard{}, 0
	late := map[string]string{}
	for i, line := range strings.Split(text+"\n", "\n") {
		line = strings.TrimRight(line, " \t\r")
		if from == 0 {
			from = i + 1
		}
		switch {
		case strings.HasPrefix(line, "#"):
		case line == "":
			if now.empty() {
				from = 0
				continue
			}
			now.File = file
			now.Late = late[now.Package()]
			if err := now.complete(guards); err != nil {
				return nil, fmt.Errorf("the guard at line %d of the list: %w", from, err)
			}
			guards, now, from = append(guards, now), Guard{}, 0
		case strings.HasPrefix(line, "== ") && now.empty():
			file = strings.TrimSpace(line[3:])
		case strings.HasPrefix(line, "~~ ") && now.empty():
			owner, tests, _ := strings.Cut(line[3:], " ")
			late[owner] = strings.TrimSpace(tests)
		case line[0] == '-' && now.Is == nil:
			now.Was = append(now.Was, strings.TrimSpace(line[1:]))
		case line[0] == '+' && now.Was != nil:
			now.Is = append(now.Is, strings.TrimSpace(line[1:]))
		case now.Was == nil && !strings.ContainsRune("+=~", rune(line[0])):
			now.Why = strings.TrimSpace(now.Why + " " + strings.TrimSpace(line))
		default:
			return nil, fmt.Errorf("line %d of the list stands where none like it may: %q", i+1, line)
		}
	}
	return guards, nil
}

func (g Guard) empty() bool { return g.Why == "" && g.Was == nil && g.Is == nil }

// complete refuses a guard that says too little, changes nothing, or stands in the list already.
func (g Guard) complete(others []Guard) error {
	same := func(o Guard) bool { return o.File == g.File && slices.Equal(o.Was, g.Was) && slices.Equal(o.Is, g.Is) }
	switch {
	case g.File == "" || !strings.HasSuffix(g.File, ".go"):
		return fmt.Errorf("it stands below no file of Go")
	case g.Why == "":
		return fmt.Errorf("it has no reason")
	case strings.Join(g.Was, "") == "":
		return fmt.Errorf("it has no fragment (-)")
	case g.Is == nil:
		return fmt.Errorf("it has no mutant (+)")
	case slices.Equal(g.Was, g.Is):
		return fmt.Errorf("its mutant changes nothing")
	case slices.ContainsFunc(others, same):
		return fmt.Errorf("it stands in the list twice")
	}
	return nil
}

// find tells from which to which byte the fragment stands in the text of its file. It fails unless the fragment stands
// there exactly once: a guard that was moved, rewritten or doubled has to be looked at anew.
func (g Guard) find(text []byte) (from, to int, err error) {
	lines := make([]string, len(g.Was))
	for i, line := range g.Was {
		lines[i] = regexp.QuoteMeta(line)
	}
	found := regexp.MustCompile(strings.Join(lines, `\n[ \t]*`)).FindAllIndex(text, 2)
	switch len(found) {
	case 1:
		return found[0][0], found[0][1], nil
	case 0:
		return 0, 0, fmt.Errorf("%s does not contain «%s» any more; give the guard its new words, or take it from the list with its rule", g.File, g.Was[0])
	}
	return 0, 0, fmt.Errorf("%s contains «%s» more than once; name more of the guard", g.File, g.Was[0])
}
