package template_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/checks/process/catalogue"
	"giberno.ru/infra/checks/template"
)

const root = "../../.."

func read(t *testing.T) *template.Template {
	t.Helper()
	tmpl, err := template.Read(filepath.Join(root, "template.yaml"))
	require.NoError(t, err)
	return tmpl
}

func routes(t *testing.T) []template.Route {
	t.Helper()
	list, err := read(t).Routes()
	require.NoError(t, err)
	return list
}

// Each folder below functions is one function of the template, under its own name, and nothing else is.
func TestFunctionsAreTheFolders(t *testing.T) {
	t.Parallel()
	mains, err := filepath.Glob(filepath.Join(root, "functions", "*", "*", "main.go"))
	require.NoError(t, err)
	require.NotEmpty(t, mains)
	var folders, declared []string
	for _, main := range mains {
		folder, err := filepath.Rel(filepath.Join(root, "functions"), filepath.Dir(main))
		require.NoError(t, err)
		folders = append(folders, filepath.ToSlash(folder))
	}
	for _, f := range read(t).Functions() {
		declared = append(declared, f.Folder)
		require.Equal(t, template.NameOf(f.Folder), f.Name, "a function is named after its folder")
	}
	require.ElementsMatch(t, folders, declared, "template.yaml and functions/ name different functions")
}

func TestFunctionsAreBuiltAndKeptAlike(t *testing.T) {
	t.Parallel()
	tmpl := read(t)
	for _, f := range tmpl.Functions() {
		require.Equal(t, "go1.x", f.BuildMethod, "%s: `sam build` would not compile it", f.Name)
		require.Equal(t, "bootstrap", f.Handler, "%s: the builder names its program so", f.Name)
		require.Equal(t, "provided.al2023", f.Runtime, f.Name)
		domain, _, _ := strings.Cut(f.Folder, "/")
		require.Equal(t, template.NameOf(domain)+"Logs", f.Logs, "%s: one log group a domain", f.Name)
		role, ok := tmpl.Resource(f.Role)
		require.True(t, ok && role.Type == "AWS::IAM::Role", "%s: a role of ours, else SAM makes one that may do more", f.Name)
	}
	for _, g := range tmpl.Of("AWS::Logs::LogGroup") {
		require.False(t, g.Properties.At("RetentionInDays").IsZero(), "%s would be kept for ever", g.Name)
	}
}

// The API leads every method and path of an endpoint to its function, and nothing else anywhere.
func TestRoutesAreTheEndpoints(t *testing.T) {
	t.Parallel()
	served := map[string]string{}
	for _, r := range routes(t) {
		served[r.Line] = r.Function
		require.Equal(t, "2.0", r.Payload, "%s: the functions read payload 2.0", r.Line)
		require.Equal(t, "ApiCaller", r.Role, "%s: nobody else may call", r.Line)
	}
	wanted := map[string]string{}
	for _, f := range catalogue.Functions() {
		for _, line := range f.Routes {
			wanted[line] = template.NameOf(f.Folder)
		}
	}
	require.Equal(t, wanted, served, "template.yaml and the endpoints differ")
}

// A version that takes over by turns must be reached by its alias, or it would take over at once.
func TestCanariesAreReachedByTheirAlias(t *testing.T) {
	t.Parallel()
	canaries := map[string]string{}
	for _, f := range read(t).Functions() {
		require.Equal(t, f.Alias != "", !f.Canary.IsZero(), "%s: an alias and its canary belong together", f.Name)
		canaries[f.Name] = f.Alias
	}
	for _, r := range routes(t) {
		require.Equal(t, canaries[r.Function], r.Alias, r.Line)
	}
}

// Each function has its sample event, and one over HTTP is a request that the API leads to that function.
func TestEventsReachTheirFunctions(t *testing.T) {
	t.Parallel()
	leads := map[string]string{}
	for _, r := range routes(t) {
		leads[r.Line] = r.Function
	}
	var folders []string
	for _, f := range read(t).Functions() {
		folders = append(folders, f.Folder+".json")
		text, err := os.ReadFile(filepath.Join(root, "events", filepath.FromSlash(f.Folder)+".json"))
		require.NoError(t, err)
		var event struct{ RouteKey string }
		require.NoError(t, json.Unmarshal(text, &event), f.Folder)
		if event.RouteKey != "" && event.RouteKey != "$default" { // of a function URL, which has no routes
			require.Equal(t, f.Name, leads[event.RouteKey], f.Folder)
		}
	}
	found, err := filepath.Glob(filepath.Join(root, "events", "*", "*"))
	require.NoError(t, err)
	for _, path := range found {
		event, err := filepath.Rel(filepath.Join(root, "events"), path)
		require.NoError(t, err)
		require.Contains(t, folders, filepath.ToSlash(event), "an event of no function")
	}
}

func TestLimitsOfRoutes(t *testing.T) {
	t.Parallel()
	tmpl := read(t)
	var lines []string
	for _, r := range routes(t) {
		lines = append(lines, r.Line)
	}
	require.LessOrEqual(t, len(lines), 300, "an HTTP API has 300 routes")
	api, ok := tmpl.Resource("Api")
	require.True(t, ok)
	slow := map[string]bool{}
	for _, f := range tmpl.Functions() {
		slow[f.Name] = f.Timeout > tmpl.Globals.At("Timeout").Number()
	}
	limited := api.Properties.At("RouteSettings").Map()
	for line := range limited {
		require.Contains(t, lines, line, "a limit of a route that is not there stops the deployment")
	}
	for _, r := range routes(t) {
		if slow[r.Function] && strings.HasPrefix(r.Line, "POST ") && r.Function != "NotifyTbank" { // a bank's own pace is not ours to cut
			require.Contains(t, limited, r.Line, "it waits for a bank and needs a limit of its own")
		}
	}
	require.False(t, api.Properties.At("DefaultRouteSettings", "ThrottlingRateLimit").IsZero())
	require.NotContains(t, api.Properties.At("AccessLogSettings", "Format").Text(), "$context.path", "the path of a page holds the payer's link")
}

// The webhook of every bank can be reached past the API, and no other function can.
func TestFunctionURLsAreOfWebhooks(t *testing.T) {
	t.Parallel()
	kinds := map[string]catalogue.Kind{}
	for _, f := range catalogue.Functions() {
		kinds[f.Folder] = f.Kind
	}
	for _, f := range read(t).Functions() {
		require.Equal(t, kinds[f.Folder] == catalogue.Webhook, f.URL, f.Name)
	}
}

// sortedNames are the names of functions that have what is asked.
func sortedNames(functions []template.Function, has func(template.Function) bool) []string {
	var names []string
	for _, f := range functions {
		if has(f) {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	return names
}
