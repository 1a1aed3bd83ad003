package checks

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// scope is what a package declares at its top, for reading how its keys are put together.
type scope struct {
	funcs  map[string]*ast.FuncDecl
	values map[string]ast.Expr // constants and variables
}

func scopeOf(files []File) scope {
	s := scope{map[string]*ast.FuncDecl{}, map[string]ast.Expr{}}
	for _, f := range files {
		for _, d := range f.AST.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					s.funcs[d.Name.Name] = d
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if v, ok := spec.(*ast.ValueSpec); ok {
						for i, value := range v.Values {
							s.values[v.Names[i].Name] = value
						}
					}
				}
			}
		}
	}
	return s
}

// shape writes a text expression as a pattern: literals as they are, everything else as {name}. known holds what is
// already known of the parameters in sight.
func (s scope) shape(e ast.Expr, known map[string]string) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return text
		}
		return e.Value
	case *ast.Ident:
		if text, ok := known[e.Name]; ok {
			return text
		}
		if value, ok := s.values[e.Name]; ok {
			return s.shape(value, nil)
		}
		return "{" + e.Name + "}"
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			return s.shape(e.X, known) + s.shape(e.Y, known)
		}
	case *ast.ParenExpr:
		return s.shape(e.X, known)
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok && e.Sel.Name == "ID" && known[x.Name] != "" {
			return known[x.Name]
		}
		return "{" + strings.ToLower(e.Sel.Name) + "}"
	case *ast.IndexExpr:
		return s.shape(e.X, known)
	case *ast.SliceExpr:
		return s.shape(e.X, known)
	case *ast.CallExpr:
		return s.callShape(e, known)
	}
	return "{…}"
}

var verb = regexp.MustCompile(`%[0-9]*[a-z]`)

func (s scope) callShape(call *ast.CallExpr, known map[string]string) string {
	switch fn := call.Fun.(type) {
	case *ast.Ident:
		if local, ok := s.funcs[fn.Name]; ok {
			if returned := onlyReturn(local); returned != nil {
				return s.shape(returned, s.bind(local, call.Args, known))
			}
			return "{" + fn.Name + "}"
		}
	case *ast.SelectorExpr:
		switch {
		case fn.Sel.Name == "Sprintf":
			args := call.Args[1:]
			return verb.ReplaceAllStringFunc(s.shape(call.Args[0], known), func(string) string {
				next := args[0]
				args = args[1:]
				return s.shape(next, known)
			})
		case fn.Sel.Name == "Format":
			return "{time}"
		case fn.Sel.Name == "String" || fn.Sel.Name == "Root":
			return s.shape(fn.X, known)
		case len(call.Args) == 0:
			return "{" + strings.ToLower(fn.Sel.Name) + "}"
		}
	}
	if len(call.Args) == 1 { // a conversion, or an encoding
		return s.shape(call.Args[0], known)
	}
	return "{…}"
}

// bind says what is known of a function's parameters: an argument with text of its own is kept; any other parameter goes
// by its own name, or by its type's.
func (s scope) bind(fn *ast.FuncDecl, args []ast.Expr, known map[string]string) map[string]string {
	bound := map[string]string{}
	i := 0
	for _, field := range fn.Type.Params.List {
		for _, name := range field.Names {
			bound[name.Name] = "{" + wordOf(name.Name, field.Type) + "}"
			if i < len(args) {
				if given := s.shape(args[i], known); strings.TrimSpace(placeholder.ReplaceAllString(given, "")) != "" {
					bound[name.Name] = given
				}
			}
			i++
		}
	}
	return bound
}

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

// wordOf names a parameter: by its type where the name is a single letter of one of ours.
func wordOf(name string, of ast.Expr) string {
	t, ok := of.(*ast.SelectorExpr)
	if !ok || len(name) > 1 || t.Sel.Name == "ID" || t.Sel.Name == "Time" {
		return name
	}
	return strings.ToLower(t.Sel.Name)
}

// onlyReturn is the result of a function that ends in one, or its last one.
func onlyReturn(fn *ast.FuncDecl) ast.Expr {
	if fn.Body == nil || len(fn.Body.List) == 0 {
		return nil
	}
	last, ok := fn.Body.List[len(fn.Body.List)-1].(*ast.ReturnStmt)
	if !ok || len(last.Results) != 1 {
		return nil
	}
	return last.Results[0]
}

// isKeyType reports the type table.Key, and through slices and maps of it.
func isKeyType(e ast.Expr) bool {
	switch t := e.(type) {
	case *ast.ArrayType:
		return isKeyType(t.Elt)
	case *ast.StarExpr:
		return isKeyType(t.X)
	}
	return selects(e, "table", "Key")
}

// keyParts finds PK and SK of a literal of table.Key.
func keyParts(lit *ast.CompositeLit) (pk, sk ast.Expr) {
	for i, element := range lit.Elts {
		value := element
		name := []string{"PK", "SK"}[min(i, 1)]
		if kv, ok := element.(*ast.KeyValueExpr); ok {
			value = kv.Value
			if id, ok := kv.Key.(*ast.Ident); ok {
				name = id.Name
			}
		}
		if name == "PK" {
			pk = value
		} else {
			sk = value
		}
	}
	return pk, sk
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
