package web

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
)

// MainAPI is the API whose document is also at /openapi.json.
const MainAPI = "payments"

// CodesKey and CallerKey are the names under which an operation of a document tells its problem codes and its caller.
const (
	CodesKey  = "x-problem-codes"
	CallerKey = "x-caller"
)

// CodesTitle begins the paragraph of a description that lists the problem codes.
const CodesTitle = "Problem codes:"

// documents holds one huma API, and so one registry of schemas, per OpenAPI document.
type documents struct {
	o    Options
	apis map[string]huma.API
	taps map[string]*tap
	// unread documents leave the shapes of answers out: nothing checks an answer against its shape, and to describe one takes
	// as long as everything else that a Lambda with one endpoint does when it starts.
	unread bool
}

// undescribed stands in for an answer in a document that nobody reads.
type undescribed struct{}

// tap is the router that huma sees: it keeps the handler of the operation registered last.
type tap struct{ last http.HandlerFunc }

func (t *tap) HandleFunc(_ string, h func(http.ResponseWriter, *http.Request)) { t.last = h }
func (t *tap) ServeHTTP(w http.ResponseWriter, r *http.Request)                { t.last(w, r) }

func newDocuments(o Options) *documents {
	return &documents{o: o, apis: map[string]huma.API{}, taps: map[string]*tap{}}
}

func (d *documents) api(name string) (huma.API, *tap) {
	if api, ok := d.apis[name]; ok {
		return api, d.taps[name]
	}
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	registry.RegisterTypeAlias(reflect.TypeFor[money.Quantity](), reflect.TypeFor[quantitySchema]())
	registry.RegisterTypeAlias(reflect.TypeFor[money.Currency](), reflect.TypeFor[currencySchema]())
	registry.RegisterTypeAlias(reflect.TypeFor[ids.ID](), reflect.TypeFor[idSchema]())
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: strings.TrimSpace(d.o.Title + " " + name), Version: d.o.Version},
			Components: &huma.Components{
				Schemas: registry,
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"token": {Type: "http", Scheme: "bearer", Description: "gb_test_… or gb_live_… of a partner, gb_ops_… of an operator"},
				},
			},
		},
		Formats:                      map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat}, // "json" is what huma looks up for problem+json
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
	}
	t := &tap{}
	api := humago.New(t, config)
	d.apis[name], d.taps[name] = api, t
	return api, t
}

// mount registers an endpoint and gives the handler that stands behind the door.
func (d *documents) mount(e Endpoint) http.Handler {
	if e.raw != nil {
		if e.Operation.API != "" {
			api, _ := d.api(e.Operation.API)
			described := describe(e.Operation)
			described.Responses = map[string]*huma.Response{"default": {Description: "See the description"}}
			api.OpenAPI().AddOperation(&described)
		}
		return e.raw
	}
	api, t := d.api(e.Operation.API)
	if d.unread && e.answer != nil {
		api.OpenAPI().Components.Schemas.RegisterTypeAlias(e.answer, reflect.TypeFor[undescribed]())
	}
	e.mount(api, describe(e.Operation))
	return t.last
}

// describe says what huma and the reader of the document need to know of an operation.
func describe(op Operation) huma.Operation {
	codes := slices.Clone(op.Refuses)
	statuses := []int{http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusTooManyRequests}
	described := huma.Operation{
		OperationID: op.Name, Method: op.Method, Path: op.Path, Summary: op.Summary, DefaultStatus: op.Status,
		Hidden:       op.API == "",
		MaxBodyBytes: op.MaxBody + 1, BodyReadTimeout: -1, // the door has read the body; these keep huma's own limits away
		Extensions: map[string]any{CallerKey: callerName[op.Caller]},
	}
	if op.Caller != Nobody {
		codes = append(codes, "invalid_token", "token_revoked", "forbidden_scope", "rate_limited")
		statuses = append(statuses, http.StatusUnauthorized, http.StatusForbidden)
		scopes := []string{}
		if op.Scope != "" {
			scopes = append(scopes, op.Scope)
		}
		described.Security = []map[string][]string{{"token": scopes}}
	}
	if op.Method != http.MethodGet {
		codes = append(codes, "malformed_body", "body_too_large", "unsupported_media_type")
		statuses = append(statuses, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if slices.Contains(op.Refuses, "bank_unavailable") {
		statuses = append(statuses, http.StatusBadGateway)
	}
	statuses = append(statuses, http.StatusServiceUnavailable)
	codes = append(codes, "validation_failed", "internal", ErrUnavailable.Code)
	slices.Sort(codes)
	codes = slices.Compact(codes)
	described.Errors = statuses
	described.Extensions[CodesKey] = codes
	described.Description = strings.TrimSpace(op.Description + "\n\n" + CodesTitle + " `" + strings.Join(codes, "`, `") + "`.")
	return described
}

var callerName = map[CallerKind]string{Nobody: "nobody", Partner: "partner", Operator: "operator"}

// endpoints are the addresses of the documents themselves.
func (d *documents) endpoints() []Endpoint {
	var list []Endpoint
	for name, api := range d.apis {
		if name == "" {
			continue
		}
		body := sync.OnceValues(func() ([]byte, error) { return json.Marshal(api.OpenAPI()) })
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			document, err := body()
			if err != nil {
				Fail(w, r, err)
				return
			}
			w.Header().Set("Content-Type", "application/openapi+json")
			w.Header().Set("Cache-Control", "public, max-age=300")
			_, _ = w.Write(document)
		})
		list = append(list, openapiAt("/openapi/"+name+".json", name, h))
		if name == MainAPI {
			list = append(list, openapiAt("/openapi.json", name, h))
		}
	}
	return list
}

func openapiAt(path, name string, h http.Handler) Endpoint {
	return Raw(Operation{Name: "openapi-" + name, Method: http.MethodGet, Path: path, Caller: Nobody}, h)
}

// Documents builds the OpenAPI document of every API that the endpoints belong to, by name, as JSON.
func Documents(o Options, endpoints ...Endpoint) (map[string][]byte, error) {
	d := newDocuments(o)
	for _, e := range endpoints {
		d.mount(e)
	}
	out := map[string][]byte{}
	for name, api := range d.apis {
		if name == "" {
			continue
		}
		body, err := json.Marshal(api.OpenAPI())
		if err != nil {
			return nil, err
		}
		out[name] = body
	}
	return out, nil
}
