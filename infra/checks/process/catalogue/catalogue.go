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
	"giberno.ru/shared/payments/wire/onaws/events"
	"giberno.ru/shared/payments/wire/onaws/ledgers"
	"giberno.ru/shared/payments/wire/onaws/pages"
	"giberno.ru/shared/payments/wire/onaws/reconciliations"
	"giberno.ru/shared/payments/wire/onaws/registers"
	"giberno.ru/shared/payments/wire/onaws/surroundings"
	"giberno.ru/shared/platform/host/onlambda"
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
	Letters  Kind = "letters"  // of SQS, too: it writes to people, so it carries templates and a mailer
	Schedule Kind = "schedule" // of EventBridge
)

// HTTP reports a kind that answers requests.
func (k Kind) HTTP() bool { return k == JSON || k == Webhook || k == Pages }

// OfQueue reports a kind that takes batches of SQS.
func (k Kind) OfQueue() bool { return k == Queue || k == Letters }

// Function is one Lambda.
type Function struct {
	Folder string // below functions and events: "payments/create-order"
	Kind   Kind
	Main   string // the text of its main.go
	// Routes are the methods and paths that lead to it, as "POST /api/v1/order".
	Routes []string
	Zones  bool // it reckons business days, and carries the time zones of the world
	// Build makes its handler in given surroundings.
	Build func(surroundings.Surroundings) onlambda.Invocation
}

// module is where the functions of some endpoints get their calls from.
type module struct {
	from  string // below wire/onaws; "": onaws itself
	makes string // the function that makes the calls: "Payments"
	zones bool
}

var (
	ofPayments = module{makes: "Payments"}
	ofBanks    = module{from: "webhooks", makes: "Payments"}
	ofAdmin    = module{makes: "Admin"}
	ofLedger   = module{from: "ledgers", makes: "Ledger", zones: true}
	ofFiles    = module{from: "registers", makes: "Ledger", zones: true}
	ofClosing  = module{from: "closings", makes: "Ledger", zones: true}
	ofMatching = module{from: "reconciliations", makes: "Reconciliation", zones: true}
	ofEvents   = module{from: "events", makes: "Events"}
)

// Functions lists every function, by folder.
func Functions() []Function {
	house := onaws.Build(surroundings.OfLambda(surroundings.NoQueue{})) // nothing is opened: only the shapes are looked at
	var list []Function
	for _, e := range onaws.PaymentsOf(house).Endpoints() {
		from := ofPayments
		if strings.HasPrefix(e.Operation.Name, "notify-") {
			from = ofBanks
		}
		list = append(list, endpoint(e, from))
	}
	for _, e := range onaws.AdminOf(house).Endpoints() {
		list = append(list, endpoint(e, ofAdmin))
	}
	for _, e := range ledgers.LedgerOf(house).Endpoints() {
		from := ofLedger
		switch e.Operation.Name {
		case "get-register":
			from = ofFiles
		case "close-settlement":
			from = ofClosing
		}
		list = append(list, endpoint(e, from))
	}
	for _, e := range reconciliations.ReconciliationOf(house).Endpoints() {
		list = append(list, endpoint(e, ofMatching))
	}
	for _, e := range events.EventsOf(house).Endpoints() {
		list = append(list, endpoint(e, ofEvents))
	}
	list = append(list, payerPages(house), showDocs(house), relay, webhookRetries, receipts, settlements, sweeper)
	slices.SortFunc(list, func(a, b Function) int { return strings.Compare(a.Folder, b.Folder) })
	return list
}

// Endpoints lists every JSON endpoint and notice of a house, as its functions serve them.
func Endpoints(h *onaws.House) []web.Endpoint {
	return slices.Concat(onaws.PaymentsOf(h).Endpoints(), onaws.AdminOf(h).Endpoints(), registers.LedgerOf(h).Endpoints(),
		reconciliations.ReconciliationOf(h).Endpoints(), events.EventsOf(h).Endpoints())
}

func routesOf(endpoints ...web.Endpoint) []string {
	var routes []string
	for _, e := range endpoints {
		routes = append(routes, strings.TrimSpace(e.Operation.Method+" "+e.Operation.Path))
	}
	return routes
}

// endpoint is the function of one endpoint of JSON, or of a bank's notifications.
func endpoint(e web.Endpoint, m module) Function {
	op := e.Operation
	f := Function{Folder: "payments/" + op.Name, Kind: JSON, Routes: routesOf(e), Zones: m.zones}
	from := path.Join("onaws", m.from)
	switch {
	case strings.HasPrefix(op.Name, "notify-"):
		f.Folder, f.Kind = "banks/"+op.Name, Webhook
	case strings.HasPrefix(op.Path, "/api/v1/admin/"):
		f.Folder = "admin/" + op.Name
	}
	receiver := strings.ToLower(m.makes[:1])
	f.Main = fmt.Sprintf(mainOfEndpoint, op.Name, f.Routes[0], from, receiver, path.Base(from), m.makes, methodOf(op.Name))
	f.Build = func(s surroundings.Surroundings) onlambda.Invocation {
		h := onaws.Build(s)
		all := Endpoints(h)
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
