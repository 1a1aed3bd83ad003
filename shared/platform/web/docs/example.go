package docs

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// curl writes a call that can be pasted into a terminal, once GIBERNO is the address and TOKEN a token.
func (s *source) curl(method, path string, op sourceOperation) string {
	var b strings.Builder
	b.WriteString("curl ")
	if method != http.MethodGet && (op.RequestBody == nil || method != http.MethodPost) {
		b.WriteString("-X " + method + " ")
	}
	b.WriteString(`"$GIBERNO` + s.filled(path, op) + `"`)
	if op.Caller != "nobody" {
		b.WriteString(" \\\n  -H \"Authorization: Bearer $TOKEN\"")
	}
	for _, p := range op.Parameters {
		if p.In == "header" && p.Name == "Idempotency-Key" {
			b.WriteString(" \\\n  -H 'Idempotency-Key: " + op.OperationID + "-1'")
		}
	}
	if op.RequestBody != nil {
		body := s.body(op.RequestBody.Content["application/json"].Schema)
		b.WriteString(" \\\n  -H 'Content-Type: application/json' \\\n  -d '" + strings.ReplaceAll(body, "'", `'\''`) + "'")
	}
	return b.String()
}

// filled puts examples in the place of a path's parameters.
func (s *source) filled(path string, op sourceOperation) string {
	for _, p := range op.Parameters {
		if p.In != "path" {
			continue
		}
		value, ok := s.example(p.Schema)
		if text, isText := value.(string); ok && isText {
			path = strings.ReplaceAll(path, "{"+p.Name+"}", text)
		}
	}
	return path
}

// body is an example of a schema as indented JSON: its required fields, and those that carry an example.
func (s *source) body(sc *schema) string {
	value, ok := s.example(sc)
	if !ok {
		value = map[string]any{}
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("  ", "  ")
	if err := enc.Encode(value); err != nil {
		return "{}"
	}
	return strings.TrimSpace(out.String())
}

// example makes a value that the schema takes; ok is false where it has no example and could be left out. within are the
// schemas around it: one that holds itself has an end.
func (s *source) example(sc *schema, within ...*schema) (value any, ok bool) {
	target := s.follow(sc)
	if slices.Contains(within, target) {
		return nil, false
	}
	within = append(slices.Clone(within), target)
	for _, from := range []*schema{sc, target} {
		if from != nil && len(from.Examples) > 0 {
			return from.Examples[0], true
		}
	}
	switch {
	case len(target.Enum) > 0:
		return target.Enum[0], false
	case target.Items != nil:
		item, ok := s.example(target.Items, within...)
		return []any{item}, ok
	}
	switch target.kind() {
	case "object":
		return s.exampleObject(target, within)
	case "string":
		if target.Format == "date-time" {
			return "2026-11-23T12:00:00Z", false
		}
		return strings.Repeat("x", cmp.Or(deref(target.MinLength), 1)), false
	case "integer", "number":
		if target.Minimum != nil {
			return *target.Minimum, false
		}
		return 1, false
	case "boolean":
		return true, false
	}
	return nil, false
}

// exampleObject takes the required members, and those that carry an example.
func (s *source) exampleObject(sc *schema, within []*schema) (any, bool) {
	out, found := map[string]any{}, false
	for name, member := range sc.Properties {
		value, ok := s.example(member, within...)
		if ok || slices.Contains(sc.Required, name) {
			out[name] = value
			found = found || ok
		}
	}
	return out, found
}

func deref(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}
