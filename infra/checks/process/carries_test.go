package process_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/checks/process/catalogue"
)

// load is what a kind of function must not carry, and why.
type load struct {
	packages []string // "…/..." includes everything below
	kinds    []catalogue.Kind
	why      string
	except   map[string]string // by the function's folder: why it may
}

var (
	everyKind = []catalogue.Kind{catalogue.JSON, catalogue.Webhook, catalogue.Pages, catalogue.Stream, catalogue.Queue, catalogue.Letters, catalogue.Schedule}
	workers   = []catalogue.Kind{catalogue.Stream, catalogue.Queue, catalogue.Schedule}
	doors     = []catalogue.Kind{catalogue.JSON, catalogue.Webhook}
)

// The kind Letters is not among the workers: its letters lead to the pages, and are written in their words and templates.
var loads = []load{
	{packages: []string{"giberno.ru/infra/...", "testing/...", "net/http/httptest", "github.com/stretchr/testify/...", "pgregory.net/rapid"}, kinds: everyKind,
		why: "simulators, checks and tests are not deployed"},
	{packages: []string{"go.etcd.io/bbolt/...", "giberno.ru/shared/platform/file", "giberno.ru/shared/platform/*/boltengine"}, kinds: everyKind,
		why: "the file is the standalone's"},
	{packages: []string{"github.com/aws/aws-sdk-go-v2/config", "github.com/aws/aws-sdk-go-v2/feature/...", "github.com/aws/aws-sdk-go-v2/service/kms/..."},
		kinds: everyKind, why: "they make the start of every function longer; see kmskeys"},
	{packages: []string{"net/http/pprof", "net/rpc", "expvar"}, kinds: everyKind, why: "nobody of them is used"},
	{packages: []string{"github.com/xuri/..."}, kinds: everyKind, why: "the library of spreadsheets is large", except: map[string]string{
		"payments/get-register": "it answers with spreadsheets",
	}},
	{packages: []string{"html/template", "text/template/...", "giberno.ru/shared/*/pages/...", "giberno.ru/shared/platform/web/docs"}, kinds: append(doors, workers...),
		why: "template packages keep the linker from dropping methods: every function that reaches them is larger and starts slower"},
	{packages: []string{"github.com/wneessen/...", "giberno.ru/shared/notify/mail/smtp"}, kinds: append(workers, append(doors, catalogue.Pages)...),
		why: "letters are the work of one queue, so that a mail server that is slow holds up nothing else"},
	{packages: []string{"giberno.ru/shared/platform/web", "github.com/danielgtaylor/huma/...", "github.com/awslabs/..."}, kinds: workers,
		why: "nobody calls a worker over HTTP"},
	{packages: []string{"github.com/aws/aws-sdk-go-v2/service/sqs/..."}, kinds: []catalogue.Kind{catalogue.JSON, catalogue.Pages},
		why: "they send no jobs: what follows from a change is the relay's", except: map[string]string{
			"admin/close-settlement": "an operator asks for a job, and no row is changed from which it could follow",
		}},
}

// The runtime provided.al2023 is a minimal image, and nothing promises zone files in it; half a megabyte is of use to those
// alone who reckon the business days of a partner's zone.
func TestZonesAreCarriedByThoseWhoReckonDays(t *testing.T) {
	t.Parallel()
	deps := dependencies(t)
	for _, f := range catalogue.Functions() {
		require.Equal(t, f.Zones, slices.Contains(deps["giberno.ru/functions/"+f.Folder], "time/tzdata"), f.Folder)
	}
}

func TestNobodyCarriesWhatHeDoesNotUse(t *testing.T) {
	t.Parallel()
	deps := dependencies(t)
	for _, f := range catalogue.Functions() {
		linked := deps["giberno.ru/functions/"+f.Folder]
		require.NotEmpty(t, linked, "%s is no package", f.Folder)
		for _, l := range loads {
			if !slices.Contains(l.kinds, f.Kind) || l.except[f.Folder] != "" {
				continue
			}
			for _, pattern := range l.packages {
				for _, p := range linked {
					require.False(t, matches(pattern, p), "functions/%s links %s: %s", f.Folder, p, l.why)
				}
			}
		}
	}
}

// An exception that nobody needs any more would hide the next mistake.
func TestExceptionsAreNeeded(t *testing.T) {
	t.Parallel()
	deps := dependencies(t)
	for _, l := range loads {
		for folder := range l.except {
			needed := slices.ContainsFunc(deps["giberno.ru/functions/"+folder], func(p string) bool {
				return slices.ContainsFunc(l.packages, func(pattern string) bool { return matches(pattern, p) })
			})
			require.True(t, needed, "functions/%s links none of %v", folder, l.packages)
		}
	}
}

// dependencies asks the compiler what each function links.
func dependencies(t *testing.T) map[string][]string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-tags", "lambda.norpc", "-json=ImportPath,Deps", "./functions/...")
	cmd.Dir = root
	out, err := cmd.Output()
	require.NoError(t, err)
	deps := map[string][]string{}
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p struct {
			ImportPath string
			Deps       []string
		}
		require.NoError(t, d.Decode(&p))
		deps[p.ImportPath] = p.Deps
	}
	return deps
}

// matches holds a path against a pattern: * is one name, a last /... the package and everything below it.
func matches(pattern, path string) bool {
	below, deep := strings.CutSuffix(pattern, "/...")
	want, have := strings.Split(below, "/"), strings.Split(path, "/")
	if len(have) < len(want) || !deep && len(have) > len(want) {
		return false
	}
	for i, name := range want {
		if name != "*" && name != have[i] {
			return false
		}
	}
	return true
}
