package template_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/checks/template"
)

func TestParse(t *testing.T) {
	t.Parallel()
	parse := func(t *testing.T, resource string) template.Value {
		t.Helper()
		tmpl, err := template.Parse([]byte("Resources:\n  One: { Type: A, Properties: " + resource + " }\n"))
		require.NoError(t, err)
		r, ok := tmpl.Resource("One")
		require.True(t, ok)
		return r.Properties
	}
	t.Run("ShortFormsAreLongOnes", func(t *testing.T) {
		t.Parallel()
		p := parse(t, `{ A: !Ref X, B: !GetAtt X.Arn, C: !Sub "${X}-a", D: !If [Cond, !Ref Y, 3], E: { Ref: X } }`)
		require.Equal(t, "X", p.At("A").Target())
		require.Equal(t, "X", p.At("B").Target())
		require.Equal(t, "X", p.At("B").Address())
		require.Equal(t, "${X}-a", p.At("C", "Fn::Sub").Text())
		require.Equal(t, 3, p.At("D", "Fn::If").List()[2].Number())
		require.Equal(t, p.At("A"), p.At("E"))
	})
	t.Run("Addresses", func(t *testing.T) {
		t.Parallel()
		p := parse(t, `[!GetAtt Table.Arn, !Sub "${Table.Arn}/index/first", !GetAtt Table.StreamArn, "*"]`)
		var got []string
		for _, v := range p.List() {
			got = append(got, v.Address())
		}
		require.Equal(t, []string{"Table", "Table/index/first", "Table.StreamArn", "*"}, got)
	})
	t.Run("WhatIsNotThereIsZero", func(t *testing.T) {
		t.Parallel()
		p := parse(t, `{ A: 1 }`)
		require.True(t, p.At("B", "C").IsZero())
		require.Empty(t, p.At("B").List())
		require.Empty(t, p.At("A", "deeper").Text())
	})
	for name, text := range map[string]string{
		"ErrNoResources": "Parameters: {}", "ErrTwice": "Resources: { A: { Type: B }, A: { Type: C } }", "ErrNoYAML": "Resources: [", "ErrAlias": "Resources: { A: &a { Type: B }, C: *a }",
		"ErrEmpty": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := template.Parse([]byte(text))
			require.Error(t, err)
		})
	}
}

func TestGrants(t *testing.T) {
	t.Parallel()
	s := template.Statement{Effect: "Allow", Actions: []string{"dynamodb:Query"}, Resources: []string{"Table"}, Keys: []string{"PAY#*"}}
	use := template.Use{Action: "dynamodb:Query", Resource: "Table", Key: "PAY#t#1"}
	pattern, ok := s.Grants(use)
	require.True(t, ok)
	require.Equal(t, "PAY#*", pattern)
	for name, other := range map[string]template.Use{
		"ErrOtherAction": {Action: "dynamodb:Scan", Resource: "Table", Key: "PAY#t#1"}, "ErrOtherIndex": {Action: "dynamodb:Query", Resource: "Table/index/first", Key: "PAY#t#1"},
		"ErrOtherDomain": {Action: "dynamodb:Query", Resource: "Table", Key: "ID#ACCT#t"}, "ErrNoKey": {Action: "dynamodb:Query", Resource: "Table"},
	} {
		_, ok := s.Grants(other)
		require.False(t, ok, name)
	}
	keys := template.Statement{Effect: "Allow", Actions: []string{"kms:Decrypt"}, Resources: []string{"RootKey"}, Context: map[string]string{"name": "test|live"}}
	_, ok = keys.Grants(template.Use{Action: "kms:Decrypt", Resource: "RootKey", Context: map[string]string{"name": "live"}})
	require.True(t, ok)
	_, ok = keys.Grants(template.Use{Action: "kms:Decrypt", Resource: "RootKey", Context: map[string]string{"name": "signing"}})
	require.False(t, ok, "a key of another name")
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(laden))
	f.Add([]byte("Resources: { A: { Type: B, Properties: !GetAtt [A, B] } }"))
	f.Add([]byte("Resources: !Ref A"))
	f.Fuzz(func(_ *testing.T, text []byte) {
		tmpl, err := template.Parse(text)
		if err != nil {
			return
		}
		tmpl.Functions()
		_, _ = tmpl.Routes()
		tmpl.Count()
		for _, r := range tmpl.All() {
			tmpl.Statements(r.Name)
		}
	})
}
