package template_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/checks/template"
	"giberno.ru/shared/core/clock"
	ledgerjobs "giberno.ru/shared/ledger/jobs"
	"giberno.ru/shared/ledger/settle"
	"giberno.ru/shared/payments/wire/books"
	"giberno.ru/shared/payments/wire/onaws/workers"
	"giberno.ru/shared/payments/wire/providers"
	"giberno.ru/shared/platform/log"
	"giberno.ru/shared/platform/queue/sqsengine"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/secret/kmskeys"
	"giberno.ru/shared/platform/table/dynamoengine"
)

// givenByLambda is what every function finds without anybody's declaration.
var givenByLambda = []string{"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_LOG_LEVEL"}

// undeclared is read and deliberately not declared.
var undeclared = map[string]string{
	"AWS_ENDPOINT_URL": "of all services at once: `sam local` hands a declared variable of the developer's shell to the functions, and SAM's own calls are led nowhere by this one",
}

// ofOne are the variables of a single function, by name: nobody else is to hold a password that he does not use.
var ofOne = map[string]string{"SMTP_URL": "workers/receipts", "SMTP_PASSWORD": "workers/receipts", "MAIL_FROM": "workers/receipts"}

const queueVariable = "QUEUE_URL_"

// readByCode lists every variable that the functions read: by the engines' own account, and by every call of os.Getenv.
func readByCode(t *testing.T) []string {
	t.Helper()
	names := map[string]bool{}
	note := func(name string) string {
		names[name] = true
		return ""
	}
	dynamoengine.FromEnv(note)
	sqsengine.FromEnv(note)
	keys := kmskeys.FromEnv(note)
	for _, name := range secret.KeyNames {
		keys.Wrapped(name)
	}
	eachCall(t, "os", "Getenv", func(call *ast.CallExpr, _ *ast.File) {
		if name, ok := literal(call.Args[0]); ok {
			names[name] = true
		}
	})
	var list []string
	for name := range names {
		if !slices.Contains(givenByLambda, name) && undeclared[name] == "" {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

func TestEnvironmentIsWhatTheCodeReads(t *testing.T) {
	t.Parallel()
	tmpl, code := read(t), readByCode(t)
	var everywhere []string
	for name := range tmpl.Globals.At("Environment", "Variables").Map() {
		everywhere = append(everywhere, name)
	}
	for _, name := range code {
		if !strings.HasPrefix(name, queueVariable) && ofOne[name] == "" {
			require.Contains(t, everywhere, name, "a function reads it, and nobody gives it")
		}
	}
	for _, f := range tmpl.Functions() {
		for name, folder := range ofOne {
			_, has := f.Environment[name]
			require.Equal(t, folder == f.Folder, has, "%s: %s", f.Name, name)
		}
		for name, v := range f.Environment {
			require.Contains(t, code, name, "%s declares what nobody reads", f.Name)
			if strings.HasPrefix(name, "AWS_ENDPOINT_URL_") {
				require.Empty(t, v.Text(), "%s: %s is for stand-ins alone", f.Name, name)
			}
		}
	}
}

// A function has the address of exactly those queues that its role lets it send to, or whose jobs it may hide.
func TestQueueAddressesFollowTheRoles(t *testing.T) {
	t.Parallel()
	tmpl := read(t)
	for _, f := range tmpl.Functions() {
		var may, has []string
		for _, s := range tmpl.Statements(f.Role) {
			spoken := slices.Contains(s.Actions, "sqs:SendMessage") || slices.Contains(s.Actions, "sqs:ChangeMessageVisibility")
			if spoken && s.Resources[0] != "RelayDeadQueue" { // Lambda itself sends there
				may = append(may, s.Resources...)
			}
		}
		for name, v := range f.Environment {
			if full, ok := strings.CutPrefix(name, queueVariable); ok {
				require.Equal(t, template.NameOf(strings.ToLower(strings.ReplaceAll(full, "_", "-")))+"Queue", v.Target(), f.Name)
				has = append(has, v.Target())
			}
		}
		require.ElementsMatch(t, may, has, f.Name)
	}
}

// What is secret among the parameters is shown by no description of the stack, and empty where nobody gives it.
func TestPasswordsAreNotEchoed(t *testing.T) {
	t.Parallel()
	for name, p := range read(t).Parameters.Map() {
		if strings.Contains(name, "Password") {
			require.True(t, p.At("NoEcho").Truth(), name)
			require.Empty(t, p.At("Default").Text(), name)
		}
	}
}

// metric is one that an alarm looks at.
type metric struct{ alarm, namespace, name, dimension, value string }

// metricsOf lists what the alarms look at, directly or by an expression.
func metricsOf(tmpl *template.Template) []metric {
	var list []metric
	for _, a := range tmpl.Of("AWS::CloudWatch::Alarm") {
		found := []template.Value{a.Properties}
		for _, m := range a.Properties.At("Metrics").List() {
			found = append(found, m.At("MetricStat", "Metric"))
		}
		for _, m := range found {
			if m.At("MetricName").IsZero() {
				continue
			}
			one := metric{alarm: a.Name, namespace: m.At("Namespace").Text(), name: m.At("MetricName").Text()}
			for _, d := range m.At("Dimensions").List() {
				one.dimension, one.value = d.At("Name").Text(), d.At("Value").Text()
			}
			list = append(list, one)
		}
	}
	return list
}

// An alarm on a metric of ours, which nobody writes, would sleep for ever.
func TestAlarmsAreOnMetricsThatAreWritten(t *testing.T) {
	t.Parallel()
	written := map[string]bool{}
	eachCall(t, "log", "Metric", func(_ *ast.CallExpr, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			if e, ok := n.(ast.Expr); ok {
				if name, ok := literal(e); ok {
					written[name] = true
				}
			}
			return true
		})
	})
	tmpl := read(t)
	for _, a := range tmpl.Of("AWS::CloudWatch::Alarm") {
		require.False(t, a.Properties.At("AlarmActions").IsZero(), "%s speaks to nobody", a.Name)
		require.NotEmpty(t, a.Properties.At("AlarmDescription").Text(), a.Name)
	}
	ours := 0
	for _, m := range metricsOf(tmpl) {
		if m.namespace == log.Namespace {
			ours++
			require.True(t, written[m.name] && (m.dimension == "" || written[m.dimension]), "%s looks at %s by %q", m.alarm, m.name, m.dimension)
		}
	}
	require.Positive(t, ours)
}

// Every kind of alarm that the payments and the ledger raise, and the silence of every bank, rings.
func TestEveryKindOfTroubleRings(t *testing.T) {
	t.Parallel()
	var kinds, silent []string
	for _, m := range metricsOf(read(t)) {
		switch m.name {
		case "alarm_raised":
			kinds = append(kinds, m.value)
		case "bank_silent":
			silent = append(silent, m.value)
		}
	}
	text, err := os.ReadFile(filepath.Join(root, "shared", "payments", "alarm.go"))
	require.NoError(t, err)
	known := []string{settle.NegativePayable, settle.SettlementMismatch, settle.SettlementOverdue, ledgerjobs.LedgerMissing, books.ReconciliationBreaks}
	for _, found := range regexp.MustCompile(`AlarmKind = "(\w+)"`).FindAllStringSubmatch(string(text), -1) {
		known = append(known, found[1])
	}
	require.Greater(t, len(known), 3)
	require.ElementsMatch(t, known, kinds)
	require.ElementsMatch(t, providers.List(nil, clock.System{}, slog.New(slog.DiscardHandler)).Providers(), silent)
}

// The alarms of the payment road look at every function that takes turns by a canary.
func TestRoadAlarmsWatchTheRoad(t *testing.T) {
	t.Parallel()
	tmpl := read(t)
	road := sortedNames(tmpl.Functions(), func(f template.Function) bool { return !f.Canary.IsZero() })
	for _, name := range []string{"RoadAlarm", "RoadThrottlesAlarm"} {
		alarm, ok := tmpl.Resource(name)
		require.True(t, ok, name)
		var watched []string
		for _, m := range alarm.Properties.At("Metrics").List() {
			for _, d := range m.At("MetricStat", "Metric", "Dimensions").List() {
				watched = append(watched, d.At("Value").Target())
			}
		}
		require.ElementsMatch(t, road, watched, name)
		require.LessOrEqual(t, len(watched), 10, "%s: an alarm looks at ten metrics", name)
	}
	for _, f := range tmpl.Functions() {
		if !f.Canary.IsZero() {
			require.Equal(t, "RoadAlarm", f.Canary.At("Alarms").List()[0].Target(), f.Name)
		}
	}
}

// eachCall visits every call of pkg.name in what functions are made of.
func eachCall(t *testing.T, pkg, name string, visit func(*ast.CallExpr, *ast.File)) {
	t.Helper()
	for _, top := range []string{"shared", "functions"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, top), func(at string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(at, ".go") || strings.HasSuffix(at, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), at, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok && selects(call.Fun, pkg, name) {
					visit(call, file)
				}
				return true
			})
			return nil
		}))
	}
}

func selects(e ast.Expr, pkg, name string) bool {
	s, ok := e.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != name {
		return false
	}
	x, ok := s.X.(*ast.Ident)
	return ok && x.Name == pkg
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

func shardsOf(t *testing.T, input string) []int {
	t.Helper()
	var s workers.Sweep
	d := json.NewDecoder(strings.NewReader(input))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&s))
	require.NotEmpty(t, s.Shards, "none means every one")
	return s.Shards
}
