package checks

import (
	"cmp"
	"go/ast"
	"slices"
	"strconv"
	"strings"
)

// Code is a problem code as the code declares it.
type Code struct {
	Code    string
	Kind    string // the name of the fault's kind: "Conflict"
	Message string
	Where   []string // packages that can refuse with it, the shortest path first
}

// Codes collects every problem code, in order. Where several packages have one, the message of the shortest path is shown.
func (t *Tree) Codes() []Code {
	byCode := map[string]*Code{}
	for _, f := range production(t.In("shared/...")) {
		ast.Inspect(f.AST, func(n ast.Node) bool {
			code, kind, message := faultOf(n)
			if code == "" {
				return true
			}
			c := byCode[code]
			if c == nil {
				c = &Code{Code: code, Kind: kind, Message: message}
				byCode[code] = c
			}
			if len(c.Where) > 0 && len(f.Dir()) < len(c.Where[0]) {
				c.Message = message
			}
			if !slices.Contains(c.Where, f.Dir()) {
				c.Where = append(c.Where, f.Dir())
				slices.SortFunc(c.Where, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) })
			}
			return true
		})
	}
	codes := make([]Code, 0, len(byCode))
	for _, name := range sortedKeys(byCode) {
		codes = append(codes, *byCode[name])
	}
	return codes
}

// faultOf reads the makers of faults: fault.Conflict("code", "…"), a literal of fault.Fault, and core/fault's own.
func faultOf(n ast.Node) (code, kind, message string) {
	switch n := n.(type) {
	case *ast.CallExpr:
		switch fn := n.Fun.(type) {
		case *ast.SelectorExpr:
			if x, ok := fn.X.(*ast.Ident); ok && x.Name == "fault" && len(n.Args) == 2 {
				return literal(n.Args[0]), fn.Sel.Name, literal(n.Args[1])
			}
		case *ast.Ident: // within core/fault
			if fn.Name == "of" && len(n.Args) == 3 {
				if k, ok := n.Args[0].(*ast.Ident); ok {
					return literal(n.Args[1]), strings.TrimPrefix(k.Name, "Kind"), literal(n.Args[2])
				}
			}
			if fn.Name == "Invalid" && len(n.Args) == 2 {
				return literal(n.Args[0]), fn.Name, literal(n.Args[1])
			}
		}
	case *ast.CompositeLit:
		if !selects(n.Type, "fault", "Fault") {
			return "", "", ""
		}
		for _, e := range n.Elts {
			kv, ok := e.(*ast.KeyValueExpr)
			if !ok {
				continue
			}
			switch key, _ := kv.Key.(*ast.Ident); key.Name {
			case "Code":
				code = literal(kv.Value)
			case "Message":
				message = literal(kv.Value)
			case "Kind":
				if s, ok := kv.Value.(*ast.SelectorExpr); ok {
					kind = strings.TrimPrefix(s.Sel.Name, "Kind")
				}
			}
		}
	}
	return code, kind, message
}

func literal(e ast.Expr) string {
	if lit, ok := e.(*ast.BasicLit); ok {
		text, _ := strconv.Unquote(lit.Value)
		return text
	}
	return ""
}

// OneStatusPerCode holds that a code always comes with the same kind, and so with the same status.
func (t *Tree) OneStatusPerCode() []Breach {
	var breaches []Breach
	kinds := map[string]string{}
	for _, c := range t.Codes() {
		kinds[c.Code] = c.Kind
	}
	for _, f := range production(t.In("shared/...")) {
		ast.Inspect(f.AST, func(n ast.Node) bool {
			if code, kind, _ := faultOf(n); code != "" && kinds[code] != kind {
				breaches = append(breaches, Breach{t.at(n.Pos()), "the code " + code + " is " + kind + " here and " + kinds[code] + " elsewhere",
					"a partner's program reads the status first and the code then; they must not disagree from call to call",
					"choose one kind, or another code"})
			}
			return true
		})
	}
	return breaches
}
