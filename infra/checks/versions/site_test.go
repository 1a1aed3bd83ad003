//go:build versions

package versions

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"giberno.ru/infra/checks/process/binaries"
	"giberno.ru/infra/checks/process/runtimeapi"
	"giberno.ru/infra/checks/process/world"
	"giberno.ru/infra/checks/template"
	"giberno.ru/infra/sam/kms"
	"giberno.ru/infra/sam/provision"
	tbanksim "giberno.ru/infra/simulators/tbank"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/dynamoengine"
	"giberno.ru/shared/platform/table/stamped"
)

const (
	root       = "../../.."
	buildTime  = 4 * time.Minute // of one version with a cold cache
	answerTime = 30 * time.Second
	baseURL    = "https://pay.example"
)

// played are the functions that take a step on some road; both versions have them.
var played = []string{
	"admin/create-partner", "admin/issue-partner-token", "admin/create-account", "banks/notify-tbank",
	"payments/create-order", "payments/create-payment", "payments/get-order", "payments/cancel-order", "payments/capture-payment",
	"payments/void-payment", "workers/relay", "workers/sweeper", "workers/webhook-retries",
}

// added are functions that only this version has.
var added = []string{"workers/receipts", "workers/settlements"}

// built is where the binaries of each version are.
var built = map[version]string{}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "versions-*")
	if err == nil {
		err = build(dir)
	}
	code := 1
	if err == nil {
		code = m.Run()
	} else {
		fmt.Fprintln(os.Stderr, "versions:", err)
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// build compiles both versions. VERSIONS_PREVIOUS is the folder of the previous version's source.
func build(dir string) error {
	source := os.Getenv("VERSIONS_PREVIOUS")
	if source == "" {
		return fmt.Errorf("VERSIONS_PREVIOUS is not set: run infra/checks/versions/run.sh")
	}
	for v, from := range map[version]string{older: source, newer: root} {
		built[v] = filepath.Join(dir, string(v))
		byDomain := map[string][]string{}
		folders := played
		if v == newer {
			folders = slices.Concat(played, added)
		}
		for _, folder := range folders {
			domain := filepath.Dir(folder)
			byDomain[domain] = append(byDomain[domain], "./functions/"+folder)
		}
		for domain, packages := range byDomain {
			out := filepath.Join(built[v], domain)
			if err := os.MkdirAll(out, 0o755); err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(context.Background(), buildTime)
			err := binaries.Compile(ctx, from, out+string(filepath.Separator), packages...)
			cancel()
			if err != nil {
				return fmt.Errorf("the %s version: %w", v, err)
			}
		}
	}
	return nil
}

// site is one installation on which both versions run: table, queue, keys, bank, and a process per function and version.
type site struct {
	t        testing.TB
	env      []string
	running  map[string]*runtimeapi.Process
	rows     table.Table
	orders   *store.Store
	stream   *stream
	client   *sqs.Client
	lines    []line
	bank     *tbanksim.Bank
	bankTime *clock.Manual
	bankAt   string
	tokens   map[version]string // of the partner whom each version founded

	mu   sync.Mutex
	ears map[noticeKind]version // who hears which notice; nobody: it is lost
}

func setup(t *testing.T) *site {
	t.Helper()
	ctx := t.Context()
	tmpl, err := template.Read(filepath.Join(root, "template.yaml"))
	require.NoError(t, err)
	name := fmt.Sprintf("versions-%s-%d", t.Name(), time.Now().UnixMilli())
	made := provision.Site{Template: tmpl, DynamoDB: server(t, "WIRE_DYNAMODB"), SQS: server(t, "WIRE_SQS"), Stack: name}
	require.NoError(t, made.Table(ctx, name))
	queues, err := made.Queues(ctx)
	require.NoError(t, err)
	keys := httptest.NewServer(kms.Handler(world.Keys{}))
	t.Cleanup(keys.Close)
	x := &site{
		t: t, running: map[string]*runtimeapi.Process{}, tokens: map[version]string{}, ears: map[noticeKind]version{},
		stream: openStream(t, made.DynamoDB, name), bankTime: clock.At(time.Now()),
		client: sqs.New(sqs.Options{Region: provision.Region, BaseEndpoint: &made.SQS, Credentials: provision.Anybody}),
		lines: []line{
			{name: "webhook-retries", address: queues["WebhookRetriesQueue"], dead: queues["WebhookRetriesDeadQueue"]},
			{name: "receipts", address: queues["ReceiptsQueue"], dead: queues["ReceiptsDeadQueue"], added: true},
			{name: "settlements", address: queues["SettlementsQueue"], dead: queues["SettlementsDeadQueue"], added: true},
		},
		env: []string{
			"AWS_REGION=" + provision.Region, "AWS_ENDPOINT_URL_DYNAMODB=" + made.DynamoDB, "AWS_ENDPOINT_URL_SQS=" + made.SQS,
			"AWS_ENDPOINT_URL_KMS=" + keys.URL, "TABLE_NAME=" + name, "BASE_URL=" + baseURL,
			"QUEUE_URL_WEBHOOK_RETRIES=" + queues["WebhookRetriesQueue"], "QUEUE_URL_WEBHOOK_RETRIES_DEAD=" + queues["WebhookRetriesDeadQueue"],
			"QUEUE_URL_RECEIPTS=" + queues["ReceiptsQueue"], "QUEUE_URL_RECEIPTS_DEAD=" + queues["ReceiptsDeadQueue"],
			"QUEUE_URL_SETTLEMENTS=" + queues["SettlementsQueue"], "QUEUE_URL_SETTLEMENTS_DEAD=" + queues["SettlementsDeadQueue"],
			"DATA_KEY_TEST=" + kms.Wrapped(secret.TestData), "DATA_KEY_LIVE=" + kms.Wrapped(secret.LiveData), "CURSOR_KEY=" + kms.Wrapped(secret.Signing),
		},
	}
	x.rows = stamped.New(dynamoengine.Open(dynamoengine.Options{
		Region: provision.Region, Endpoint: made.DynamoDB, Credentials: provision.Anybody, Table: name,
	}), stamped.Options{})
	x.orders = store.New(x.rows)
	t.Cleanup(x.stop)
	x.openBank(t)
	x.found(t)
	return x
}

func server(t testing.TB, variable string) string {
	t.Helper()
	address := os.Getenv(variable)
	require.NotEmpty(t, address, "%s is not set: run infra/checks/versions/run.sh", variable)
	return address
}

// openBank runs T-Bank with a terminal for the partner of each version. Its clock stands still until it is moved.
func (x *site) openBank(t *testing.T) {
	t.Helper()
	config := tbanksim.Config{Clock: x.bankTime, Deliver: door{x}, NoMagicAmounts: true, Log: slog.New(slog.DiscardHandler)}
	for _, v := range both {
		config.Terminals = append(config.Terminals, tbanksim.Terminal{
			Key: terminal(v), Password: world.Password, NotificationURL: baseURL + notices, Fiscal: true,
		})
	}
	var err error
	x.bank, err = tbanksim.New(config)
	require.NoError(t, err)
	street := httptest.NewServer(x.bank.Handler())
	t.Cleanup(func() {
		street.Close()
		require.NoError(t, x.bank.Close())
	})
	x.bankAt = street.URL
	x.bank.SetBaseURL(x.bankAt)
}

func terminal(v version) string { return string(v) + "DEMO" }

// process gives the running binary of a function, and starts it when it is first needed.
func (x *site) process(v version, folder string) (*runtimeapi.Process, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	at := filepath.Join(built[v], filepath.FromSlash(folder))
	p, ok := x.running[at]
	if !ok {
		var err error
		if p, err = runtimeapi.Launch(at, x.env...); err != nil {
			return nil, err
		}
		x.running[at] = p
	}
	return p, nil
}

// invoke hands one event to a function of a version.
func (x *site) invoke(ctx context.Context, v version, folder string, event []byte) ([]byte, error) {
	p, err := x.process(v, folder)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	answer, err := p.Invoke(ctx, runtimeapi.Event{Payload: event})
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s of the %s version: %w; it printed: %s", folder, v, err, p.Output())
	case answer.Failed:
		return nil, fmt.Errorf("%s of the %s version failed: %s; it printed: %s", folder, v, answer.Body, p.Output())
	}
	return answer.Body, nil
}

// stop ends every process, and tells what the last of each printed where something went wrong.
func (x *site) stop() {
	for at, p := range x.running {
		_, err := p.Stop()
		require.NoError(x.t, err, at)
		if text := p.Output(); x.t.Failed() {
			x.t.Logf("%s/%s printed at the end: %s", filepath.Base(filepath.Dir(filepath.Dir(at))), filepath.Base(at), text[max(0, len(text)-1500):])
		}
	}
}
