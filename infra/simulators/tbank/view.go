package tbank

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"
)

//go:embed page
var pageFiles embed.FS

// pages are the templates of each language.
var pages = map[string]*template.Template{"ru": parsePages("ru"), "en": parsePages("en")}

func parsePages(language string) *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"t":   func(key string) string { return phrase(language, key) },
		"rub": func(kopecks int64) string { return amountText(kopecks) + " ₽" },
	}).ParseFS(pageFiles, "page/*.html"))
}

// view is what every page shows.
type view struct {
	Lang, Title, Prefix string
	Query, Other        template.URL // language of this page, and of the same page in the other language
	Here                string       // path of the payment's form
	Refresh             bool
	P                   *Payment
	Failed              string // why the last attempt failed
	State, Mood, Back   string
	Card                string
	Cards               []TestCard
	SBP, Open           bool
	QR                  template.HTML
	Payload             string
}

func (b *Bank) newView(r *http.Request, p *Payment, title string) view {
	language := r.URL.Query().Get("lang")
	if language != "ru" && language != "en" {
		language = "ru"
		if p != nil && p.Language == "en" {
			language = "en"
		}
	}
	other := r.URL.Query()
	other.Set("lang", map[string]string{"ru": "en", "en": "ru"}[language])
	v := view{
		Lang: language, Title: phrase(language, title), Prefix: b.prefix(), P: p, Cards: TestCards,
		Query: template.URL("lang=" + language), Other: template.URL(other.Encode()),
	}
	if p != nil {
		v.Here = v.Prefix + "/pay/" + p.Page
		v.State, v.Mood = p.words(language)
		v.Back = p.back()
		if p.ErrorCode != "0" && p.unpaid() {
			v.Failed = p.Message
		}
	}
	return v
}

// words tells a person where the payment stands, and whether that is good.
func (p *Payment) words(language string) (text, mood string) {
	key, mood := "state_going", ""
	switch p.Status {
	case Confirmed:
		key, mood = "state_paid", "good"
	case Authorized, PartialReversed:
		key, mood = "state_held", "good"
	case Refunded, PartialRefunded, Reversed, AsyncRefunding, Refunding:
		key = "state_returned"
	case Canceled:
		key = "state_cancelled"
	case DeadlineExpired, AttemptsExpired:
		key, mood = "state_expired", "bad"
	case Rejected, AuthFail:
		key, mood = "state_rejected", "bad"
	}
	return phrase(language, key), mood
}

// back is the shop's address for a payer who is done here; "" when the shop named none.
func (p *Payment) back() string {
	if p.settled() {
		return p.SuccessURL
	}
	return p.FailURL
}

// show writes a page. Everything it needs comes from here; forms may lead on to the shop, whose origins are named because
// browsers hold redirects against form-action.
func (b *Bank) show(w http.ResponseWriter, status int, page string, language string, data any, p *Payment) {
	var text bytes.Buffer
	if err := pages[language].ExecuteTemplate(&text, page, data); err != nil {
		b.log.Error("a page cannot be written", "page", page, "error", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"+origins(p))
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(text.Bytes())
}

func origins(p *Payment) string {
	if p == nil {
		return ""
	}
	list := ""
	for _, address := range []string{p.SuccessURL, p.FailURL} {
		u, err := url.Parse(address)
		if err == nil && u.Host != "" && !strings.ContainsAny(u.Host, " ;,'\"") {
			list += " " + u.Scheme + "://" + u.Host
		}
	}
	return list
}

func (b *Bank) missing(w http.ResponseWriter, r *http.Request) {
	v := b.newView(r, nil, "missing")
	b.show(w, http.StatusNotFound, "missing", v.Lang, v, nil)
}

// onPage runs a step of the payment whose form the address names, and gives the payment as it then stands. A step that
// came too late — a second click, an old tab — changes nothing and shows the payment as it is. No step only looks.
func (b *Bank) onPage(w http.ResponseWriter, r *http.Request, find func(*state) string, step func(*change, *Payment) error) (*Payment, bool) {
	var id string
	b.store.look(func(s *state) { id = find(s) })
	var p Payment
	_, err := b.passTime()
	if step != nil && err == nil {
		p, err = b.onPayment(id, step)
	}
	if errors.Is(err, ErrNotAllowed) || step == nil && err == nil {
		p, err = b.Payment(id)
	}
	if errors.Is(err, ErrNoPayment) {
		b.missing(w, r)
		return nil, false
	}
	if err != nil {
		b.log.Error("a payer's step failed", "error", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return nil, false
	}
	return &p, true
}
