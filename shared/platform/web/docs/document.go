package docs

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"giberno.ru/shared/platform/web"
)

// document is an OpenAPI document, laid out for a reader.
type document struct {
	Name, Version string
	Operations    []operation
}

// operation is one call.
type operation struct {
	Name, Method, Path, Summary string
	Text                        []paragraph
	Caller                      string
	Scope                       string
	Parameters                  []field
	Body, Answer                []field
	Status                      string
	Codes                       []string
	Curl                        string
}

// paragraph is a text whose odd pieces are code.
type paragraph []piece

type piece struct {
	Text string
	Code bool
}

// field is one line of a table: a parameter, or a field of a body with the way to it.
type field struct {
	Name, In, Type, Text string
	Required             bool
	Depth                int
}

// source is as much of OpenAPI 3.1 as the pages show.
type source struct {
	Info       struct{ Version string }
	Paths      map[string]map[string]sourceOperation
	Components struct{ Schemas map[string]*schema }
}

type sourceOperation struct {
	OperationID string `json:"operationId"`
	Summary     string
	Description string
	Parameters  []struct {
		Name, In, Description string
		Required              bool
		Schema                *schema
	}
	RequestBody *struct {
		Required bool
		Content  map[string]struct{ Schema *schema }
	} `json:"requestBody"`
	Responses map[string]struct {
		Description string
		Content     map[string]struct{ Schema *schema }
	}
	Security []map[string][]string
	Codes    []string `json:"x-problem-codes"`
	Caller   string   `json:"x-caller"`
}

type schema struct {
	Ref              string `json:"$ref"`
	Type             any    // a name, or a name and "null"
	Format           string
	Description      string
	Enum             []any
	Examples         []json.RawMessage
	Default          any
	Minimum          *json.Number
	ExclusiveMinimum *json.Number
	Maximum          *json.Number
	MinLength        *int
	MaxLength        *int
	MinItems         *int
	MaxItems         *int
	Items            *schema
	Properties       map[string]*schema
	Additional       json.RawMessage `json:"additionalProperties"`
	Required         []string
}

func parse(name string, text []byte) (document, error) {
	var src source
	if err := json.Unmarshal(text, &src); err != nil {
		return document{}, fmt.Errorf("docs: the document of %s: %w", name, err)
	}
	d := document{Name: name, Version: src.Info.Version}
	for path, methods := range src.Paths {
		for method, op := range methods {
			d.Operations = append(d.Operations, src.lay(strings.ToUpper(method), path, op))
		}
	}
	slices.SortFunc(d.Operations, func(a, b operation) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(methodOrder(a.Method), methodOrder(b.Method)))
	})
	return d, nil
}

func methodOrder(method string) int {
	return slices.Index([]string{"POST", "GET", "PATCH", "PUT", "DELETE"}, method)
}

func (s *source) lay(method, path string, op sourceOperation) operation {
	out := operation{
		Name: op.OperationID, Method: method, Path: path, Summary: op.Summary, Text: paragraphs(op.Description), Caller: op.Caller, Codes: op.Codes,
	}
	for _, requirement := range op.Security {
		out.Scope = strings.Join(requirement["token"], " ")
	}
	for _, p := range op.Parameters {
		sc := s.follow(p.Schema)
		out.Parameters = append(out.Parameters, field{Name: p.Name, In: p.In, Type: s.typeOf(p.Schema), Required: p.Required, Text: meaning(cmp.Or(p.Description, sc.Description), sc)})
	}
	if op.RequestBody != nil {
		out.Body = s.fields(op.RequestBody.Content["application/json"].Schema, 0)
	}
	for status, response := range op.Responses {
		if content, ok := response.Content["application/json"]; ok && strings.HasPrefix(status, "2") {
			out.Status, out.Answer = status+" "+response.Description, s.fields(content.Schema, 0)
		}
	}
	out.Curl = s.curl(method, path, op)
	return out
}

