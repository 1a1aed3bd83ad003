package draw

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"giberno.ru/infra/checks"
	identityapi "giberno.ru/shared/identity/api"
	ledgerapi "giberno.ru/shared/ledger/api"
	reconcilingapi "giberno.ru/shared/ledger/reconciling/api"
	notifyapi "giberno.ru/shared/notify/api"
	paymentsapi "giberno.ru/shared/payments/api"
	"giberno.ru/shared/payments/pages"
	"giberno.ru/shared/platform/web"
)

// endpoints are what the domains hand out, by domain. A new domain adds its line here.
func endpoints() map[string][]web.Endpoint {
	return map[string][]web.Endpoint{
		"payments":           (&paymentsapi.Service{}).Endpoints(),
		"identity":           identityapi.New(identityapi.Config{}).Endpoints(),
		"ledger":             (&ledgerapi.Service{}).Endpoints(),
		"ledger/reconciling": (&reconcilingapi.Service{}).Endpoints(),
		"notify":             (&notifyapi.Service{}).Endpoints(),
	}
}

// Doors lists every JSON endpoint and every bank's notice, by domain and path.
func Doors() []checks.Door {
	var doors []checks.Door
	for _, domain := range sorted(endpoints()) {
		for _, e := range endpoints()[domain] {
			doors = append(doors, checks.Door{Domain: domain, Operation: e.Operation})
		}
	}
	return doors
}

// Documents builds the OpenAPI documents of all doors.
func Documents() (map[string][]byte, error) {
	var all []web.Endpoint
	for _, domain := range sorted(endpoints()) {
		all = append(all, endpoints()[domain]...)
	}
	return web.Documents(web.Options{Title: "Giberno", Version: "1"}, all...)
}

// Pageviews lists the web pages.
func Pageviews() []web.Operation {
	var views []web.Operation
	for _, e := range (&pages.Pages{}).Endpoints() {
		views = append(views, e.Operation)
	}
	return views
}

func endpointsPage(doors []checks.Door, views []web.Operation, documents map[string][]byte) string {
	var l lines
	l.add("# Endpoints\n\nEach stands in the file of its name: `create-order` of payments is `shared/payments/api/create_order.go`.\n")
	l.add("Documents: %s. Every call may also be refused with the codes of its door: see [errors](errors.md).", quoted(prefixed("/openapi/", sorted(documents), ".json")))
	byAPI := map[string][]checks.Door{}
	for _, d := range doors {
		byAPI[d.API] = append(byAPI[d.API], d)
	}
	for _, api := range sorted(byAPI) {
		title := "The API «" + api + "»"
		if api == "" {
			title = "Notices of banks"
		}
		l.add("\n## %s\n\n| call | name | what it does | caller | scope | refuses with |\n|---|---|---|---|---|---|", title)
		slices.SortFunc(byAPI[api], func(a, b checks.Door) int {
			return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Method, b.Method))
		})
		for _, d := range byAPI[api] {
			l.add("| `%s %s` | %s | %s | %s | %s | %s |", d.Method, d.Path, d.Name, cell(d.Summary), callers[d.Caller], d.Scope, quoted(d.Refuses))
		}
	}
	l.add("\n## Pages\n\n| address | name | what it shows |\n|---|---|---|")
	for _, v := range views {
		l.add("| `%s` | %s | %s |", strings.TrimSpace(v.Method+" "+v.Path), v.Name, cell(v.Summary))
	}
	return l.String()
}

var callers = map[web.CallerKind]string{web.Partner: "partner", web.Operator: "operator", web.Nobody: "nobody"}

func prefixed(before string, names []string, after string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = before + n + after
	}
	return out
}

func errorsPage(codes []checks.Code, doors []checks.Door) string {
	var l lines
	l.add(`# Problem codes

Every refusal is ` + "`application/problem+json`" + ` (RFC 9457) with a stable ` + "`code`" + `: the field to act on. The sentence may change, the
code and its status do not. «anywhere» is a refusal of the door itself.

| code | status | meaning | where |
|---|---|---|---|`)
	by := map[string][]string{}
	for _, d := range doors {
		for _, code := range d.Refuses {
			by[code] = append(by[code], d.Name)
		}
	}
	for _, c := range codes {
		where := quoted(by[c.Code])
		if where == "" && slices.Contains(c.Where, "shared/platform/web") {
			where = "anywhere"
		}
		l.add("| `%s` | %d | %s | %s |", c.Code, statusOf(c), cell(c.Message), where)
	}
	return l.String()
}

// statusOf asks the door itself which status a code has.
func statusOf(c checks.Code) int {
	kind, ok := kinds[c.Kind]
	if !ok {
		return http.StatusInternalServerError
	}
	if c.Code == web.ErrMethodNotAllowed.Code {
		return http.StatusMethodNotAllowed // the router's own
	}
	out := httptest.NewRecorder()
	web.Fail(out, httptest.NewRequest(http.MethodGet, "/", nil), kind(c.Code, c.Message))
	var problem struct{ Status int }
	if err := json.Unmarshal(out.Body.Bytes(), &problem); err != nil {
		return out.Code
	}
	return problem.Status
}
