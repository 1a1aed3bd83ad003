//go:build process

package process_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/checks/process/binaries"
	"giberno.ru/infra/checks/process/catalogue"
	"giberno.ru/infra/checks/process/runtimeapi"
	"giberno.ru/infra/checks/process/samples"
	"giberno.ru/infra/checks/process/stage"
	"giberno.ru/infra/checks/process/world"
)

const (
	buildTime  = 8 * time.Minute
	answerTime = 40 * time.Second // of one event, on a machine that is busy with others
)

// theatre is what the processes run on: the binaries, and a stage around them.
type theatre struct {
	*stage.Stage
	dir string
}

// built is the folder of the binaries; the compiler is asked once.
var built = sync.OnceValues(func() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), buildTime)
	defer cancel()
	return binariesDir, binaries.Build(ctx, root, binariesDir)
})

var binariesDir string

func TestMain(m *testing.M) {
	var err error
	if binariesDir, err = os.MkdirTemp("", "functions-*"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(binariesDir)
	os.Exit(code)
}

func setup(t *testing.T) *theatre {
	t.Helper()
	dir, err := built()
	require.NoError(t, err)
	s := &theatre{dir: dir}
	s.Stage, err = stage.New(t.Context(), t.TempDir())
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

// process is a running function that is watched to its end.
type process struct {
	*runtimeapi.Process
	t *testing.T
}

func (s *theatre) launch(t *testing.T, folder string) process {
	t.Helper()
	p, err := runtimeapi.Launch(filepath.Join(s.dir, filepath.FromSlash(folder)), s.Stub.Env()...)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := p.Stop()
		require.NoError(t, err, "it printed: %s", p.Output())
		for what, secret := range s.secrets() {
			require.NotContains(t, p.Output(), secret, "%s was printed", what)
		}
	})
	return process{p, t}
}

// secrets are what nothing may print.
func (s *theatre) secrets() map[string]string {
	w := s.World
	return map[string]string{
		"the secret of the AWS credentials": runtimeapi.AccessSecret, "the session token": runtimeapi.SessionToken,
		"a partner's token": w.PartnerToken, "an operator's token": w.OperatorToken, "the terminal's password": world.Password,
		"a payer's link": w.Link, "a payer's e-mail address": "buyer@example.com", "a root key": "sample root key",
	}
}

func (p process) ask(event []byte) runtimeapi.Answer { return p.askBy(event, time.Time{}) }

func (p process) askBy(event []byte, deadline time.Time) runtimeapi.Answer {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), answerTime)
	defer cancel()
	answer, err := p.Invoke(ctx, runtimeapi.Event{Payload: event, Deadline: deadline})
	require.NoError(p.t, err, "it printed: %s", p.Output())
	return answer
}

func TestProcesses(t *testing.T) {
	s := setup(t)
	for _, f := range catalogue.Functions() {
		t.Run(f.Folder, func(t *testing.T) {
			p := s.launch(t, f.Folder)
			sample := s.Samples[f.Folder]
			answer := p.ask(sample.Event)
			require.False(t, answer.Failed, "%s; it printed: %s", answer.Body, p.Output())
			defer func() {
				if t.Failed() {
					t.Logf("it printed: %s", p.Output())
				}
			}()
			requireAnswer(t, sample, answer.Body)
			s.awkward(p, f, sample)
			require.False(t, p.Exited(), "it printed: %s", p.Output())
		})
	}
}

