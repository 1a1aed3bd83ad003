package template

import (
	"path"
	"slices"
	"strings"
)

// Statement is one permission of a role.
type Statement struct {
	Where     string // "PaymentsWriter.WriteOrders"
	Effect    string
	Actions   []string
	Resources []string          // as Value.Address writes them
	Keys      []string          // patterns of dynamodb:LeadingKeys
	Context   map[string]string // of KMS: every entry's patterns, joined by "|"
}

// Statements lists what a role may do, by its own policies and by the managed ones that it has.
func (t *Template) Statements(role string) []Statement {
	r, ok := t.Resource(role)
	if !ok {
		return nil
	}
	var list []Statement
	for _, policy := range r.Properties.At("Policies").List() {
		list = append(list, statements(role, policy.At("PolicyDocument"))...)
	}
	for _, managed := range r.Properties.At("ManagedPolicyArns").List() {
		if m, ok := t.Resource(managed.Target()); ok {
			list = append(list, statements(m.Name, m.Properties.At("PolicyDocument"))...)
		}
	}
	return list
}

func statements(owner string, document Value) []Statement {
	var list []Statement
	for _, s := range document.At("Statement").List() {
		one := Statement{Where: owner + "." + s.At("Sid").Text(), Effect: s.At("Effect").Text(), Actions: s.At("Action").Texts(), Context: map[string]string{}}
		for _, r := range s.At("Resource").List() {
			one.Resources = append(one.Resources, r.Address())
		}
		one.Keys = s.At("Condition", "ForAllValues:StringLike", "dynamodb:LeadingKeys").Texts()
		for name, v := range s.At("Condition", "StringEquals").Map() {
			if entry, ok := strings.CutPrefix(name, "kms:EncryptionContext:"); ok {
				one.Context[entry] = strings.Join(v.Texts(), "|")
			}
		}
		list = append(list, one)
	}
	return list
}

// Use is one thing that a function does to AWS.
type Use struct {
	Action   string            // "dynamodb:Query"
	Resource string            // "Table/index/first", "WebhookRetriesQueue"
	Key      string            // the partition key of DynamoDB
	Context  map[string]string // the encryption context of KMS
}

// Grants reports whether the statement permits a use, and by which pattern of keys; "" where keys play no role.
func (s Statement) Grants(u Use) (pattern string, ok bool) {
	if s.Effect != "Allow" || !slices.Contains(s.Actions, u.Action) || !slices.Contains(s.Resources, u.Resource) {
		return "", false
	}
	for name, allowed := range s.Context {
		if !slices.Contains(strings.Split(allowed, "|"), u.Context[name]) {
			return "", false
		}
	}
	if len(s.Keys) == 0 {
		return "", true
	}
	for _, pattern := range s.Keys {
		if like(pattern, u.Key) {
			return pattern, true
		}
	}
	return "", false
}

// like is StringLike of IAM for patterns that end in a star.
func like(pattern, text string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(text, prefix)
	}
	matched, err := path.Match(pattern, text)
	return err == nil && matched
}
