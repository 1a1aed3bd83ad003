package outbox

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	netmail "net/mail"
	"strconv"
	"sync"

	"giberno.ru/shared/notify/mail/smtp"
	"giberno.ru/shared/platform/host"
)

//go:embed list.html letter.html outbox.css
var files embed.FS

var pages = sync.OnceValues(func() (*template.Template, error) { return template.ParseFS(files, "list.html", "letter.html") })

// Handler shows the letters below the folder it is mounted at, prefix stripped: «/» is the list, «/7» a letter, «/7/html» and
// «/7/letter.eml» its forms. It answers to this machine only, and nobody without a right to the machine can write to it:
// there is nothing to post. A letter's HTML comes as a document of its own that may run, load and open nothing.
func (b *Outbox) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { show(w, "list.html", b.Messages()) })
	mux.HandleFunc("GET /outbox.css", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, files, "outbox.css") })
	mux.HandleFunc("GET /{n}", b.letter(func(w http.ResponseWriter, k Kept) { show(w, "letter.html", k) }))
	mux.HandleFunc("GET /{n}/html", b.letter(showHTML))
	mux.HandleFunc("GET /{n}/letter.eml", b.letter(showFile))
	return host.LoopbackOnly(mux)
}

func (b *Outbox) letter(show func(http.ResponseWriter, Kept)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.PathValue("n"))
		k, ok := b.message(n)
		if err != nil || !ok {
			http.NotFound(w, r)
			return
		}
		show(w, k)
	}
}

func headers(h http.Header, kind, policy string) {
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
}

func show(w http.ResponseWriter, name string, data any) {
	all, err := pages()
	var page bytes.Buffer
	if err == nil {
		err = all.ExecuteTemplate(&page, name, data)
	}
	if err != nil {
		http.Error(w, "the page cannot be drawn", http.StatusInternalServerError)
		return
	}
	headers(w.Header(), "text/html; charset=utf-8",
		"default-src 'none'; style-src 'self'; img-src data:; frame-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'")
	_, _ = w.Write(page.Bytes())
}

// showHTML answers with the letter as its sender wrote it. The sandbox holds whoever opens it, within the frame or not.
func showHTML(w http.ResponseWriter, k Kept) {
	headers(w.Header(), "text/html; charset=utf-8",
		"sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'self'; base-uri 'none'")
	_, _ = w.Write([]byte(k.Message.HTML))
}

// showFile answers with the letter as it would have travelled, for a mail program.
func showFile(w http.ResponseWriter, k Kept) {
	letter, err := smtp.Letter(k.Message, netmail.Address{Name: "Outbox", Address: "outbox@localhost"}, k.At)
	if err != nil {
		http.Error(w, "the letter cannot be written", http.StatusInternalServerError)
		return
	}
	headers(w.Header(), "message/rfc822", "sandbox; default-src 'none'")
	w.Header().Set("Content-Disposition", `attachment; filename="letter.eml"`)
	_, _ = w.Write(letter)
}
