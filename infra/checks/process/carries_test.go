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
}

var (
	everyKind = []catalogue.Kind{catalogue.JSON, catalogue.Webhook, catalogue.Pages, catalogue.Stream, catalogue.Queue, catalogue.Schedule}
	workers   = []catalogue.Kind{catalogue.Stream, catalogue.Queue, catalogue.Schedule}
	doors     = []catalogue.Kind{catalogue.JSON, catalogue.Webhook}
)

var loads = []load{
	{[]string{"giberno.ru/infra/...", "testing/...", "net/http/httptest", "github.com/stretchr/testify/...", "pgregory.net/rapid"}, everyKind,
		"simulators, checks and tests are not deployed"},
	{[]string{"go.etcd.io/bbolt/...", "giberno.ru/shared/platform/file", "giberno.ru/shared/platform/*/boltengine"}, everyKind, "the file is the standalone's"},
	{[]string{"github.com/aws/aws-sdk-go-v2/config", "github.com/aws/aws-sdk-go-v2/feature/...", "github.com/aws/aws-sdk-go-v2/service/kms/..."}, everyKind,
		"they make the start of every function longer; see kmskeys"},
	{[]string{"time/tzdata", "net/http/pprof", "net/rpc", "expvar"}, everyKind, "nobody of them is used"},
	{[]string{"html/template", "text/template/...", "giberno.ru/shared/*/pages/...", "giberno.ru/shared/platform/web/docs"}, append(doors, workers...),
		"template packages keep the linker from dropping methods: every function that reaches them is larger and starts slower"},
	{[]string{"giberno.ru/shared/platform/web", "github.com/danielgtaylor/huma/...", "github.com/awslabs/..."}, workers, "nobody calls a worker over HTTP"},
	{[]string{"github.com/aws/aws-sdk-go-v2/service/sqs/..."}, []catalogue.Kind{catalogue.JSON, catalogue.Pages}, "they send no jobs: what follows from a change is the relay's"},
}

func TestNobodyCarriesWhatHeDoesNotUse(t *testing.T) {
	t.Parallel()
	deps := dependencies(t)
	for _, f := range catalogue.Functions() {
		linked := deps["giberno.ru/functions/"+f.Folder]
		require.NotEmpty(t, linked, "%s is no package", f.Folder)
		for _, l := range loads {
			if !slices.Contains(l.kinds, f.Kind) {
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
