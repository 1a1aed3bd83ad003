// Package docs makes the documentation pages from the OpenAPI documents: what the reader sees is what the door checks. It
// stands apart from web, so that no template travels in a function that answers JSON.
package docs

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"sync"

	"giberno.ru/shared/platform/web"
)

var (
	//go:embed page.html
	pageText string
	//go:embed problems.html
	problemsText string
	//go:embed style.css
	style []byte

	pages = template.Must(template.Must(template.New("page").Parse(pageText)).New("problems").Parse(problemsText))
)

// Title is the name of the platform on its pages.
const Title = "Giberno"

// Endpoints are the pages of the given endpoints: /docs, /docs/{api}, /docs/problems, and their style sheet. The documents
// are read at the first request.
func Endpoints(endpoints ...web.Endpoint) []web.Endpoint {
	s := &site{read: sync.OnceValues(func() (map[string]document, error) { return readAll(endpoints) })}
	at := func(name, path string, h http.HandlerFunc) web.Endpoint {
		return web.Raw(web.Operation{Name: name, Method: http.MethodGet, Path: path, Caller: web.Nobody}, h)
	}
	return []web.Endpoint{
		at("docs-start", "/docs", s.start),
		at("docs-page", "/docs/{api}", s.page),
		at("docs-problems", "/docs/problems", s.problems),
		at("docs-style", "/docs/style.css", s.style),
	}
}

type site struct {
	read func() (map[string]document, error)
}

func readAll(endpoints []web.Endpoint) (map[string]document, error) {
	raw, err := web.Documents(web.Options{Title: Title, Version: "1"}, endpoints...)
	if err != nil {
		return nil, err
	}
	out := make(map[string]document, len(raw))
	for name, text := range raw {
		d, err := parse(name, text)
		if err != nil {
			return nil, err
		}
		out[name] = d
	}
	return out, nil
}

// start shows the main API, or the first there is.
func (s *site) start(w http.ResponseWriter, r *http.Request) { s.show(w, r, "") }

func (s *site) page(w http.ResponseWriter, r *http.Request) { s.show(w, r, r.PathValue("api")) }

func (s *site) show(w http.ResponseWriter, r *http.Request, name string) {
	all, err := s.read()
	if err != nil {
		web.Fail(w, r, err)
		return
	}
	names := namesOf(all)
	if name == "" && len(names) > 0 {
		name = names[0]
	}
	d, ok := all[name]
	if !ok {
		web.Fail(w, r, web.ErrNotFound)
		return
	}
	answer(w, r, "page", struct {
		Title string
		Names []string
		Doc   document
	}{Title, names, d})
}

// namesOf lists the APIs, the main one first.
func namesOf(all map[string]document) []string {
	names := slices.Sorted(maps.Keys(all))
	if i := slices.Index(names, web.MainAPI); i > 0 {
		names = append([]string{web.MainAPI}, slices.Delete(names, i, i+1)...)
	}
	return names
}

// refusal is one problem code with the calls that answer it.
type refusal struct {
	Code  string
	Calls []link
}

type link struct{ API, Name, Summary string }

// common are the codes that any call may answer; naming every call with them would tell nothing.
var common = []string{"forbidden_scope", "internal", "invalid_token", "rate_limited", "token_revoked", "validation_failed", "malformed_body", "body_too_large", "unsupported_media_type", "unavailable"}

func (s *site) problems(w http.ResponseWriter, r *http.Request) {
	all, err := s.read()
	if err != nil {
		web.Fail(w, r, err)
		return
	}
	byCode := map[string][]link{"not_found": nil, "method_not_allowed": nil, "malformed_query": nil, "unavailable": nil}
	for _, name := range namesOf(all) {
		for _, op := range all[name].Operations {
			for _, code := range op.Codes {
				if byCode[code] = append(byCode[code], link{name, op.Name, op.Summary}); slices.Contains(common, code) {
					byCode[code] = nil
				}
			}
		}
	}
	var list []refusal
	for _, code := range slices.Sorted(maps.Keys(byCode)) {
		list = append(list, refusal{code, byCode[code]})
	}
	answer(w, r, "problems", struct {
		Title    string
		Names    []string
		Refusals []refusal
	}{Title, namesOf(all), list})
}

var styleTag = func() string { sum := sha256.Sum256(style); return `"` + hex.EncodeToString(sum[:8]) + `"` }()

func (s *site) style(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/css; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("ETag", styleTag)
	if r.Header.Get("If-None-Match") == styleTag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(style)
}

// answer renders into memory first, so that half a page is never sent.
func answer(w http.ResponseWriter, r *http.Request, page string, data any) {
	var out bytes.Buffer
	if err := pages.ExecuteTemplate(&out, page, data); err != nil {
		web.Fail(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	_, _ = w.Write(out.Bytes())
}
