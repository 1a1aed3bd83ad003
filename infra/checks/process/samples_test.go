package process_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"giberno.ru/infra/checks/process/catalogue"
	"giberno.ru/infra/checks/process/samples"
	"giberno.ru/infra/checks/process/world"
	ledgerstore "giberno.ru/shared/ledger/store"
	"giberno.ru/shared/notify"
	notifystore "giberno.ru/shared/notify/store"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/payments/wire/onaws/documents"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/web"
)

const root = "../../.."

func littleWorld(t testing.TB, o world.Options) *world.World {
	t.Helper()
	o.Dir = t.TempDir()
	w, err := world.New(context.Background(), o)
	require.NoError(t, err)
	t.Cleanup(w.Close)
	return w
}

func samplesOf(t testing.TB, w *world.World) map[string]samples.Sample {
	t.Helper()
	all, err := samples.All(w)
	require.NoError(t, err)
	byFolder := map[string]samples.Sample{}
	for _, s := range all {
		byFolder[s.Folder] = s
	}
	return byFolder
}

func TestMainsAreThoseOfTheCatalogue(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, f := range catalogue.Functions() {
		known[f.Folder] = true
		text, err := os.ReadFile(filepath.Join(root, "functions", f.Folder, "main.go"))
		require.NoError(t, err, "run go run ./infra/checks/process/mains")
		require.Equal(t, f.Main, string(text), "run go run ./infra/checks/process/mains")
	}
	requireOnly(t, known, "functions", "/main.go")
}

func TestEventsAreThoseOfTheSamples(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for folder, s := range samplesOf(t, littleWorld(t, world.Options{})) {
		known[folder] = true
		text, err := os.ReadFile(filepath.Join(root, "events", folder+".json"))
		require.NoError(t, err, "run go run ./infra/checks/process/sampler")
		require.Equal(t, string(s.Event), string(text), "run go run ./infra/checks/process/sampler")
	}
	requireOnly(t, known, "events", ".json")
}

// requireOnly holds that nothing lies below top that nobody knows.
func requireOnly(t *testing.T, known map[string]bool, top, suffix string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(root, top, "*", "*"))
	require.NoError(t, err)
	for _, path := range found {
		name, err := filepath.Rel(filepath.Join(root, top), path)
		require.NoError(t, err)
		name = strings.TrimSuffix(filepath.ToSlash(name), strings.TrimPrefix(suffix, "/main.go"))
		require.True(t, known[name], "%s/%s is of no function in the catalogue", top, name)
	}
}

// TestSamples replays the events under events/ through the handlers of the functions, each in a fresh world.
func TestSamples(t *testing.T) {
	t.Parallel()
	expected := samplesOf(t, littleWorld(t, world.Options{}))
	for _, f := range catalogue.Functions() {
		t.Run(f.Folder, func(t *testing.T) {
			t.Parallel()
			w := littleWorld(t, world.Options{})
			event, err := os.ReadFile(filepath.Join(root, "events", f.Folder+".json"))
			require.NoError(t, err)
			around := w.Surroundings
			if f.Kind.OfQueue() { // SQS gives the receipts, so its calls are heard and not done
				around.Queue = &heard{Queue: w.Queue}
			}
			answer, err := f.Build(around).Invoke(t.Context(), event)
			require.NoError(t, err)
			requireAnswer(t, expected[f.Folder], answer)
			after(t, f, w, around.Queue)
		})
	}
}

// after looks at what the work of a function left behind.
func after(t *testing.T, f catalogue.Function, w *world.World, q queue.Queue) {
	t.Helper()
	switch f.Folder {
	case "banks/notify-tbank":
		whole, err := w.House.Module.Store.Load(t.Context(), "t", w.Pending.Order)
		require.NoError(t, err)
		p, ok := whole.Payment(1)
		require.True(t, ok)
		require.Equal(t, "paid", string(p.Status))
	case "workers/relay":
		want := map[string][]string{
			queue.WebhookRetries: {"payments.return", "payments.return", "payments.tidy", "payments.tidy",
				"payments.tell", "payments.tell", "payments.tell"}, // two payments and a receipt
			queue.Receipts: {"payments.mail", "payments.till"}, queue.Settlements: {"ledger.post", "ledger.post"},
		}
		for _, name := range queue.Names {
			batch, err := w.Queue.Receive(t.Context(), name, 10)
			require.NoError(t, err)
			var kinds []string
			for _, d := range batch {
				kinds = append(kinds, d.Job.Kind)
			}
			require.ElementsMatch(t, want[name], kinds, name)
		}
	case "workers/receipts":
		require.Equal(t, []string{"there is no such order"}, q.(*heard).buried)
		r := receiptOf(t, w, w.Unprinted)
		require.NotEmpty(t, r.TillID, "the till has been asked to make it")
		require.Equal(t, "nobody writes letters here", receiptOf(t, w, w.Printed).Failure, "without a mail server it is noted, and not tried again")
	case "workers/settlements":
		require.Equal(t, []string{"its body cannot be read"}, q.(*heard).buried)
		whole, err := w.House.Module.Store.Load(t.Context(), "t", w.Paid.Order)
		require.NoError(t, err)
		held, err := ledgerstore.New(w.Table).Posted(t.Context(), "t", whole.EntryID(w.Paid.ID))
		require.NoError(t, err)
		require.True(t, held[whole.EntryID(w.Paid.ID)])
		told, _, err := w.House.Module.Events.Events(t.Context(), "t", w.Partner, notifystore.Window{Limit: 100})
		require.NoError(t, err)
		require.True(t, slices.ContainsFunc(told, func(e notify.Event) bool { return e.Type == notify.SettlementReady && e.Object == w.Settlement }))
	case "workers/webhook-retries":
		require.Equal(t, []string{"there is no such order"}, q.(*heard).buried)
		whole, err := w.House.Module.Store.Load(t.Context(), "t", w.Pending.Order)
		require.NoError(t, err)
		p, _ := whole.Payment(1)
		require.Equal(t, "paid", string(p.Status), "asking the bank finds out")
		heard, err := w.House.Module.Events.Event(t.Context(), "t", w.Partner, w.Event)
		require.NoError(t, err)
		delivered := 0
		for _, d := range heard.Deliveries {
			if d.Status == notify.Delivered {
				delivered++
			}
		}
		require.Equal(t, 1, delivered, "one of its two endpoints has heard it")
	}
}

