package template_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/checks/process/catalogue"
	"giberno.ru/infra/checks/process/world"
	"giberno.ru/infra/checks/template"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger/settle"
	"giberno.ru/shared/payments/jobs"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
)

// unseen are permissions that the replayed events do not use, each with what needs it.
var unseen = map[string]string{
	"PaymentsWorker.TakeJobs sqs:SendMessage":               "a notice that leaves a doubt, while its bank is silent, becomes a job",
	"PaymentsWorker.WriteOrders dynamodb:PutItem PAY#*":     "a notice may bring a receipt, and what is late or strange raises an alarm",
	"AdminOrders.UnwrapKeys kms:Decrypt live":               live,
	"AdminWriter.UnwrapKeys kms:Decrypt live":               live,
	"BanksWebhook.UnwrapKeys kms:Decrypt live":              live,
	"PaymentsPages.UnwrapKeys kms:Decrypt live":             live,
	"PaymentsWorker.UnwrapKeys kms:Decrypt live":            live,
	"ReceiptsWorker.UnwrapKeys kms:Decrypt live":            live,
	"PaymentsWriter.UnwrapKeys kms:Decrypt live":            live,
	"EventsWriter.UnwrapKeys kms:Decrypt live":              live,
	"StreamRelay.ReadStream dynamodb:GetRecords":            "Lambda polls the stream with the function's role",
	"StreamRelay.ReadStream dynamodb:GetShardIterator":      "Lambda polls the stream with the function's role",
	"StreamRelay.ReadStream dynamodb:DescribeStream":        "Lambda polls the stream with the function's role",
	"StreamRelay.ReadStream dynamodb:ListStreams":           "Lambda polls the stream with the function's role",
	"StreamRelay.BuryRecords sqs:SendMessage":               "Lambda sends what never passed to the on-failure destination",
	"PaymentsWorker.TakeJobs sqs:ReceiveMessage":            "Lambda polls the queue with the function's role",
	"PaymentsWorker.TakeJobs sqs:GetQueueAttributes":        "Lambda polls the queue with the function's role",
	"ReceiptsWorker.TakeJobs sqs:ReceiveMessage":            "Lambda polls the queue with the function's role",
	"ReceiptsWorker.TakeJobs sqs:GetQueueAttributes":        "Lambda polls the queue with the function's role",
	"LedgerWorker.TakeJobs sqs:SendMessage":                 "a day of more entries than one job counts is gone on with by another job",
	"LedgerWorker.RaiseAlarms dynamodb:PutItem PAY#HOUSE#*": "a debt beyond the limit, and entries that are not what their sums say, call an operator",
	"LedgerWorker.TakeJobs sqs:ReceiveMessage":              "Lambda polls the queue with the function's role",
	"LedgerWorker.TakeJobs sqs:GetQueueAttributes":          "Lambda polls the queue with the function's role",
	"FunctionBasics.WriteLogs logs:CreateLogStream":         "Lambda writes logs with the function's role",
	"FunctionBasics.WriteLogs logs:PutLogEvents":            "Lambda writes logs with the function's role",
	"FunctionBasics.Trace xray:PutTraceSegments":            "Lambda writes traces with the function's role",
	"FunctionBasics.Trace xray:PutTelemetryRecords":         "Lambda writes traces with the function's role",
}

const live = "the replayed events are of test mode; live mode is the same with its own key"

