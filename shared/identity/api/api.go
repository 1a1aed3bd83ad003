package api

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"sync"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/identity/store"
	"giberno.ru/shared/platform/web"
)

// Name is the OpenAPI document of these calls.
const Name = "admin"

// The scopes of operators' tokens.
const (
	ReadPartners   = "partners:read"
	WritePartners  = "partners:write"
	WriteTokens    = "tokens:write"
	ReadAccounts   = "accounts:read"
	WriteAccounts  = "accounts:write"
	ReadOperators  = "operators:read"
	WriteOperators = "operators:write"
)

// Checklist knows what a partner has already tried in test mode; wire gives it.
type Checklist interface {
	// Steps lists every step that has to be done before a partner may go live.
	Steps(ctx context.Context, partner ids.ID) ([]Step, error)
}

// Step is one line of a go-live checklist.
type Step struct {
	Code string `json:"code" doc:"What has to be done" example:"test_order_paid"`
	Done bool   `json:"done"`
}

// Config is what the calls need from their surroundings.
type Config struct {
	Store     *store.Store
	Clock     clock.Clock
	Random    io.Reader // cryptographic outside tests, safe for concurrent use
	Signer    page.Signer
	Checklist Checklist // nil: nobody goes live
	Providers []string  // the providers that accounts may have; empty: any
}

// API is the operators' calls.
type API struct{ Config }

// New makes the calls.
func New(c Config) *API { return &API{c} }

// Endpoints lists every call.
func (a *API) Endpoints() []web.Endpoint {
	return []web.Endpoint{
		a.CreatePartner(), a.GetPartner(), a.ChangePartner(), a.ListPartners(), a.ShowChecklist(), a.LetPartnerLive(),
		a.IssuePartnerToken(), a.ListPartnerTokens(), a.RevokeToken(),
		a.CreateOperator(), a.ListOperators(), a.IssueOperatorToken(), a.ListOperatorTokens(),
		a.CreateAccount(), a.GetAccount(), a.ChangeAccount(), a.ListAccounts(),
		a.GrantAccount(), a.UngrantAccount(), a.SwitchAccount(), a.RotatePassword(),
	}
}

// operation fills in what all operators' calls have in common.
func operation(name, method, path, scope, summary string, refuses ...string) web.Operation {
	op := web.Operation{
		Name: name, Method: method, Path: "/api/v1/admin" + path, Summary: summary, API: Name, Caller: web.Operator, Scope: scope, Refuses: refuses,
	}
	if method == http.MethodPost && len(name) > 7 && (name[:7] == "create-" || name[:6] == "issue-") {
		op.Status = http.StatusCreated
	}
	return op
}

// newID names a new object: after the caller's key where he sent one, so that a repeated call names the same object.
func (a *API) newID(ctx context.Context, operation string, parent ids.ID, key string) (ids.ID, error) {
	if key == "" {
		return ids.New(a.Random)
	}
	return nameOf(ctx, operation, parent, key), nil
}

func nameOf(ctx context.Context, operation string, parent ids.ID, key string) ids.ID {
	return ids.FromParts("identity", web.CallerOf(ctx).TokenID, operation, parent.String(), key)
}

// once is the zero Once for a call without a key.
func once(key string, body any, answer []byte) store.Once {
	if key == "" {
		return store.Once{}
	}
	return store.Once{Hash: web.BodyHash(body), Answer: answer}
}

// created answers a create: what was made, or, where the key had made it before, the first answer again.
func created[T any](answer, replay []byte) *web.Reply[web.Rendered[T]] {
	if replay != nil {
		return web.Again(http.StatusCreated, web.Rendered[T]{JSON: replay})
	}
	return web.Fresh(http.StatusCreated, web.Rendered[T]{JSON: answer})
}

type one[T any] struct{ Body T }

// Paging is mixed into the input of lists.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"Rows of a page"`
	Cursor string `query:"cursor" maxLength:"1024" doc:"next_cursor of the page before"`
}

// list reads one page: scope names the list, so that its cursors open no other one.
func list[R, T any](a *API, p Paging, scope string, read func(limit int, after string) ([]R, string, error), show func(R) T) (*one[page.List[T]], error) {
	after, err := a.Signer.Open(scope, p.Cursor)
	if err != nil {
		return nil, err
	}
	rows, next, err := read(p.Limit, after)
	if err != nil {
		return nil, err
	}
	out := page.List[T]{Items: make([]T, 0, len(rows))}
	for _, r := range rows {
		out.Items = append(out.Items, show(r))
	}
	if next != "" {
		out.NextCursor = a.Signer.Sign(scope, next)
	}
	return &one[page.List[T]]{out}, nil
}

// scopeForm is compiled on first use, for the sake of processes that never see a scope.
var scopeForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(\*|[a-z]{1,20}:(read|write))$`) })

// scopesOf checks the scopes that a new token is asked for; none is everything.
func scopesOf(asked []string) ([]string, error) {
	if len(asked) == 0 {
		return []string{web.EveryScope}, nil
	}
	for _, s := range asked {
		if !scopeForm().MatchString(s) {
			return nil, fault.Validation(fault.Field{Location: "body.scopes", Message: "expected * or scopes such as orders:write"})
		}
	}
	return asked, nil
}

func modeOf(word string) ids.Mode {
	if word == "live" {
		return ids.Live
	}
	return ids.Test
}

func wordOf(m ids.Mode) string {
	if m == ids.Live {
		return "live"
	}
	return "test"
}
