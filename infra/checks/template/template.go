// Package template reads template.yaml, which describes an installation on AWS: for the checks beside it, which hold it together
// with the code, and for the local road under infra/sam, which makes its table and its queues from it.
package template

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Template is a template of SAM, before its transformation.
type Template struct {
	Parameters Value
	Globals    Value // what all functions have
	Outputs    Value
	resources  map[string]Resource
}

// Resource is one entry of a template.
type Resource struct {
	Name       string
	Type       string // "AWS::SQS::Queue"
	Attributes Value  // Condition, Metadata, DeletionPolicy and the like
	Properties Value
}

// Read reads the template at path.
func Read(path string) (*Template, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	t, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("template: %s: %w", path, err)
	}
	return t, nil
}

// Parse reads the text of a template.
func Parse(text []byte) (*Template, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	if len(document.Content) != 1 {
		return nil, fmt.Errorf("expected one document")
	}
	whole, err := plain(document.Content[0])
	if err != nil {
		return nil, err
	}
	root := Value{whole}
	t := &Template{
		Parameters: root.At("Parameters"), Globals: root.At("Globals", "Function"), Outputs: root.At("Outputs"), resources: map[string]Resource{},
	}
	for name, r := range root.At("Resources").Map() {
		t.resources[name] = Resource{Name: name, Type: r.At("Type").Text(), Attributes: r, Properties: r.At("Properties")}
	}
	if len(t.resources) == 0 {
		return nil, fmt.Errorf("there are no resources")
	}
	return t, nil
}

// All lists every resource, by name.
func (t *Template) All() []Resource {
	list := make([]Resource, 0, len(t.resources))
	for _, name := range slices.Sorted(maps.Keys(t.resources)) {
		list = append(list, t.resources[name])
	}
	return list
}

// Of lists the resources of a type, by name.
func (t *Template) Of(kind string) []Resource {
	return slices.DeleteFunc(t.All(), func(r Resource) bool { return r.Type != kind })
}

// Resource finds a resource by its name.
func (t *Template) Resource(name string) (Resource, bool) {
	r, ok := t.resources[name]
	return r, ok
}

// intrinsics are the functions of CloudFormation whose short form is not "Fn::" and their name.
var intrinsics = map[string]string{"!Ref": "Ref", "!Condition": "Condition"}

const maxDepth = 100

// plain turns a node into maps, lists and scalars; a short form such as !Ref becomes its long one.
func plain(n *yaml.Node) (any, error) { return plainAt(n, 0) }

func plainAt(n *yaml.Node, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("line %d: nested too deeply", n.Line)
	}
	v, err := untagged(n, depth)
	if err != nil || !strings.HasPrefix(n.Tag, "!") || strings.HasPrefix(n.Tag, "!!") {
		return v, err
	}
	name, ok := intrinsics[n.Tag]
	if !ok {
		name = "Fn::" + strings.TrimPrefix(n.Tag, "!")
	}
	if text, ok := v.(string); ok && name == "Fn::GetAtt" {
		resource, attribute, _ := strings.Cut(text, ".")
		v = []any{resource, attribute}
	}
	return map[string]any{name: v}, nil
}

func untagged(n *yaml.Node, depth int) (any, error) {
	switch n.Kind {
	case yaml.MappingNode:
		m := make(map[string]any, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if _, twice := m[key]; twice {
				return nil, fmt.Errorf("line %d: %q stands twice", n.Content[i].Line, key)
			}
			v, err := plainAt(n.Content[i+1], depth+1)
			if err != nil {
				return nil, err
			}
			m[key] = v
		}
		return m, nil
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, c := range n.Content {
			v, err := plainAt(c, depth+1)
			if err != nil {
				return nil, err
			}
			list[i] = v
		}
		return list, nil
	case yaml.ScalarNode:
		if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
			return n.Value, nil
		}
		var v any
		err := n.Decode(&v)
		return v, err
	}
	return nil, fmt.Errorf("line %d: an alias or an unknown node; write it out", n.Line)
}