// fields unfolds the members of a schema, required ones first. within are the schemas around it: one that holds itself is
// unfolded once.
func (s *source) fields(sc *schema, depth int, within ...*schema) []field {
	sc = s.follow(sc)
	if slices.Contains(within, sc) {
		return nil
	}
	within = append(slices.Clone(within), sc)
	if sc.Items != nil {
		return s.fields(sc.Items, depth, within...)
	}
	names := make([]string, 0, len(sc.Properties))
	for name := range sc.Properties {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		optional := func(n string) int {
			if slices.Contains(sc.Required, n) {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(optional(a), optional(b)), cmp.Compare(a, b))
	})
	var out []field
	for _, name := range names {
		member := sc.Properties[name]
		target := s.follow(member)
		out = append(out, field{
			Name: name, Type: s.typeOf(member), Required: slices.Contains(sc.Required, name), Depth: depth,
			Text: meaning(cmp.Or(member.Description, target.Description), member),
		})
		out = append(out, s.fields(member, depth+1, within...)...)
	}
	return out
}

// follow gives the schema behind a reference; an unknown one is empty.
func (s *source) follow(sc *schema) *schema {
	for range 8 {
		if sc == nil {
			return &schema{}
		}
		if sc.Ref == "" {
			return sc
		}
		sc = s.Components.Schemas[strings.TrimPrefix(sc.Ref, "#/components/schemas/")]
	}
	return &schema{}
}

func (s *source) typeOf(sc *schema) string {
	sc = s.follow(sc)
	name := sc.kind()
	switch {
	case sc.Items != nil:
		return "list of " + s.typeOf(sc.Items)
	case name == "object" && len(sc.Properties) == 0:
		return "object of texts"
	case sc.Format != "":
		return name + " (" + sc.Format + ")"
	}
	return name
}

func (sc *schema) kind() string {
	switch t := sc.Type.(type) {
	case string:
		return t
	case []any:
		for _, one := range t {
			if name, ok := one.(string); ok && name != "null" {
				return name
			}
		}
	}
	return "any"
}

// meaning is what a field says of itself and what its value is held to.
func meaning(text string, sc *schema) string {
	held := limits(sc)
	switch {
	case held == "":
		return text
	case text == "":
		return strings.ToUpper(held[:1]) + held[1:]
	}
	return text + " (" + held + ")"
}

// limits says in words what a value is held to.
func limits(sc *schema) string {
	var out []string
	if len(sc.Enum) > 0 {
		words := make([]string, len(sc.Enum))
		for i, e := range sc.Enum {
			words[i] = fmt.Sprint(e)
		}
		out = append(out, "one of "+strings.Join(words, ", "))
	}
	number := func(word string, n *json.Number) {
		if n != nil {
			out = append(out, word+" "+n.String())
		}
	}
	length := func(word string, n *int, unit string) {
		if n != nil {
			out = append(out, fmt.Sprintf("%s %d %s", word, *n, unit))
		}
	}
	number("at least", sc.Minimum)
	number("above", sc.ExclusiveMinimum)
	number("at most", sc.Maximum)
	length("at least", sc.MinLength, "characters")
	length("at most", sc.MaxLength, "characters")
	length("at least", sc.MinItems, "items")
	length("at most", sc.MaxItems, "items")
	if sc.Default != nil {
		out = append(out, fmt.Sprintf("default %v", sc.Default))
	}
	return strings.Join(out, "; ")
}

// paragraphs splits a description at its empty lines, and each part at its back quotes. The codes stand on their own.
func paragraphs(text string) []paragraph {
	var out []paragraph
	for part := range strings.SplitSeq(text, "\n\n") {
		if part = strings.TrimSpace(part); part == "" || strings.HasPrefix(part, web.CodesTitle) {
			continue
		}
		var p paragraph
		for i, one := range strings.Split(part, "`") {
			if one != "" {
				p = append(p, piece{one, i%2 == 1})
			}
		}
		out = append(out, p)
	}
	return out
}
