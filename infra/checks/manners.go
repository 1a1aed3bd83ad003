package checks

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/token"
	"os"
	"path"
	"slices"
	"strings"
)

// The sizes that a reader can hold in his head (style.md, small manners).
const (
	MaxFileLines     = 500
	MaxFunctionLines = 70
)

// LongOnPurpose are the functions that may be longer, as path:name, with the reason. Keep it short.
var LongOnPurpose = map[string]string{}

// Sizes finds files and functions that have outgrown a screen. In a test, each sub-test counts by itself, and
// a table of cases does not count.
func (t *Tree) Sizes() []Breach {
	var breaches []Breach
	for _, f := range t.Files {
		if n := f.Lines(); n > MaxFileLines {
			breaches = append(breaches, Breach{f.Path, fmt.Sprintf("the file has %d lines, %d are the hard end", n, MaxFileLines),
				"files near 300 lines want to become two nouns", "find the second noun and give it a file"})
		}
		ast.Inspect(f.AST, func(n ast.Node) bool {
			name, body := "a function literal", (*ast.BlockStmt)(nil)
			switch fn := n.(type) {
			case *ast.FuncDecl:
				name, body = fn.Name.Name, fn.Body
			case *ast.FuncLit:
				body = fn.Body
			}
			if body == nil {
				return true
			}
			lines := t.lines(body)
			if f.IsTest() || strings.HasSuffix(path.Base(f.Dir()), "test") {
				lines -= t.nested(body)
			}
			if lines > MaxFunctionLines && LongOnPurpose[f.Path+":"+name] == "" {
				breaches = append(breaches, Breach{t.at(n.Pos()), fmt.Sprintf("%s has %d lines, a screen is %d", name, lines, MaxFunctionLines),
					"what does not fit a screen is not read as a whole, and its mistakes are not seen",
					"decide in the parent and compute in pure leaves"})
			}
			return true
		})
	}
	return breaches
}

func (t *Tree) lines(n ast.Node) int {
	return t.Fset.Position(n.End()).Line - t.Fset.Position(n.Pos()).Line + 1
}

// nested is how many lines of a body belong to function literals within it, or to tables of cases.
func (t *Tree) nested(body *ast.BlockStmt) (lines int) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.FuncLit, *ast.CompositeLit:
			lines += max(t.lines(n)-2, 0)
			return false
		}
		return true
	})
	return lines
}

// RefusedNames are the names that say nothing.
var RefusedNames = []string{"util", "utils", "common", "helper", "helpers", "models", "types", "misc"}

// Names finds packages and files whose name says nothing.
func (t *Tree) Names() []Breach {
	var breaches []Breach
	refuse := func(where, name string) {
		if slices.Contains(RefusedNames, name) {
			breaches = append(breaches, Breach{where, "the name «" + name + "» says nothing",
				"a drawer with that label fills with everything that nobody wanted to think about",
				"name what is inside; if no name comes to mind, the boundary is wrong: move it"})
		}
	}
	for _, f := range t.Files {
		refuse(f.Path, f.AST.Name.Name)
		refuse(f.Path, strings.TrimSuffix(strings.TrimSuffix(f.Name(), ".go"), "_test"))
		for _, folder := range strings.Split(f.Dir(), "/") {
			refuse(f.Dir(), folder)
		}
	}
	return breaches
}

// Format finds files that gofmt would change.
func (t *Tree) Format() []Breach {
	var breaches []Breach
	for _, f := range t.Files {
		neat, err := format.Source(f.Text)
		if err != nil || !bytes.Equal(neat, f.Text) {
			breaches = append(breaches, Breach{f.Path, "is not formatted", "a review is for ideas, not for spaces", "run gofmt -w on it"})
		}
	}
	return breaches
}