// Everything that the functions do while their events are replayed is permitted to them, and nothing more is permitted than
// what some function of the role does, or what stands above with its reason.
func TestRolesAreWhatTheFunctionsDo(t *testing.T) {
	t.Parallel()
	tmpl := read(t)
	byFolder := map[string]template.Function{}
	for _, f := range tmpl.Functions() {
		byFolder[f.Folder] = f
	}
	var mu sync.Mutex
	used := map[string]bool{}
	t.Run("Permitted", func(t *testing.T) {
		for _, f := range catalogue.Functions() {
			t.Run(f.Folder, func(t *testing.T) {
				t.Parallel()
				statements := tmpl.Statements(byFolder[f.Folder].Role)
				for _, u := range usesOf(t, f) {
					granted := false
					for _, s := range statements {
						if pattern, ok := s.Grants(u); ok {
							granted = true
							mu.Lock()
							used[lineOf(s.Where, u.Action, pattern)] = true
							used[resourceLine(s.Where, u.Resource)] = true
							mu.Unlock()
							for _, entry := range u.Context {
								mu.Lock()
								used[lineOf(s.Where, u.Action, entry)] = true
								mu.Unlock()
							}
						}
					}
					require.True(t, granted, "%s of %s %q %v is not permitted to the role %s", u.Action, u.Resource, u.Key, u.Context, byFolder[f.Folder].Role)
				}
			})
		}
	})
	may := permitted(tmpl)
	var idle, stale []string
	for _, line := range slices.Sorted(maps.Keys(may)) {
		if !used[line] && unseen[line] == "" {
			idle = append(idle, line)
		}
	}
	for _, line := range slices.Sorted(maps.Keys(unseen)) {
		if used[line] || !may[line] {
			stale = append(stale, line)
		}
	}
	require.Empty(t, idle, "permitted, and no function of the role does it: take it away, or list it as unseen with its reason")
	require.Empty(t, stale, "listed as unseen, but done, or not permitted any more")
}

func lineOf(where, action, pattern string) string {
	return strings.TrimSpace(where + " " + action + " " + pattern)
}

func resourceLine(where, resource string) string { return where + " on " + resource }

// permitted lists every permission of functions: one line for each action and pattern of keys or entry of a context, and one
// for each of several resources.
func permitted(tmpl *template.Template) map[string]bool {
	lines := map[string]bool{}
	for _, f := range tmpl.Functions() {
		for _, s := range tmpl.Statements(f.Role) {
			patterns := s.Keys
			for _, allowed := range s.Context {
				patterns = append(patterns, strings.Split(allowed, "|")...)
			}
			if len(patterns) == 0 {
				patterns = []string{""}
			}
			if len(s.Resources) > 1 {
				for _, resource := range s.Resources {
					lines[resourceLine(s.Where, resource)] = true
				}
			}
			for _, action := range s.Actions {
				for _, pattern := range patterns {
					lines[lineOf(s.Where, action, pattern)] = true
				}
			}
		}
	}
	return lines
}

// usesOf replays the event of a function, and what else its callers may ask for, and tells what it does to AWS.
func usesOf(t *testing.T, f catalogue.Function) []template.Use {
	t.Helper()
	w, err := world.New(t.Context(), world.Options{Dir: t.TempDir()})
	require.NoError(t, err)
	defer w.Close()
	var seen watch
	around := w.Surroundings
	around.Table, around.Queue, around.Keys = watchedTable{around.Table, &seen}, watchedQueue{around.Queue, &seen}, watchedKeys{around.Keys, &seen}
	if f.Kind == catalogue.Schedule || f.Folder == "workers/settlements" {
		around.Clock = clock.At(world.At.Add(24 * time.Hour)) // by then something is due, and a day is over
	}
	events := eventsOf(t, f.Folder, w)
	for _, event := range events {
		_, err := f.Build(around).Invoke(t.Context(), event)
		require.NoError(t, err)
	}
	switch f.Kind {
	case catalogue.Queue, catalogue.Letters: // a batch that finds no time left
		late, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := f.Build(around).Invoke(late, events[0])
		require.NoError(t, err)
	case catalogue.Webhook: // a notice that cannot be applied now
		around.Table = silentTable{around.Table}
		_, err := f.Build(around).Invoke(t.Context(), events[0])
		require.NoError(t, err)
	}
	return seen.uses
}

// silentTable answers no query.
type silentTable struct{ table.Table }

func (silentTable) Query(context.Context, table.Query) (table.Page, error) {
	return table.Page{}, table.ErrUnavailable
}

