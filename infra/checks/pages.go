package checks

import (
	"errors"
	"go/ast"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Constants lists the texts of the constants of a type, in the order of the code.
func (t *Tree) Constants(dir, typeName string) []string {
	var texts []string
	for _, f := range production(t.In(dir)) {
		ast.Inspect(f.AST, func(n ast.Node) bool {
			if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 {
				if id, ok := v.Type.(*ast.Ident); ok && id.Name == typeName {
					texts = append(texts, literal(v.Values[0]))
				}
			}
			return true
		})
	}
	return texts
}

var link = regexp.MustCompile(`\]\(([^)#]+)(#[^)]*)?\)`)

// Links holds that every relative link of the pages at these places (files, or folders of .md files) leads to a file.
func Links(root string, places ...string) ([]Breach, error) {
	var breaches []Breach
	for _, place := range places {
		files, err := filepath.Glob(filepath.Join(root, place, "*.md"))
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(place, ".md") {
			files = []string{filepath.Join(root, place)}
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, err
			}
			breaches = append(breaches, lost(root, file, string(text))...)
		}
	}
	return breaches, nil
}

func lost(root, file, text string) []Breach {
	var breaches []Breach
	var seen []string
	for _, found := range link.FindAllStringSubmatch(text, -1) {
		target := found[1]
		if strings.Contains(target, ":") || strings.HasPrefix(target, "/") || slices.Contains(seen, target) {
			continue
		}
		seen = append(seen, target)
		if _, err := os.Stat(filepath.Join(filepath.Dir(file), target)); err != nil {
			where, _ := filepath.Rel(root, file)
			breaches = append(breaches, Breach{where, "its link to " + target + " leads nowhere",
				"a page that sends its reader away empty is not read again", "correct the link"})
		}
	}
	return breaches
}
