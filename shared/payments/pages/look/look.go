package look

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"giberno.ru/shared/platform/web"
)

//go:embed look.css
var stylesheet []byte

//go:embed frame.html
var frame string

// Frame is what stands around the content of every page. Content is handed to the page's own template as it is.
type Frame struct {
	Lang       string // of the text: "ru", "kk", "en"
	Title      string
	Refresh    *Refresh // nil: the page stays as it is
	Banner     string   // across the top of the page; "": none
	Footer     []string // quiet sentences at the end
	Contact    *Contact // nil: nobody to ask
	Choose     string   // what the language switch is called
	Languages  []Language
	Wide       bool // two columns where there is room
	Stylesheet string
	Content    any
}

// Refresh makes the browser open an address by itself.
type Refresh struct {
	Seconds int
	URL     string
}

// Language is one entry of the switch.
type Language struct {
	Tag, Name, URL string
	Current        bool
}

// Contact is whom a reader can ask.
type Contact struct {
	Label, Text string
	URL         template.URL // "": the text is no address
}

// Stylesheet is the path of the stylesheet. It changes with its content, so that browsers may keep it for ever.
var Stylesheet = sync.OnceValue(func() string {
	sum := sha256.Sum256(stylesheet)
	return "/assets/pages/look." + hex.EncodeToString(sum[:6]) + ".css"
})

// Endpoint serves the stylesheet. A page of another version asks by another name; it gets today's, and does not keep it.
func Endpoint() web.Endpoint {
	op := web.Operation{
		Name: "page-assets", Method: http.MethodGet, Path: "/assets/pages/{file}", Caller: web.Nobody,
		Summary: "The stylesheet of the pages",
	}
	return web.Raw(op, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file := r.PathValue("file")
		if !strings.HasPrefix(file, "look.") || !strings.HasSuffix(file, ".css") {
			web.Fail(w, r, web.ErrNotFound)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/css; charset=utf-8")
		if r.URL.Path == Stylesheet() {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		_, _ = w.Write(stylesheet)
	}))
}

// Parse reads the templates of pages: page «x» is the file x.html of the folder, which defines "content". What several
// pages share is in the folder's parts.html.
func Parse(files fs.FS, folder string, names ...string) (map[string]*template.Template, error) {
	base, err := template.New("frame").Parse(frame)
	if err != nil {
		return nil, fmt.Errorf("look: the frame: %w", err)
	}
	pages := map[string]*template.Template{}
	for _, name := range names {
		page, err := base.Clone()
		if err != nil {
			return nil, fmt.Errorf("look: the frame: %w", err)
		}
		if page, err = page.ParseFS(files, folder+"/parts.html", folder+"/"+name+".html"); err != nil {
			return nil, fmt.Errorf("look: page %s: %w", name, err)
		}
		pages[name] = page
	}
	return pages, nil
}

// Write answers with a page. leadsTo are the origins that a form of the page may lead to beside our own. Nothing is
// written before the whole page could be made.
func Write(w http.ResponseWriter, status int, page *template.Template, f Frame, leadsTo []string) error {
	f.Stylesheet = Stylesheet()
	var text bytes.Buffer
	if err := page.ExecuteTemplate(&text, "frame", f); err != nil {
		return fmt.Errorf("look: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", f.Lang)
	Headers(h, leadsTo)
	w.WriteHeader(status)
	_, _ = w.Write(text.Bytes()) // the reader may be gone
	return nil
}

// Headers keeps a page to itself: no scripts, nothing from strangers, no frame around it, no trace of its address.
// Chromium holds the redirects that follow a form to form-action, so the origins they lead to are named.
func Headers(h http.Header, leadsTo []string) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'"+
		origins(leadsTo)+"; frame-ancestors 'none'; base-uri 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
}

// origins writes addresses as a policy lists them. What is no plain origin is left out: it would end the directive.
func origins(addresses []string) string {
	var list strings.Builder
	for _, address := range addresses {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || strings.ContainsAny(u.Host, " \t;,'\"*") {
			continue
		}
		list.WriteString(" " + u.Scheme + "://" + u.Host)
	}
	return list.String()
}