// eventsOf is the sample of a function and what else is worth asking: the rest of the payer's pages, other methods, forged and
// early notices, failing jobs.
func eventsOf(t *testing.T, folder string, w *world.World) [][]byte {
	t.Helper()
	sample, err := os.ReadFile(filepath.Join(root, "events", filepath.FromSlash(folder)+".json"))
	require.NoError(t, err)
	list := [][]byte{sample}
	request := func(method, path, body string, headers map[string]string) {
		list = append(list, changed(t, sample, method, path, body, headers))
	}
	switch folder {
	case "payments/payer-pages":
		form := map[string]string{"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
		request("POST", "/p/"+w.Link, "method=card", form)
		request("GET", "/p/"+w.Link+"/wait", "", nil)
		request("GET", "/p/"+w.Link+"/result", "", nil)
	case "payments/create-payment":
		request("POST", "/api/v1/payment", fmt.Sprintf(`{"order_uuid":%q,"code":"sbp"}`, w.Unpaid.Order), map[string]string{"idempotency-key": "another"})
	case "banks/notify-tbank":
		forged := strings.Replace(string(w.Notice), `"Amount":150000`, `"Amount":150001`, 1)
		require.NotEqual(t, string(w.Notice), forged)
		request("POST", "/api/a2c/notifications", forged, nil)
	case "workers/webhook-retries":
		list = append(list, noticeJob(t, sample, w), entryJob(t, sample, w))
	case "workers/settlements":
		list = append(list, sample, closeJob(t, sample, w)) // what is there already, and a day that is over
	case "admin/pay-out-settlement":
		list = append(list, sample)
	case "admin/resolve-break":
		request("POST", "/api/v1/admin/break/"+w.MissingHere.String()+"/resolve", `{"mode":"test","note":"not ours","posting":"suspend"}`, nil)
	case "admin/run-reconciliation": // a payment that nobody here has heard of
		line := ids.Reference(ids.Test, ids.FromParts("nobody"), 1) + ";1;Оплата;Успешно;1,00;;RUB;22.11.2026 13:00:00\n"
		request("POST", "/api/v1/admin/reconciliation", world.EmptyRegister+line, nil)
	case "admin/record-transfer":
		list = append(list, bytes.Replace(sample, []byte(world.TransferReference), []byte("PP-78"), 1))
	case "admin/list-payouts":
		list = append(list, bytes.Replace(sample, []byte(`"rawQueryString": "mode=test"`), []byte(`"rawQueryString": "mode=test&partner=`+w.Partner.String()+`"`), 1))
	}
	return list
}

// changed is a request like the sample's, with another method, path and body.
func changed(t *testing.T, sample []byte, method, path, body string, headers map[string]string) []byte {
	t.Helper()
	var event map[string]any
	require.NoError(t, json.Unmarshal(sample, &event))
	at := event["requestContext"].(map[string]any)["http"].(map[string]any)
	at["method"], at["path"], event["rawPath"] = method, path, path
	event["isBase64Encoded"], event["body"] = true, base64.StdEncoding.EncodeToString([]byte(body))
	for name, v := range headers {
		event["headers"].(map[string]any)[name] = v
	}
	raw, err := json.Marshal(event)
	require.NoError(t, err)
	return raw
}

// noticeJob is a batch with one notice that could not be applied at once.
func noticeJob(t *testing.T, sample []byte, w *world.World) []byte {
	t.Helper()
	return oneJob(t, sample, teller.JobNotice, teller.NoticeJob{Provider: "tbank", Raw: w.Notice})
}

// entryJob is a batch with one payment whose entry the ledger does not hold yet.
func entryJob(t *testing.T, sample []byte, w *world.World) []byte {
	t.Helper()
	return oneJob(t, sample, jobs.Entry, teller.AttemptJob{Mode: ids.Test, Order: w.Paid.Order, N: 1})
}

// closeJob is a batch with the day that was still open when the world was made.
func closeJob(t *testing.T, sample []byte, w *world.World) []byte {
	t.Helper()
	job, err := settle.CloseJob(w.Book, w.Day.Next())
	require.NoError(t, err)
	return oneJob(t, sample, job.Kind, job.Body)
}

// oneJob is a batch like the sample's with a single job.
func oneJob(t *testing.T, sample []byte, kind string, about any) []byte {
	t.Helper()
	var event map[string]any
	require.NoError(t, json.Unmarshal(sample, &event))
	body, err := json.Marshal(about)
	require.NoError(t, err)
	job, err := json.Marshal(queue.Job{Kind: kind, Version: 1, Key: "one", Body: body})
	require.NoError(t, err)
	records := event["Records"].([]any)[:1]
	records[0].(map[string]any)["body"] = string(job)
	event["Records"] = records
	raw, err := json.Marshal(event)
	require.NoError(t, err)
	return raw
}
