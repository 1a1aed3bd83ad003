package template_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// never is what no role of functions may do: read the whole table, delete rows, go around the engines, or administer.
var never = []string{"dynamodb:Scan", "dynamodb:DeleteItem", "dynamodb:PartiQL", "dynamodb:BatchWriteItem", "*"}

// deletes are the permissions to delete rows, each with its reason.
var deletes = map[string]string{
	"EventsWriter.DropEndpoints": "an endpoint that its partner has deleted takes its secrets with it",
}

// A permission on rows names the keys that it is about, so that a mistake in one domain cannot touch another's rows.
func TestPermissionsAreNarrow(t *testing.T) {
	t.Parallel()
	tmpl := read(t)
	for _, f := range tmpl.Functions() {
		statements := tmpl.Statements(f.Role)
		require.NotEmpty(t, statements, f.Name)
		for _, s := range statements {
			require.Equal(t, "Allow", s.Effect, s.Where)
			for _, action := range s.Actions {
				for _, forbidden := range never {
					if forbidden == "dynamodb:DeleteItem" && deletes[s.Where] != "" {
						continue
					}
					require.False(t, strings.HasPrefix(action, forbidden) || strings.Contains(action, "*"), "%s permits %s", s.Where, action)
				}
				onRows := strings.HasPrefix(action, "dynamodb:") && !slices.Contains(s.Resources, "Table.StreamArn")
				require.Equal(t, onRows, len(s.Keys) > 0, "%s permits %s on any row", s.Where, action)
			}
			for _, key := range s.Keys {
				require.Regexp(t, `^[A-Z]+#([A-Z]+#)*(\*|[A-Z]+)$`, key, "%s: a pattern ends at a whole word, or is a whole key", s.Where)
			}
			for _, r := range s.Resources {
				require.True(t, r != "*" || slices.Contains(s.Actions, "xray:PutTraceSegments"), "%s is about everything", s.Where)
			}
			if slices.Contains(s.Actions, "kms:Decrypt") {
				require.Equal(t, "root-key", s.Context["giberno"], s.Where)
				require.NotEmpty(t, s.Context["name"], "%s: any wrapped key could be opened", s.Where)
			}
		}
	}
}

// A role that nobody has is a permission that waits for a thief.
func TestRolesAreHadBySomebody(t *testing.T) {
	t.Parallel()
	tmpl := read(t)
	had := map[string]bool{"ApiCaller": true, "Scheduler": true}
	for _, f := range tmpl.Functions() {
		had[f.Role] = true
	}
	for _, r := range tmpl.Of("AWS::IAM::Role") {
		require.True(t, had[r.Name], r.Name)
	}
}
