package checks

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Tree is every Go file of the repository, parsed.
type Tree struct {
	Root  string
	Fset  *token.FileSet
	Files []File
}

// File is one of them. Path is below the root, with slashes.
type File struct {
	Path string
	Text []byte
	AST  *ast.File
}

// Dir is the path of the file's package: "shared/core/money".
func (f File) Dir() string { return path.Dir(f.Path) }

// Name is the file's own name.
func (f File) Name() string { return path.Base(f.Path) }

// IsTest reports a file that only tests see.
func (f File) IsTest() bool { return strings.HasSuffix(f.Path, "_test.go") }

// Lines is how many lines the file has.
func (f File) Lines() int { return bytes.Count(f.Text, []byte{'\n'}) }

// ReadTree parses every Go file below root. Folders whose name begins with a dot, and testdata, are left out.
func ReadTree(root string) (*Tree, error) {
	t := &Tree{Root: root, Fset: token.NewFileSet()}
	err := filepath.WalkDir(root, func(at string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && at != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(at, ".go"):
			return nil
		}
		text, err := os.ReadFile(at)
		if err != nil {
			return err
		}
		below, err := filepath.Rel(root, at)
		if err != nil {
			return err
		}
		return t.add(filepath.ToSlash(below), text)
	})
	return t, err
}

// NewTree makes a tree of texts by path: the way to see a check fail.
func NewTree(files map[string]string) (*Tree, error) {
	t := &Tree{Fset: token.NewFileSet()}
	for at, text := range files {
		if err := t.add(at, []byte(text)); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *Tree) add(at string, text []byte) error {
	parsed, err := parser.ParseFile(t.Fset, at, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("checks: %w", err)
	}
	t.Files = append(t.Files, File{at, text, parsed})
	return nil
}

// at says where a node stands, as file:line.
func (t *Tree) at(p token.Pos) string {
	position := t.Fset.Position(p)
	return fmt.Sprintf("%s:%d", position.Filename, position.Line)
}

// In lists the files of the packages that fit one of the patterns.
func (t *Tree) In(patterns ...string) []File {
	var files []File
	for _, f := range t.Files {
		if anyMatches(patterns, f.Dir()) {
			files = append(files, f)
		}
	}
	return files
}

// production leaves tests out.
func production(files []File) []File {
	var kept []File
	for _, f := range files {
		if !f.IsTest() {
			kept = append(kept, f)
		}
	}
	return kept
}

// selects reports an expression pkg.name, such as time.Now.
func selects(e ast.Expr, pkg, name string) bool {
	s, ok := e.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != name {
		return false
	}
	x, ok := s.X.(*ast.Ident)
	return ok && x.Name == pkg
}
