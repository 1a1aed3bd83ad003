package docs_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/platform/web"
	"giberno.ru/shared/platform/web/docs"
)

type item struct {
	Name     string         `json:"name" minLength:"1" maxLength:"128" doc:"What is <sold>" example:"Tom's lesson"`
	Price    money.Money    `json:"price"`
	Quantity money.Quantity `json:"quantity"`
	Again    []item         `json:"again,omitempty"`
}

type order struct {
	web.Idempotent
	Body struct {
		Email     string            `json:"email" format:"email" example:"buyer@example.com"`
		Items     []item            `json:"items" minItems:"1" maxItems:"100"`
		Locale    string            `json:"locale,omitempty" enum:"ru,kk,en"`
		ExpiresAt *time.Time        `json:"expires_at,omitempty"`
		Metadata  map[string]string `json:"metadata,omitempty"`
	}
}

type made struct {
	ID ids.ID `json:"uuid"`
}

func endpoints() []web.Endpoint {
	return []web.Endpoint{
		web.Handle(web.Operation{
			Name: "create-order", Method: "POST", Path: "/api/v1/order", API: "payments", Caller: web.Nobody, Status: 201,
			Summary: "Create an order", Description: "Send the `link` to the payer.\n\nIn <any> way.", Refuses: []string{"currency_mixed"},
		}, func(context.Context, *order) (*web.Reply[made], error) { return web.Fresh(0, made{}), nil }),
		web.Handle(web.Operation{Name: "get-order", Method: "GET", Path: "/api/v1/order/{uuid}", API: "payments", Caller: web.Partner, Scope: "orders:read", Summary: "Show an order", Refuses: []string{"order_not_found"}},
			func(context.Context, *struct {
				ID    ids.ID `path:"uuid" doc:"The order"`
				Limit int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
			}) (*struct{ Body made }, error) {
				return nil, nil
			}),
		web.Handle(web.Operation{Name: "revoke", Method: "POST", Path: "/api/v1/admin/revoke", API: "admin", Caller: web.Operator, Summary: "Revoke"},
			func(context.Context, *struct{}) (*struct{}, error) { return nil, nil }),
	}
}

type nobody struct{}

func (nobody) Authenticate(context.Context, string) (web.Caller, error) {
	return web.Caller{}, web.ErrInvalidToken
}

func server() http.Handler {
	list := endpoints()
	return web.NewServer(web.Options{Auth: nobody{}, Docs: true}, append(list, docs.Endpoints(list...)...)...)
}

func get(t *testing.T, path string) (*httptest.ResponseRecorder, *html.Node) {
	t.Helper()
	rec := httptest.NewRecorder()
	server().ServeHTTP(rec, httptest.NewRequest("GET", path, nil))
	tree, err := html.Parse(strings.NewReader(rec.Body.String()))
	require.NoError(t, err)
	return rec, tree
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// elements finds every element of a name.
func elements(tree *html.Node, name string) (list []*html.Node) {
	for n := range tree.Descendants() {
		if n.Type == html.ElementNode && n.Data == name {
			list = append(list, n)
		}
	}
	return list
}

func idsOf(t *testing.T, tree *html.Node) map[string]*html.Node {
	t.Helper()
	out := map[string]*html.Node{}
	for n := range tree.Descendants() {
		if id := attr(n, "id"); n.Type == html.ElementNode && id != "" {
			require.NotContains(t, out, id)
			out[id] = n
		}
	}
	return out
}

func TestPages(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/docs", "/docs/payments", "/docs/admin", "/docs/problems"} {
		t.Run(strings.ReplaceAll(path, "/", "_"), func(t *testing.T) {
			t.Parallel()
			rec, tree := get(t, path)
			require.Equal(t, 200, rec.Code, rec.Body.String())
			require.Equal(t, "text/html; charset=utf-8", rec.Header().Get("Content-Type"))
			require.NotContains(t, rec.Header().Get("Content-Security-Policy"), "unsafe")
			require.Contains(t, rec.Header().Get("Content-Security-Policy"), "default-src 'none'")
			require.Empty(t, elements(tree, "script"))
			require.Empty(t, elements(tree, "style"))
			require.Len(t, elements(tree, "h1"), 1)
			require.Len(t, elements(tree, "main"), 1)
			require.Equal(t, "en", attr(elements(tree, "html")[0], "lang"))
			known := idsOf(t, tree)
			for n := range tree.Descendants() {
				require.Empty(t, attr(n, "style"))
				for _, name := range []string{"href", "src"} {
					target := attr(n, name)
					require.NotContains(t, target, "//", "nothing comes from elsewhere")
					if anchor, here := strings.CutPrefix(target, "#"); here {
						require.Contains(t, known, anchor)
						continue
					}
					page, anchor, _ := strings.Cut(target, "#")
					if target == "" || strings.HasPrefix(page, path) && anchor == "" {
						continue
					}
					other, there := get(t, page)
					require.Equal(t, 200, other.Code, target)
					if anchor != "" {
						require.Contains(t, idsOf(t, there), anchor, target)
					}
				}
			}
		})
	}
	t.Run("ErrNotFound", func(t *testing.T) {
		t.Parallel()
		rec, _ := get(t, "/docs/treasury")
		require.Equal(t, 404, rec.Code)
		require.Equal(t, web.ProblemType, rec.Header().Get("Content-Type"))
	})
	t.Run("StyleIsKept", func(t *testing.T) {
		t.Parallel()
		rec, _ := get(t, "/docs/style.css")
		require.Equal(t, "text/css; charset=utf-8", rec.Header().Get("Content-Type"))
		r := httptest.NewRequest("GET", "/docs/style.css", nil)
		r.Header.Set("If-None-Match", rec.Header().Get("ETag"))
		again := httptest.NewRecorder()
		server().ServeHTTP(again, r)
		require.Equal(t, 304, again.Code)
	})
}

func TestOperationIsTold(t *testing.T) {
	t.Parallel()
	_, tree := get(t, "/docs/payments")
	known := idsOf(t, tree)
	create := text(known["create-order"])
	for _, want := range []string{
		"Create an order", "Send the link to the payer.", "In <any> way.", "Idempotency-Key", "list of object", "What is <sold> (at least 1 characters; at most 128 characters)",
		"one of RUB, KZT", "Above 0", "201 Created", "currency_mixed", "No token.", "One of ru, kk, en",
	} {
		require.Contains(t, create, want)
	}
	require.NotContains(t, create, "Problem codes:")
	show := text(known["get-order"])
	require.Contains(t, show, "With a partner's token. Scope: orders:read.")
	require.Contains(t, show, "default 20")
	require.Contains(t, show, `"$GIBERNO/api/v1/order/`)

	_, problems := get(t, "/docs/problems")
	require.Contains(t, text(problems), "order_not_found\nShow an order")
	require.Contains(t, idsOf(t, problems), "invalid_token")
}

// A reader pastes the example first: it has to be a request that the door lets in.
func TestExampleIsAccepted(t *testing.T) {
	t.Parallel()
	_, tree := get(t, "/docs/payments")
	section := idsOf(t, tree)["create-order"]
	code := text(elements(section, "pre")[0])
	_, body, ok := strings.Cut(code, "-d '")
	require.True(t, ok, code)
	body = strings.ReplaceAll(strings.TrimSuffix(body, "'"), `'\''`, "'")
	r := httptest.NewRequest("POST", "/api/v1/order", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", "create-order-1")
	rec := httptest.NewRecorder()
	server().ServeHTTP(rec, r)
	require.Equal(t, 201, rec.Code, rec.Body.String()+code)
	require.Contains(t, body, "Tom's lesson")
}
