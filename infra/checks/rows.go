package checks

import (
	"go/ast"
	"slices"
	"strings"
)

// reader reads one store's keys from its code.
type reader struct {
	scope  scope
	domain *Domain
	places map[string]string // function or constant → index
}

// findPlaces learns which functions make places of an index, from where their results go.
func (r *reader) findPlaces(files []File) {
	for _, f := range files {
		ast.Inspect(f.AST, func(n ast.Node) bool {
			for index, e := range placed(n) {
				if call, ok := e.(*ast.CallExpr); ok {
					if fn, ok := call.Fun.(*ast.Ident); ok {
						r.places[fn.Name] = index
					}
				}
			}
			return true
		})
	}
}

// placed gives the expressions that a node puts into an index, by index.
func placed(n ast.Node) map[string]ast.Expr {
	found := map[string]ast.Expr{}
	switch n := n.(type) {
	case *ast.KeyValueExpr:
		if id, ok := n.Key.(*ast.Ident); ok && (id.Name == "First" || id.Name == "Second") {
			found[id.Name] = n.Value
		}
	case *ast.AssignStmt:
		for i, left := range n.Lhs {
			if s, ok := left.(*ast.SelectorExpr); ok && i < len(n.Rhs) && (s.Sel.Name == "First" || s.Sel.Name == "Second") {
				found[s.Sel.Name] = n.Rhs[i]
			}
		}
	case *ast.CallExpr:
		if s, ok := n.Fun.(*ast.SelectorExpr); ok && len(n.Args) == 1 {
			if index, ok := strings.CutPrefix(s.Sel.Name, "Place"); ok && (index == "First" || index == "Second") {
				found[index] = n.Args[0]
			}
		}
	}
	return found
}

// readKeys lists the functions whose result is a key.
func (r *reader) readKeys(files []File) {
	for _, f := range files {
		for _, d := range f.AST.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || fn.Type.Results == nil || len(fn.Type.Results.List) != 1 || !isKeyType(fn.Type.Results.List[0].Type) {
				continue
			}
			lit, ok := onlyReturn(fn).(*ast.CompositeLit)
			if !ok {
				continue
			}
			pk, sk := keyParts(lit)
			known := r.scope.bind(fn, nil, nil)
			shape := KeyShape{Name: fn.Name.Name, Doc: strings.Join(strings.Fields(fn.Doc.Text()), " "), Place: r.places[fn.Name.Name]}
			if pk != nil {
				shape.PK = r.scope.shape(pk, known)
			}
			if sk != nil {
				shape.SK = r.scope.shape(sk, known)
			}
			r.domain.Keys = append(r.domain.Keys, shape)
		}
	}
}

// readRows pairs keys with the places that the same function gives them, and finds what is read as a list.
func (r *reader) readRows(files []File) {
	for _, f := range files {
		for _, d := range f.AST.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			row := RowShape{Maker: fn.Name.Name}
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				if _, update := n.(*ast.CallExpr); !update { // an update moves a row that another function made
					r.takePlaces(n, &row)
				}
				switch n := n.(type) {
				case *ast.CallExpr:
					r.keyOf(n, &row)
				case *ast.CompositeLit:
					if selects(n.Type, "table", "Query") {
						r.readList(n, files)
					}
				}
				return true
			})
			if row.First == "" && row.Second == "" {
				continue
			}
			for _, key := range r.keysOf(row, fn, files) {
				row.Key = key
				r.domain.Rows = append(r.domain.Rows, row)
			}
		}
	}
	slices.SortFunc(r.domain.Lists, func(a, b ListShape) int { return strings.Compare(a.Index+a.PK, b.Index+b.PK) })
	r.domain.Lists = slices.Compact(r.domain.Lists)
}

func (r *reader) takePlaces(n ast.Node, row *RowShape) {
	for index, e := range placed(n) {
		if shape := r.placeShape(e); shape != "" && index == "First" {
			row.First = shape
		} else if shape != "" {
			row.Second = shape
		}
	}
}

// keysOf are the keys that a row is made with: its own, or the ones that its maker is given.
func (r *reader) keysOf(row RowShape, maker *ast.FuncDecl, files []File) []string {
	at := parameter(maker, "key")
	if row.Key != "" || at < 0 {
		return []string{row.Key}
	}
	var keys []string
	for _, f := range files {
		ast.Inspect(f.AST, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || at >= len(call.Args) {
				return true
			}
			if fn, ok := call.Fun.(*ast.Ident); ok && fn.Name == maker.Name.Name {
				given := call.Args[at]
				if lit, ok := given.(*ast.CompositeLit); ok {
					pk, sk := keyParts(lit)
					keys = append(keys, r.scope.shape(pk, nil)+" · "+r.scope.shape(sk, nil))
				} else if shape := r.placeShape(given); shape != "" {
					keys = append(keys, shape)
				}
			}
			return true
		})
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// keyOf remembers the first key that a function makes for a row.
func (r *reader) keyOf(call *ast.CallExpr, row *RowShape) {
	fn, ok := call.Fun.(*ast.Ident)
	if !ok || row.Key != "" {
		return
	}
	for _, k := range r.domain.Keys {
		if k.Name == fn.Name && k.Place == "" {
			row.Key = k.PK + " · " + k.SK
		}
	}
}

// placeShape is the partition and sort key of a place, "" for one that is only copied.
func (r *reader) placeShape(e ast.Expr) string {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return ""
	}
	fn, ok := call.Fun.(*ast.Ident)
	if !ok || r.scope.funcs[fn.Name] == nil {
		return ""
	}
	local := r.scope.funcs[fn.Name]
	lit, ok := onlyReturn(local).(*ast.CompositeLit)
	if !ok {
		return ""
	}
	pk, sk := keyParts(lit)
	known := r.scope.bind(local, call.Args, nil)
	return r.scope.shape(pk, known) + " · " + r.scope.shape(sk, known)
}

// readList notes the partition of a query. One that is a parameter is looked up at the callers.
func (r *reader) readList(query *ast.CompositeLit, files []File) {
	list := ListShape{Index: "base"}
	var pk ast.Expr
	for _, element := range query.Elts {
		kv, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		switch key, _ := kv.Key.(*ast.Ident); key.Name {
		case "Index":
			if s, ok := kv.Value.(*ast.SelectorExpr); ok {
				list.Index = s.Sel.Name
			}
		case "PK":
			pk = kv.Value
		}
	}
	if pk == nil {
		return
	}
	shapes := []string{r.scope.shape(pk, nil)}
	if id, ok := pk.(*ast.Ident); ok && id.Name == "pk" {
		shapes = r.callers(files)
	}
	for _, shape := range shapes {
		list.PK = shape
		r.domain.Lists = append(r.domain.Lists, list)
	}
}

// callers are the partitions given to the store's own methods that have a parameter pk.
func (r *reader) callers(files []File) (shapes []string) {
	takes := map[string]int{}
	for _, f := range files {
		for _, d := range f.AST.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv != nil {
				if i := parameter(fn, "pk"); i >= 0 {
					takes[fn.Name.Name] = i
				}
			}
		}
	}
	for _, f := range files {
		ast.Inspect(f.AST, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if s, ok := call.Fun.(*ast.SelectorExpr); ok {
					if i, ok := takes[s.Sel.Name]; ok && i < len(call.Args) {
						shapes = append(shapes, r.scope.shape(call.Args[i], nil))
					}
				}
			}
			return true
		})
	}
	return shapes
}
