package checks

import (
	"encoding/json"
	"go/ast"
	"path"
	"regexp"
	"slices"
	"strings"

	"giberno.ru/shared/platform/web"
)

// Door is an endpoint of JSON or of a bank, with the domain that serves it.
type Door struct {
	Domain string // "payments"
	web.Operation
}

var verbNoun = regexp.MustCompile(`^[a-z]+(-[a-z0-9]+)+$`)

const whyDoors = "endpoint = file = test: nobody should ever have to search"

// Doors holds that each endpoint stands in the file of its name, with a test of the same name beside it, that no name is
// used twice, and that every endpoint which the code can make is handed out.
func (t *Tree) Doors(doors []Door) []Breach {
	files := map[string]File{}
	for _, f := range t.Files {
		files[f.Path] = f
	}
	var breaches []Breach
	seen := map[string]bool{}
	for _, d := range doors {
		folder := "shared/" + d.Domain + "/api"
		file := folder + "/" + strings.ReplaceAll(d.Name, "-", "_") + ".go"
		test := strings.TrimSuffix(file, ".go") + "_test.go"
		report := func(what, do string) { breaches = append(breaches, Breach{folder + ": " + d.Name, what, whyDoors, do}) }
		if !verbNoun.MatchString(d.Name) {
			report("its name is not verb-noun", "name it as the others: create-order")
		}
		if seen[d.Name] {
			report("its name is used twice", "each endpoint becomes a function of its own; give one of them another name")
		}
		seen[d.Name] = true
		if f, ok := files[file]; !ok {
			report("there is no "+file, "give the endpoint its own file")
		} else if !makes(f, camel(d.Name)) {
			report(file+" has no method "+camel(d.Name)+" that makes it", "move the method there, or rename it")
		}
		if _, ok := files[test]; !ok {
			report("there is no "+test, "test what must not happen at this door, in the file of its name")
		}
	}
	return append(breaches, t.forgotten(seen)...)
}

func makes(f File, name string) bool { return slices.Contains(endpointsIn(f), name) }

// endpointsIn lists the exported functions and methods of a file that give a web.Endpoint.
func endpointsIn(f File) []string {
	var names []string
	for _, d := range f.AST.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if ok && fn.Name.IsExported() && fn.Type.Results != nil && len(fn.Type.Results.List) == 1 && selects(fn.Type.Results.List[0].Type, "web", "Endpoint") {
			names = append(names, fn.Name.Name)
		}
	}
	return names
}

func (t *Tree) forgotten(seen map[string]bool) []Breach {
	var breaches []Breach
	for _, f := range production(append(t.In("shared/*/api"), t.In("shared/*/*/api")...)) {
		for _, name := range endpointsIn(f) {
			if !seen[kebab(name)] {
				breaches = append(breaches, Breach{f.Path, name + " makes an endpoint that nobody hands out", whyDoors, "list it in Endpoints, or take it away"})
			}
		}
	}
	return breaches
}

func camel(name string) string {
	words := strings.Split(name, "-")
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + w[1:]
		if proper, ok := properNames[w]; ok {
			words[i] = proper
		}
	}
	return strings.Join(words, "")
}

// properNames are the words whose capitals are their own.
var properNames = map[string]string{"tbank": "TBank", "qr": "QR", "rbs": "RBS", "bisys": "BISYS", "atol": "ATOL"}

func kebab(name string) string {
	for word, proper := range properNames {
		name = strings.ReplaceAll(name, proper, strings.ToUpper(word[:1])+word[1:])
	}
	return strings.Join(wordsOf(name), "-")
}

// Documented holds that an endpoint is in the OpenAPI document of its API exactly if it names one, under its own name.
func Documented(doors []Door, documents map[string][]byte) ([]Breach, error) {
	described := map[string]map[string]string{} // API → "METHOD path" → operationId
	for api, body := range documents {
		var document struct {
			Paths map[string]map[string]struct{ OperationID string }
		}
		if err := json.Unmarshal(body, &document); err != nil {
			return nil, err
		}
		described[api] = map[string]string{}
		for at, methods := range document.Paths {
			for method, op := range methods {
				described[api][strings.ToUpper(method)+" "+at] = op.OperationID
			}
		}
	}
	var breaches []Breach
	for _, d := range doors {
		line := d.Method + " " + d.Path
		for _, api := range sortedKeys(described) {
			name, there := described[api][line]
			if there != (api == d.API) || there && name != d.Name {
				breaches = append(breaches, Breach{path.Join("shared", d.Domain, "api"), line + " (" + d.Name + ") is not in the documents as its operation says",
					"a partner builds his program from the document; what is not there does not exist", "set API of its operation"})
			}
		}
		if d.API != "" && described[d.API] == nil {
			breaches = append(breaches, Breach{path.Join("shared", d.Domain, "api"), d.Name + " names the document " + d.API + ", which is not made", whyDoors, "mount it"})
		}
	}
	return breaches, nil
}

// Refusals holds that every code an endpoint says it refuses with exists in the code.
func (t *Tree) Refusals(doors []Door) []Breach {
	known := map[string]bool{}
	for _, c := range t.Codes() {
		known[c.Code] = true
	}
	var breaches []Breach
	for _, d := range doors {
		for _, code := range d.Refuses {
			if !known[code] {
				breaches = append(breaches, Breach{"shared/" + d.Domain + "/api: " + d.Name, "says that it refuses with " + code + ", which no fault of ours has",
					"a partner handles what the document names", "correct the code in Refuses"})
			}
		}
	}
	return breaches
}
