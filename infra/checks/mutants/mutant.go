package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Mutant is a file in which one guard is broken.
type Mutant struct {
	Guard
	Line int    // of the guard in the file
	path string // of the file, absolute
	text []byte // of the whole file with the guard broken
}

// Place is where the guard stands: "shared/core/money/money.go:63".
func (m Mutant) Place() string { return fmt.Sprintf("%s:%d", m.File, m.Line) }

// breed makes the mutants of all guards. It names every guard whose fragment does not stand exactly once in its file.
func breed(root string, guards []Guard) ([]Mutant, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	texts := map[string][]byte{}
	var mutants []Mutant
	var astray []string
	for _, g := range guards {
		at := filepath.Join(root, filepath.FromSlash(g.File))
		text, known := texts[at]
		if !known {
			if text, err = os.ReadFile(at); err != nil {
				return nil, err
			}
			texts[at] = text
		}
		from, to, err := g.find(text)
		if err != nil {
			astray = append(astray, err.Error())
			continue
		}
		mutants = append(mutants, Mutant{
			Guard: g, path: at, Line: 1 + bytes.Count(text[:from], []byte{'\n'}),
			text: slices.Concat(text[:from], []byte(strings.Join(g.Is, "\n")), text[to:]),
		})
	}
	if astray != nil {
		return nil, fmt.Errorf("guards of the list that have gone astray:\n\t%s", strings.Join(astray, "\n\t"))
	}
	return mutants, nil
}

// overlay writes the broken file into a folder of its own, and beside it what the go command wants to be told: which file
// to read in the place of which. The tree stays as it is.
func (m Mutant) overlay(folder string) (string, error) {
	broken := filepath.Join(folder, filepath.Base(m.path))
	if err := os.WriteFile(broken, m.text, 0o600); err != nil {
		return "", err
	}
	said, err := json.Marshal(map[string]map[string]string{"Replace": {m.path: broken}})
	if err != nil {
		return "", err
	}
	at := filepath.Join(folder, "overlay.json")
	return at, os.WriteFile(at, said, 0o600)
}