// Promises finds marks of unfinished work.
func (t *Tree) Promises() []Breach {
	var breaches []Breach
	for _, f := range t.Files {
		for _, group := range f.AST.Comments {
			for _, c := range group.List {
				for _, mark := range []string{"TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"} {
					if hasWord(c.Text, mark) {
						breaches = append(breaches, Breach{t.at(c.Pos()), "carries the mark " + mark,
							"a promise in a comment is kept by nobody", "do it now, or write an issue and take the mark away"})
					}
				}
			}
		}
	}
	return breaches
}

func hasWord(text, word string) bool {
	return slices.Contains(strings.FieldsFunc(text, func(r rune) bool { return (r < 'A' || r > 'Z') && r != '_' }), word)
}

// SleepsOnPurpose are the packages that may wait for real time, with the reason.
var SleepsOnPurpose = map[string]string{
	"shared/platform/table/tabletest": "an index of the real service is behind its table, and nothing tells when it has caught up",
	"infra/checks/wire":               "a service in another process tells nobody when it is ready",
}

// Waits finds tests that skip themselves or wait for real time. A sleep within a synctest bubble costs nothing and is
// allowed in files that use it.
func (t *Tree) Waits() []Breach {
	var breaches []Breach
	for _, f := range t.Files {
		bubble := slices.ContainsFunc(f.AST.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"testing/synctest"` })
		ast.Inspect(f.AST, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			for _, name := range []string{"Skip", "Skipf", "SkipNow"} {
				if f.IsTest() && (selects(call.Fun, "t", name) || selects(call.Fun, "b", name) || selects(call.Fun, "f", name)) {
					breaches = append(breaches, Breach{t.at(n.Pos()), "the test skips itself",
						"a test that may not run is a rule that may not hold", "make it run everywhere, or give it a command of its own"})
				}
			}
			if selects(call.Fun, "time", "Sleep") && !bubble && SleepsOnPurpose[f.Dir()] == "" {
				breaches = append(breaches, Breach{t.at(n.Pos()), "sleeps",
					"sleeping code is slow on a good day and wrong on a busy one", "use testing/synctest or clock.Manual, or wait for the event itself"})
			}
			return true
		})
	}
	return breaches
}

// moneyPackages are where amounts live.
var moneyPackages = []string{
	"shared/core/...", "shared/payments/...", "shared/shop/...", "shared/consult/...", "shared/treasury/...", "shared/identity/...",
	"shared/ledger/...", "shared/receipts/...", "shared/banks/...",
}

// Floats finds floating point near money.
func (t *Tree) Floats() []Breach {
	var breaches []Breach
	for _, f := range production(t.In(moneyPackages...)) {
		ast.Inspect(f.AST, func(n ast.Node) bool {
			var what string
			switch n := n.(type) {
			case *ast.Ident:
				if n.Name == "float64" || n.Name == "float32" {
					what = n.Name
				}
			case *ast.BasicLit:
				if n.Kind == token.FLOAT {
					what = "the number " + n.Value
				}
			}
			if what != "" {
				breaches = append(breaches, Breach{t.at(n.Pos()), "uses " + what,
					"0.1 + 0.2 is not 0.3, and the difference is somebody's money", "count in minor units, basis points or thousandths, in int64"})
			}
			return true
		})
	}
	return breaches
}

// TopLevel are the names that may stand in the root of the repository, beside names that begin with a dot.
var TopLevel = []string{
	"functions", "shared", "infra", "events", "template.yaml", "samconfig.toml", "Makefile", "go.mod", "go.sum", "README.md", "LICENSE",
	"data", "bin", "dist", // made by running and building; git does not keep them
}

// Hall finds what does not belong in the root of the repository.
func Hall(root string) ([]Breach, error) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, err
	}
	var breaches []Breach
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(TopLevel, e.Name()) {
			breaches = append(breaches, Breach{e.Name(), "stands in the root of the repository",
				"the root is the map that a newcomer reads first", "move it below shared or infra"})
		}
	}
	return breaches, nil
}
