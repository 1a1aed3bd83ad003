// Package catalogue lists every function of the platform: its folder, its main, the kind of its events, and the same handler
// for tests that need no process.
package catalogue

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/payments/wire/onaws/documents"
	"giberno.ru/shared/payments/wire/onaws/pages"
	"giberno.ru/shared/payments/wire/onaws/surroundings"
	"giberno.ru/shared/payments/wire/onaws/workers"
	"giberno.ru/shared/platform/host/onlambda"
	"giberno.ru/shared/platform/host/onlambda/batch"
	"giberno.ru/shared/platform/host/onlambda/gateway"
	"giberno.ru/shared/platform/web"
)

// Kind is the kind of a function: what events it takes, and what it may carry.
type Kind string

// The kinds.
const (
	JSON     Kind = "json"     // an endpoint behind API Gateway
	Webhook  Kind = "webhook"  // a bank's, behind a function URL
	Pages    Kind = "pages"    // a group of web pages behind API Gateway
	Stream   Kind = "stream"   // of the table
	Queue    Kind = "queue"    // of SQS
	Schedule Kind = "schedule" // of EventBridge
)

// HTTP reports a kind that answers requests.
func (k Kind) HTTP() bool { return k == JSON || k == Webhook || k == Pages }

// Function is one Lambda.
type Function struct {
	Folder string // below functions and events: "payments/create-order"
	Kind   Kind
	Main   string // the text of its main.go
	// Routes are the methods and paths that lead to it, as "POST /api/v1/order".
	Routes []string
	// Build makes its handler in given surroundings.
	Build func(surroundings.Surroundings) onlambda.Invocation
}

// Functions lists every function, by folder.
func Functions() []Function {
	house := onaws.Build(surroundings.OfLambda(surroundings.NoQueue{})) // nothing is opened: only the shapes are looked at
	var list []Function
	for _, e := range onaws.PaymentsOf(house).Endpoints() {
		list = append(list, endpoint(e, "Payments"))
	}
	for _, e := range onaws.AdminOf(house).Endpoints() {
		list = append(list, endpoint(e, "Admin"))
	}
	list = append(list, payerPages(house), showDocs(house), relay, webhookRetries, sweeper)
	slices.SortFunc(list, func(a, b Function) int { return strings.Compare(a.Folder, b.Folder) })
	return list
}

func routesOf(endpoints ...web.Endpoint) []string {
	var routes []string
	for _, e := range endpoints {
		routes = append(routes, strings.TrimSpace(e.Operation.Method+" "+e.Operation.Path))
	}
	return routes
}

// endpoint is the function of one endpoint of JSON, or of a bank's notifications.
func endpoint(e web.Endpoint, module string) Function {
	op := e.Operation
	f := Function{Folder: "payments/" + op.Name, Kind: JSON, Routes: routesOf(e)}
	from := "onaws"
	switch {
	case strings.HasPrefix(op.Name, "notify-"):
		f.Folder, f.Kind = "banks/"+op.Name, Webhook
		from = "onaws/webhooks"
	case strings.HasPrefix(op.Path, "/api/v1/admin/"):
		f.Folder = "admin/" + op.Name
	}
	receiver := strings.ToLower(module[:1])
	f.Main = fmt.Sprintf(mainOfEndpoint, op.Name, f.Routes[0], from, receiver, path.Base(from), module, methodOf(op.Name))
	f.Build = func(s surroundings.Surroundings) onlambda.Invocation {
		h := onaws.Build(s)
		all := slices.Concat(onaws.PaymentsOf(h).Endpoints(), onaws.AdminOf(h).Endpoints())
		i := slices.IndexFunc(all, func(e web.Endpoint) bool { return e.Operation.Name == op.Name })
		return gateway.Of(h.Door(), all[i])
	}
	return f
}

const mainOfEndpoint = `// Command %s serves %s.
package main

import (
	"giberno.ru/shared/payments/wire/%s"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	%[4]s := %[5]s.%[6]s()
	gateway.Serve(%[4]s.Door(), %[4]s.%[7]s())
}
`

// ownSpelling is how those who send notices write their names.
var ownSpelling = map[string]string{"tbank": "TBank", "atol": "ATOL"}

// methodOf is the method that makes an endpoint.
func methodOf(name string) string {
	words := strings.Split(name, "-")
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + w[1:]
		if own := ownSpelling[w]; own != "" {
			words[i] = own
		}
	}
	return strings.Join(words, "")
}

func payerPages(h *onaws.House) Function {
	return Function{
		Folder: "payments/payer-pages", Kind: Pages, Routes: routesOf(pages.Payer(onaws.PaymentsOf(h))...),
		Main: `// Command payer-pages serves the payer's pages behind an order's link, and their style sheet.
package main

import (
	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/payments/wire/onaws/pages"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	p := onaws.Payments()
	gateway.Serve(p.Door(), pages.Payer(p)...)
}
`,
		Build: func(s surroundings.Surroundings) onlambda.Invocation {
			p := onaws.PaymentsOf(onaws.Build(s))
			return gateway.Of(p.Door(), pages.Payer(p)...)
		},
	}
}

func showDocs(h *onaws.House) Function {
	return Function{
		Folder: "docs/show-docs", Kind: Pages, Routes: routesOf(documents.Of(h)...),
		Main: `// Command show-docs serves the OpenAPI documents and the pages made from them.
package main

import (
	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/payments/wire/onaws/documents"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	p := onaws.Payments()
	gateway.Serve(p.Door(), documents.Of(p.House)...)
}
`,
		Build: func(s surroundings.Surroundings) onlambda.Invocation {
			h := onaws.Build(s)
			return gateway.Of(h.Door(), documents.Of(h)...)
		},
	}
}

const mainOfWorker = `// Command %s
package main

import (
	"giberno.ru/shared/payments/wire/onaws/workers"
	"giberno.ru/shared/platform/host/%s"
)

func main() { %s(workers.%s()) }
`

var relay = Function{
	Folder: "workers/relay", Kind: Stream,
	Main:  fmt.Sprintf(mainOfWorker, "relay turns the changes of the table's stream into jobs.", "onlambda/batch", "batch.ServeStream", "Relay"),
	Build: func(s surroundings.Surroundings) onlambda.Invocation { return batch.Stream(workers.RelayOf(s)) },
}

var webhookRetries = Function{
	Folder: "workers/webhook-retries", Kind: Queue,
	Main: fmt.Sprintf(mainOfWorker, "webhook-retries does the jobs of the queue webhook-retries.", "onlambda/batch", "batch.ServeQueue", "WebhookRetries"),
	Build: func(s surroundings.Surroundings) onlambda.Invocation {
		return batch.Queue(workers.WebhookRetriesOf(s))
	},
}

var sweeper = Function{
	Folder: "workers/sweeper", Kind: Schedule,
	Main:  fmt.Sprintf(mainOfWorker, "sweeper works off due keys every minute.", "onlambda", "onlambda.ServeSchedule", "Sweeper"),
	Build: func(s surroundings.Surroundings) onlambda.Invocation { return onlambda.Schedule(workers.SweeperOf(s)) },
}
