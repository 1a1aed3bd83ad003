package platform

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/platform/host"
)

//go:embed start.html start.css
var startFiles embed.FS

var startPage = sync.OnceValue(func() *template.Template {
	return template.Must(template.ParseFS(startFiles, "start.html"))
})

// mountDeveloper adds the start page, the simulators and the clock. They answer on loopback only, and no more once a live
// account exists.
func (p *Platform) mountDeveloper(mux *http.ServeMux) {
	inner := http.NewServeMux()
	inner.HandleFunc("GET /{$}", p.start)
	inner.HandleFunc("GET /start.css", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, startFiles, "start.css") })
	inner.HandleFunc("POST /demo/order", p.demoOrderPage)
	inner.HandleFunc("GET /demo/clock", p.showClock)
	inner.HandleFunc("POST /demo/clock", p.moveClock)
	inner.Handle("/sim/tbank/", http.StripPrefix("/sim/tbank", p.Bank.Handler()))
	inner.Handle("/sim/atol/", http.StripPrefix("/sim/atol", p.Fiscal.Handler()))
	if p.outbox != nil {
		inner.Handle("/dev/outbox/", http.StripPrefix("/dev/outbox", p.outbox.Handler()))
	}
	guarded := host.LoopbackOnly(p.untilLive(inner))
	for _, path := range []string{"/{$}", "/start.css", "/demo/", "/sim/", "/dev/"} {
		mux.Handle(path, guarded)
	}
}

// untilLive closes the developer's surface once real money can move.
func (p *Platform) untilLive(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		live, err := p.Identity.Accounts(r.Context(), ids.Live)
		if err != nil || len(live) > 0 {
			http.NotFound(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func (p *Platform) start(w http.ResponseWriter, r *http.Request) {
	var page bytes.Buffer
	err := startPage().Execute(&page, struct {
		Demo    Demo
		Now     string
		Shifted bool
	}{p.Demo, p.Clock.Now().Format("2006-01-02 15:04:05 UTC"), p.Clock.Offset() > 0})
	if err != nil {
		p.Log.ErrorContext(r.Context(), "start page", "error", err)
		http.Error(w, "the page cannot be drawn", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	_, _ = w.Write(page.Bytes())
}

// demoOrderPage makes one more order and leads to its link.
func (p *Platform) demoOrderPage(w http.ResponseWriter, r *http.Request) {
	if !sameOrigin(w, r) {
		return
	}
	o, err := p.NewDemoOrder(r.Context(), p.Demo.PartnerID)
	if err != nil {
		p.Log.ErrorContext(r.Context(), "demo order", "error", err)
		http.Error(w, "the order could not be made", http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/p/"+o.Link(), http.StatusSeeOther)
}

func sameOrigin(w http.ResponseWriter, r *http.Request) bool {
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		http.Error(w, "another site's page may not do this", http.StatusForbidden)
		return false
	}
	return true
}

func (p *Platform) showClock(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"now": p.Clock.Now().Format(time.RFC3339Nano), "ahead": p.Clock.Offset().String()})
}

// moveClock takes {"advance":"2h"} or a form with the same field, and lets both sides work off what became due.
func (p *Platform) moveClock(w http.ResponseWriter, r *http.Request) {
	if !sameOrigin(w, r) {
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4<<10))
	if err != nil {
		http.Error(w, "the body is too long", http.StatusRequestEntityTooLarge)
		return
	}
	// curl -d says that it sends a form, whatever it sends: the body itself tells.
	form := !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{"))
	var in struct {
		Advance string `json:"advance"`
	}
	if form {
		fields, _ := url.ParseQuery(string(raw))
		in.Advance = fields.Get("advance")
	} else {
		_ = json.Unmarshal(raw, &in)
	}
	step, err := time.ParseDuration(in.Advance)
	if err == nil {
		err = p.advance(step)
	}
	if err != nil {
		http.Error(w, `Send a step forward of at most 400 days, such as {"advance":"2h"}.`, http.StatusUnprocessableEntity)
		return
	}
	if err := p.Bank.Tick(r.Context()); err != nil {
		p.Log.ErrorContext(r.Context(), "the bank's tick", "error", err)
	}
	if form {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	p.showClock(w, r)
}
