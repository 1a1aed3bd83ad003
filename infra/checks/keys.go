package checks

import (
	"go/ast"
	"regexp"
	"strconv"
	"strings"
)

// KeyShape is one kind of key that a domain writes.
type KeyShape struct {
	Name   string // of the function that makes it
	Doc    string
	PK, SK string // with {names} for what differs
	Place  string // "First" or "Second" for a place in an index, "" for a row
}

// Domain is one owner of keys.
type Domain struct {
	Name   string // "payments"
	Prefix string // "PAY#"
	Keys   []KeyShape
	Rows   []RowShape
	Lists  []ListShape
}

// RowShape says in which indexes a row stands. Maker is the function that writes it.
type RowShape struct{ Maker, Key, First, Second string }

// ListShape is a partition that the domain reads as a list. Index is "base", "First" or "Second".
type ListShape struct{ Index, PK string }

// storePattern fits every place that may know keys.
const storePattern = "shared/*/store"

// Domains reads the keys of every store.
func (t *Tree) Domains() []Domain {
	byDir := map[string][]File{}
	for _, f := range production(t.In(storePattern)) {
		byDir[f.Dir()] = append(byDir[f.Dir()], f)
	}
	var domains []Domain
	for _, dir := range sortedKeys(byDir) {
		s := scopeOf(byDir[dir])
		d := Domain{Name: strings.Split(dir, "/")[1]}
		if value, ok := s.values["Prefix"]; ok {
			d.Prefix = s.shape(value, nil)
		}
		r := reader{scope: s, domain: &d, places: map[string]string{}}
		r.findPlaces(byDir[dir])
		r.readKeys(byDir[dir])
		r.readRows(byDir[dir])
		domains = append(domains, d)
	}
	return domains
}

var domainPrefix = regexp.MustCompile(`^[A-Z]+#$`)

const (
	whyPrefix = "two domains whose keys share a beginning can read and overwrite each other's rows"
	whyStore  = "keys and conditions that are written in two places drift apart"
)

// Prefixes holds that each domain's keys begin with its own prefix, and that no two prefixes share a beginning.
func (t *Tree) Prefixes() []Breach {
	var breaches []Breach
	domains := t.Domains()
	for i, d := range domains {
		where := "shared/" + d.Name + "/store/keys.go"
		if !domainPrefix.MatchString(d.Prefix) {
			breaches = append(breaches, Breach{where, "has no `const Prefix = \"XXX#\"`", whyPrefix, "declare it, and begin every key with it"})
			continue
		}
		for _, other := range domains[:i] {
			if other.Prefix != "" && (strings.HasPrefix(d.Prefix, other.Prefix) || strings.HasPrefix(other.Prefix, d.Prefix)) {
				breaches = append(breaches, Breach{where, "its prefix " + d.Prefix + " meets " + other.Prefix + " of " + other.Name, whyPrefix, "choose another"})
			}
		}
	}
	return append(breaches, t.begins(domains)...)
}

// begins holds that every literal of a key, and every partition that is queried, begins with the domain's prefix.
func (t *Tree) begins(domains []Domain) []Breach {
	var breaches []Breach
	for _, d := range domains {
		files := production(t.In("shared/" + d.Name + "/store"))
		s := scopeOf(files)
		for _, f := range files {
			for _, use := range partitions(f, s) {
				if shape := use.shape; shape != "" && !strings.HasPrefix(shape, d.Prefix) && !strings.HasPrefix(shape, "{") {
					breaches = append(breaches, Breach{t.at(use.expr.Pos()), "makes the partition " + shape + ", which does not begin with " + d.Prefix,
						whyPrefix, "begin it with Prefix"})
				}
			}
		}
	}
	return breaches
}

type partition struct {
	expr  ast.Expr
	shape string
}

// partitions finds the partition keys that a file makes: of literals of keys and queries, and of arguments named pk.
func partitions(f File, s scope) []partition {
	var found []partition
	add := func(e ast.Expr) {
		if e != nil {
			found = append(found, partition{e, s.shape(e, nil)})
		}
	}
	ast.Inspect(f.AST, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			if selects(n.Type, "table", "Key") || selects(n.Type, "table", "Query") {
				for _, element := range n.Elts {
					if kv, ok := element.(*ast.KeyValueExpr); ok {
						if id, ok := kv.Key.(*ast.Ident); ok && id.Name == "PK" {
							add(kv.Value)
						}
					}
				}
			}
		case *ast.CallExpr:
			if fn, ok := n.Fun.(*ast.Ident); ok && s.funcs[fn.Name] != nil {
				if i := parameter(s.funcs[fn.Name], "pk"); i >= 0 && i < len(n.Args) {
					add(n.Args[i])
				}
			}
		}
		return true
	})
	return found
}

func parameter(fn *ast.FuncDecl, name string) int {
	i := 0
	for _, field := range fn.Type.Params.List {
		for _, n := range field.Names {
			if n.Name == name {
				return i
			}
			i++
		}
	}
	return -1
}

// KeysAtHome holds that keys, queries and writes are made in stores only, and that no text elsewhere looks like a key.
func (t *Tree) KeysAtHome() []Breach {
	domains := t.Domains()
	var breaches []Breach
	for _, f := range production(t.In("shared/...", "functions/...")) {
		atHome := Matches(storePattern, f.Dir()) || Matches("shared/platform/...", f.Dir())
		ast.Inspect(f.AST, func(n ast.Node) bool {
			what := ""
			switch n := n.(type) {
			case *ast.CompositeLit:
				if n.Type != nil && len(n.Elts) > 0 && (isKeyType(n.Type) || selects(n.Type, "table", "Query") || selects(n.Type, "table", "Row")) {
					what = "makes a key, a row or a query of the table"
				}
			case *ast.CallExpr:
				for _, name := range []string{"Put", "Update", "Delete", "Check"} {
					if selects(n.Fun, "table", name) {
						what = "writes to the table"
					}
				}
			case *ast.BasicLit:
				text, _ := strconv.Unquote(n.Value)
				for _, d := range domains {
					ours := f.Path == "shared/"+d.Name+"/store/keys.go"
					if d.Prefix != "" && strings.HasPrefix(text, d.Prefix) && !ours {
						breaches = append(breaches, Breach{t.at(n.Pos()), "holds the text " + n.Value + ", which begins as a key of " + d.Name, whyStore,
							"use the functions of shared/" + d.Name + "/store/keys.go"})
					}
				}
			}
			if what != "" && !atHome {
				breaches = append(breaches, Breach{t.at(n.Pos()), what, whyStore, "give the domain's store a method that says what is meant"})
			}
			return true
		})
	}
	return breaches
}