// awkward sends what is not as it should be, and after all of it the function still works.
func (s *theatre) awkward(p process, f catalogue.Function, sample samples.Sample) {
	p.t.Helper()
	for _, other := range []string{"payments/create-order", "workers/relay", "workers/webhook-retries"} {
		kind := s.kindOf(other)
		if kind != f.Kind && !(f.Kind.HTTP() && kind.HTTP()) && !(f.Kind.OfQueue() && kind.OfQueue()) {
			p.refuses(s.Samples[other].Event)
		}
	}
	for _, odd := range []string{`[]`, `"text"`, `null`, `{"Records":[]}`, `{"version":"1.0","httpMethod":"GET"}`} {
		p.refuses([]byte(odd))
	}
	switch f.Kind {
	case catalogue.Stream:
		poisonedRecord(p, sample)
	case catalogue.Queue, catalogue.Letters:
		failingMessage(p, sample)
	case catalogue.Schedule:
		p.refuses([]byte(`{"shards":[99]}`))
	default:
		awkwardRequests(p, f, sample)
	}
	late := p.askBy(sample.Event, time.Now().Add(10*time.Millisecond)) // it may fail; it may not die
	require.NotEmpty(p.t, late.Body)
	if f.Kind == catalogue.Schedule || f.Kind == catalogue.Stream {
		require.False(p.t, p.ask(sample.Event).Failed)
	}
}

func (s *theatre) kindOf(folder string) catalogue.Kind {
	all := catalogue.Functions()
	return all[slices.IndexFunc(all, func(f catalogue.Function) bool { return f.Folder == folder })].Kind
}

// refuses holds that an event is answered by an error that says what is wrong and repeats nothing of it.
func (p process) refuses(event []byte) {
	p.t.Helper()
	answer := p.ask(event)
	require.True(p.t, answer.Failed, "%.200s was answered: %s", event, answer.Body)
	require.NotContains(p.t, string(answer.Body), "panicked")
}

// once are the functions that move something at the bank, which the stub's table forgets and the bank does not.
var once = []string{"payments/create-payment", "payments/capture-payment", "payments/void-payment", "payments/cancel-order",
	"payments/refund-payment", "payments/fulfil-order", "admin/refund-for-partner", "admin/approve-refund"}

func awkwardRequests(p process, f catalogue.Function, sample samples.Sample) {
	p.t.Helper()
	for name, change := range map[string]func(map[string]any){
		"Base64Body": func(e map[string]any) {
			if body, ok := e["body"].(string); ok && e["isBase64Encoded"] == false {
				e["body"], e["isBase64Encoded"] = base64.StdEncoding.EncodeToString([]byte(body)), true
			}
		},
		"TitleCaseHeaders": func(e map[string]any) {
			headers := map[string]any{}
			for name, value := range e["headers"].(map[string]any) {
				headers[http.CanonicalHeaderKey(name)] = value
			}
			e["headers"] = headers
		},
		"UnknownFields": func(e map[string]any) {
			e["tomorrow"], e["requestContext"].(map[string]any)["authentication"] = []int{1}, nil
		},
		"EmptyBodyAsText": func(e map[string]any) {
			if _, ok := e["body"]; !ok {
				e["body"] = ""
			}
		},
	} {
		answer := p.http(name, changed(p.t, sample.Event, change))
		if !slices.Contains(once, f.Folder) {
			require.Equal(p.t, sample.Status, answer, name)
		}
	}
	p.http("NoHeaders", changed(p.t, sample.Event, func(e map[string]any) { delete(e, "headers") }))
	p.http("BrokenBase64", changed(p.t, sample.Event, func(e map[string]any) { e["body"], e["isBase64Encoded"] = "{not base64", true }))
	p.http("OddPath", changed(p.t, sample.Event, func(e map[string]any) { e["rawPath"] = "/p/%zz?x#y \x01" }))
	status := p.http("SixMegabytes", changed(p.t, sample.Event, func(e map[string]any) { e["body"] = strings.Repeat(`{"a":1}`, 6<<20/7) }))
	if f.Kind == catalogue.JSON && f.Folder != "admin/run-reconciliation" && bytes.Contains(sample.Event, []byte(`"body"`)) { // a register may be large
		require.Equal(p.t, http.StatusRequestEntityTooLarge, status)
	}
}

// http sends a request and gives the status of its answer, which may be a refusal and never a failure of ours.
func (p process) http(name string, event []byte) int {
	p.t.Helper()
	answer := p.ask(event)
	require.False(p.t, answer.Failed, "%s: %s", name, answer.Body)
	read := read(p.t, answer.Body)
	require.NotEqual(p.t, http.StatusInternalServerError, read.StatusCode, "%s: %s; it printed: %s", name, read.Body, p.Output())
	if read.StatusCode >= 400 && read.Headers["Content-Type"] == "application/problem+json" {
		require.Contains(p.t, read.Body, `"code"`)
	}
	return read.StatusCode
}