func receiptOf(t *testing.T, w *world.World, p world.Payment) payments.Receipt {
	t.Helper()
	whole, err := w.House.Module.Store.Load(t.Context(), "t", p.Order)
	require.NoError(t, err)
	r, ok := whole.ReceiptOf(payments.ReceiptID(p.ID))
	require.True(t, ok)
	return r
}

// requireAnswer holds an answer against what its sample expects.
func requireAnswer(t testing.TB, s samples.Sample, raw []byte) {
	t.Helper()
	if s.Status == 0 {
		require.JSONEq(t, s.Says, string(raw))
		return
	}
	answer := read(t, raw)
	body := bodyOf(t, answer)
	require.Equal(t, s.Status, answer.StatusCode, "%s", body)
	require.Contains(t, body, s.Says)
	if s.Says == "OK" {
		require.Equal(t, "OK", body, "the bank wants exactly this")
	}
}

func read(t testing.TB, raw []byte) (answer events.APIGatewayV2HTTPResponse) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	require.NoError(t, d.Decode(&answer), "%s", raw)
	return answer
}

func bodyOf(t testing.TB, answer events.APIGatewayV2HTTPResponse) string {
	t.Helper()
	if !answer.IsBase64Encoded {
		return answer.Body
	}
	body, err := base64.StdEncoding.DecodeString(answer.Body)
	require.NoError(t, err)
	return string(body)
}

// TestPayersForm presses the button of the payer's page as API Gateway hands it over: a form, perhaps in base64.
func TestPayersForm(t *testing.T) {
	t.Parallel()
	for _, encoded := range []bool{false, true} {
		w := littleWorld(t, world.Options{})
		body := "method=card"
		if encoded {
			body = base64.StdEncoding.EncodeToString([]byte(body))
		}
		event, err := json.Marshal(map[string]any{
			"version": "2.0", "rawPath": "/p/" + w.Link, "body": body, "isBase64Encoded": encoded,
			"headers":        map[string]string{"content-type": "application/x-www-form-urlencoded", "origin": world.BaseURL, "sec-fetch-site": "same-origin"},
			"requestContext": map[string]any{"domainName": "pay.example", "http": map[string]any{"method": "POST"}},
		})
		require.NoError(t, err)
		all := catalogue.Functions()
		f := all[slices.IndexFunc(all, func(f catalogue.Function) bool { return f.Folder == "payments/payer-pages" })]
		raw, err := f.Build(w.Surroundings).Invoke(t.Context(), event)
		require.NoError(t, err)
		answer := read(t, raw)
		require.Equal(t, 303, answer.StatusCode, "%s", answer.Body)
		require.Contains(t, answer.Headers["Location"], "https://bank.example/")
	}
}

// TestDocumentsAreTheStandalones holds that the functions describe themselves as the one process does.
func TestDocumentsAreTheStandalones(t *testing.T) {
	t.Parallel()
	w := littleWorld(t, world.Options{})
	h := onaws.Build(w.Surroundings)
	options := h.Door()
	options.Docs = true
	whole := web.NewServer(options, catalogue.Endpoints(h)...)
	apart := web.NewServer(h.Door(), documents.Of(h)...)
	for _, path := range []string{"/openapi.json", "/openapi/payments.json", "/openapi/admin.json"} {
		want, got := httptest.NewRecorder(), httptest.NewRecorder()
		whole.ServeHTTP(want, httptest.NewRequest("GET", path, nil))
		apart.ServeHTTP(got, httptest.NewRequest("GET", path, nil))
		require.Equal(t, 200, got.Code)
		require.JSONEq(t, want.Body.String(), got.Body.String())
	}
	rec := httptest.NewRecorder()
	apart.ServeHTTP(rec, httptest.NewRequest("POST", "/api/v1/order", nil))
	require.Equal(t, 404, rec.Code, "it describes them and does not serve them")
}

// heard is a queue whose deliveries come from an event: it keeps what it is told about them.
type heard struct {
	queue.Queue
	buried []string
}

func (h *heard) Bury(_ context.Context, _ string, _ queue.Delivery, reason string) error {
	h.buried = append(h.buried, reason)
	return nil
}
