package checks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Module is the path of our module; it is left out of the package paths of this package.
const Module = "giberno.ru"

// Root finds the folder of go.mod above the working directory.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("checks: no go.mod above the working directory")
		}
		dir = parent
	}
}

// House is every package that the module builds, ours and others', with what each imports.
type House struct{ packages map[string]Package }

// Package is one of them. Paths of our own packages have no module prefix: "shared/core/money".
type Package struct {
	Path        string
	Name        string
	Ours        bool
	Imports     []string
	TestImports []string // of all its test files, in the package and beside it
}

// NewHouse makes a house of packages.
func NewHouse(packages ...Package) House {
	h := House{map[string]Package{}}
	for _, p := range packages {
		h.packages[p.Path] = p
	}
	return h
}

// Ours lists our own packages in order of path.
func (h House) Ours() []Package {
	var ours []Package
	for _, p := range h.packages {
		if p.Ours {
			ours = append(ours, p)
		}
	}
	slices.SortFunc(ours, func(a, b Package) int { return strings.Compare(a.Path, b.Path) })
	return ours
}

// ReadHouse asks the go command for the packages below root and all that they need.
func ReadHouse(root string) (House, error) {
	var complaints bytes.Buffer
	cmd := exec.Command("go", "list", "-e", "-deps", "-json=ImportPath,Name,Standard,Imports,TestImports,XTestImports", "./...")
	cmd.Dir, cmd.Stderr = root, &complaints
	out, err := cmd.Output()
	if err != nil {
		return House{}, fmt.Errorf("checks: go list: %w: %s", err, complaints.String())
	}
	h := NewHouse()
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var listed struct {
			ImportPath, Name                   string
			Imports, TestImports, XTestImports []string
		}
		if err := dec.Decode(&listed); errors.Is(err, io.EOF) {
			return h, nil
		} else if err != nil {
			return House{}, err
		}
		path, ours := below(listed.ImportPath)
		h.packages[path] = Package{
			Path: path, Name: listed.Name, Ours: ours, Imports: shortened(listed.Imports),
			TestImports: shortened(append(listed.TestImports, listed.XTestImports...)),
		}
	}
}

// below cuts the module's path off; ours is false for a package of somebody else.
func below(path string) (short string, ours bool) {
	if path == Module {
		return ".", true
	}
	return strings.CutPrefix(path, Module+"/")
}

func shortened(paths []string) []string {
	short := make([]string, len(paths))
	for i, p := range paths {
		short[i], _ = below(p)
	}
	slices.Sort(short)
	return slices.Compact(short)
}