func changed(t *testing.T, event []byte, change func(map[string]any)) []byte {
	t.Helper()
	var e map[string]any
	require.NoError(t, json.Unmarshal(event, &e))
	change(e)
	raw, err := json.Marshal(e)
	require.NoError(t, err)
	return raw
}

// poisonedRecord puts a record that nobody can read among good ones: what was before it is relayed, and it is named.
func poisonedRecord(p process, sample samples.Sample) {
	p.t.Helper()
	answer := p.ask(changed(p.t, sample.Event, func(e map[string]any) {
		records := e["Records"].([]any)
		image := records[1].(map[string]any)["dynamodb"].(map[string]any)
		image["NewImage"], image["SequenceNumber"] = map[string]any{"pk": map[string]any{"X": 1}}, "poison"
	}))
	require.False(p.t, answer.Failed)
	require.JSONEq(p.t, `{"batchItemFailures":[{"itemIdentifier":"poison"}]}`, string(answer.Body))
}

// failingMessage puts a message that is no job among the others: it alone is named.
func failingMessage(p process, sample samples.Sample) {
	p.t.Helper()
	answer := p.ask(changed(p.t, sample.Event, func(e map[string]any) {
		m := e["Records"].([]any)[0].(map[string]any)
		m["messageId"], m["body"] = "poison", "no job"
	}))
	require.False(p.t, answer.Failed)
	require.JSONEq(p.t, `{"batchItemFailures":[{"itemIdentifier":"poison"}]}`, string(answer.Body))
}

// TestRoundTrips holds that a key is unwrapped once in the life of a process, and only where it is needed.
func TestRoundTrips(t *testing.T) {
	s := setup(t)
	const decrypt = "TrentService.Decrypt"
	s.launch(t, "payments/create-order").ask(s.Samples["payments/create-order"].Event)
	require.Zero(t, s.Stub.Calls(decrypt), "an order needs no secret")
	list := s.launch(t, "payments/list-orders")
	for range 3 {
		list.ask(s.Samples["payments/list-orders"].Event)
	}
	require.Equal(t, 1, s.Stub.Calls(decrypt))
	require.Equal(t, 3, s.Stub.Calls("DynamoDB_20120810.Query"))
}

// TestWhenAWSRefuses holds that a function whose role or key is wrong answers with a problem, lives, and tells nobody more.
func TestWhenAWSRefuses(t *testing.T) {
	s := setup(t)
	for _, down := range []struct{ target, folder string }{
		{"TrentService.Decrypt", "payments/list-orders"}, {"TrentService.Decrypt", "payments/create-payment"},
		{"DynamoDB_20120810.Query", "payments/get-order"}, {"DynamoDB_20120810.PutItem", "payments/create-order"},
		{"DynamoDB_20120810.GetItem", "admin/get-partner"},
	} {
		t.Run(down.folder, func(t *testing.T) {
			s.Stub.Break(down.target)
			p := s.launch(t, down.folder)
			for range 2 {
				answer := p.ask(s.Samples[down.folder].Event)
				require.False(t, answer.Failed)
				refused := read(t, answer.Body)
				require.GreaterOrEqual(t, refused.StatusCode, 500, refused.Body)
				require.Contains(t, refused.Body, `"code"`)
				require.NotContains(t, refused.Body, "AccessDenied")
			}
			require.Contains(t, p.Output(), "AccessDenied", "the log tells the operator")
		})
	}
	t.Run("ABatchComesAgain", func(t *testing.T) {
		s.Stub.Break("AmazonSQS.SendMessageBatch")
		answer := s.launch(t, "workers/relay").ask(s.Samples["workers/relay"].Event)
		require.False(t, answer.Failed)
		require.Contains(t, string(answer.Body), `"itemIdentifier":"0000`)
	})
}
