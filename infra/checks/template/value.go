package template

import "strings"

// Value is a part of a template. The zero Value is what is not there.
type Value struct{ v any }

// At goes down by keys of maps; what is not there is the zero Value.
func (v Value) At(path ...string) Value {
	for _, key := range path {
		m, _ := v.v.(map[string]any)
		v = Value{m[key]}
	}
	return v
}

// IsZero reports what is not there.
func (v Value) IsZero() bool { return v.v == nil }

// Map gives the entries of a map; none for anything else.
func (v Value) Map() map[string]Value {
	m, _ := v.v.(map[string]any)
	out := make(map[string]Value, len(m))
	for key, one := range m {
		out[key] = Value{one}
	}
	return out
}

// List gives the elements of a list; what is a single value stands for a list of one, as policies have it.
func (v Value) List() []Value {
	list, ok := v.v.([]any)
	if !ok {
		if v.IsZero() {
			return nil
		}
		return []Value{v}
	}
	out := make([]Value, len(list))
	for i, one := range list {
		out[i] = Value{one}
	}
	return out
}

// Text is a string; "" for anything else.
func (v Value) Text() string {
	s, _ := v.v.(string)
	return s
}

// Texts are the strings of a list.
func (v Value) Texts() []string {
	var out []string
	for _, one := range v.List() {
		out = append(out, one.Text())
	}
	return out
}

// Number is a whole number; 0 for anything else.
func (v Value) Number() int {
	n, _ := v.v.(int)
	return n
}

// Truth is a boolean; false for anything else.
func (v Value) Truth() bool {
	b, _ := v.v.(bool)
	return b
}

// Target names the resource or parameter that a Ref or a GetAtt means; "" for anything else.
func (v Value) Target() string {
	if name := v.At("Ref").Text(); name != "" {
		return name
	}
	if parts := v.At("Fn::GetAtt").List(); len(parts) == 2 {
		return parts[0].Text()
	}
	return ""
}

// Address writes an ARN without what only a deployment knows: !GetAtt Table.Arn is "Table", its stream "Table.StreamArn",
// "${Table.Arn}/index/first" is "Table/index/first". Anything else is as it stands.
func (v Value) Address() string {
	if parts := v.At("Fn::GetAtt").List(); len(parts) == 2 {
		if parts[1].Text() == "Arn" {
			return parts[0].Text()
		}
		return parts[0].Text() + "." + parts[1].Text()
	}
	text := v.Text()
	if text == "" {
		text = v.At("Fn::Sub").Text()
	}
	if rest, ok := strings.CutPrefix(text, "${Table.Arn}"); ok {
		return "Table" + rest
	}
	return text
}
