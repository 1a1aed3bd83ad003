package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/platform/web/caller"
)

// DefaultMaxBody is the largest body of an operation that names no limit of its own, in bytes.
const DefaultMaxBody = 256 << 10

// Operation describes an endpoint to the router, to the door and to the reader of the OpenAPI document.
type Operation struct {
	Name        string // unique within its API: "create-order"
	Method      string // "" on a Raw endpoint takes every method
	Path        string // of net/http: "/api/v1/order/{uuid}"
	Summary     string
	Description string
	API         string     // the OpenAPI document it belongs to: "payments", "admin" …; "" keeps it out of all
	Caller      CallerKind // who may call; there is no default, so that nobody opens a door by forgetting
	Scope       string     // what the caller's token must be good for; "": any token of that kind
	Status      int        // of success; 0 is 200
	Refuses     []string   // problem codes of its own, for the document
	MaxBody     int64      // bytes; 0 is DefaultMaxBody
}

// Endpoint is one operation with its handler. Make it with Handle or Raw.
type Endpoint struct {
	Operation Operation
	body      bool         // a typed endpoint that reads a JSON body
	answer    reflect.Type // of the body of a typed endpoint's answer; nil: it has none
	mount     func(huma.API, huma.Operation)
	raw       http.Handler
}

// Handle makes a typed endpoint. I and O are structs as huma reads them: fields tagged path, query or header, and Body; a
// pointer Body is optional. Errors of f are faults; everything else is answered as internal.
func Handle[I, O any](op Operation, f func(ctx context.Context, in *I) (*O, error)) Endpoint {
	op = op.complete()
	if op.Method == "" {
		panic("web: " + op.Name + ": a typed endpoint needs a method")
	}
	in, body := reflect.TypeFor[I]().FieldByName("Body")
	var answer reflect.Type
	if out, ok := reflect.TypeFor[O]().FieldByName("Body"); ok && (!body || in.Type != out.Type) {
		answer = out.Type
	}
	return Endpoint{Operation: op, body: body, answer: answer, mount: func(api huma.API, described huma.Operation) {
		huma.Register(api, described, func(ctx context.Context, in *I) (*O, error) {
			out, err := f(ctx, in)
			if err != nil {
				return nil, refuse(ctx, err)
			}
			if reply, ok := any(out).(interface{ orStatus(int) }); ok && out != nil {
				reply.orStatus(op.Status)
			}
			return out, nil
		})
	}}
}

// Raw makes an endpoint of a plain handler: a webhook or a page. The body it reads is cut off at MaxBody; see ReadBody and
// Fail. With an empty API it stays out of every OpenAPI document.
func Raw(op Operation, h http.Handler) Endpoint {
	return Endpoint{Operation: op.complete(), raw: h}
}

func (op Operation) complete() Operation {
	switch {
	case op.Name == "" || op.Path == "":
		panic("web: an operation needs a name and a path")
	case op.Caller == caller.Unset:
		panic("web: " + op.Name + ": say who may call: Partner, Operator or Nobody")
	case op.Caller == Nobody && op.Scope != "":
		panic("web: " + op.Name + ": a scope needs a caller")
	}
	if op.Status == 0 {
		op.Status = http.StatusOK
	}
	if op.MaxBody == 0 {
		op.MaxBody = DefaultMaxBody
	}
	return op
}

// Options are what a server needs from its surroundings.
type Options struct {
	Auth    Authenticator // may be nil when no endpoint asks who is calling
	Clock   clock.Clock   // nil is the system's
	Random  io.Reader     // of request ids; safe for concurrent use; nil is crypto/rand
	Log     *slog.Logger  // nil is silence
	Title   string        // of the OpenAPI documents
	Version string
	Docs    bool // serve /openapi.json and /openapi/{api}.json
	Rate    Rate // per token
}
