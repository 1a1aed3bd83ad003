package pages

import (
	"context"
	"embed"
	"html/template"
	"net/http"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/pages/look"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/platform/web"
)

// Pages serves the payer.
type Pages struct {
	Teller  *teller.Teller
	Clock   clock.Clock
	BaseURL string // of these pages, without a closing slash; forms from this origin are ours behind any proxy
	// Country tells where a visitor is, two capital letters of ISO 3166-1; "" or a nil func: unknown. A hint.
	Country func(*http.Request) string
	// Support tells how a payer reaches the shop: an e-mail address, a phone number, an https address or plain words; ""
	// or a nil func: unknown.
	Support func(context.Context, payments.Order) string

	once  sync.Once
	guard *http.CrossOriginProtection
}

const (
	kazakhstan = "KZ"
	maxForm    = 4 << 10 // bytes of the form of the choice; it has one short field
)

// Endpoints lists the pages and their stylesheet.
func (p *Pages) Endpoints() []web.Endpoint {
	return []web.Endpoint{
		p.page("show-choice", http.MethodGet, "/p/{link}", "The choice of a way to pay", p.choice),
		p.page("choose", http.MethodPost, "/p/{link}", "Open an attempt to pay and go to the bank", p.choose),
		p.page("show-wait", http.MethodGet, "/p/{link}/wait", "Where the payer waits for the bank", p.wait),
		p.page("show-result", http.MethodGet, "/p/{link}/result", "What became of the payment", p.result),
		p.page("show-receipt", http.MethodGet, "/r/{receipt}", "A fiscal receipt of the order", p.receipt),
		look.Endpoint(),
	}
}

func (p *Pages) page(name, method, path, summary string, show func(*visit) error) web.Endpoint {
	op := web.Operation{Name: name, Method: method, Path: path, Summary: summary, Caller: web.Nobody, MaxBody: maxForm}
	return web.Raw(op, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{pages: p, w: w, r: r, now: p.Clock.Now(), t: pickTexts(r.URL.Query().Get("lang"), "", r.Header.Get("Accept-Language"))}
		if p.Country != nil {
			v.country = p.Country(r)
		}
		err := v.open(linkOf(r))
		if err == nil {
			err = show(v)
		}
		if err != nil {
			v.trouble(err)
		}
	}))
}

// visit is one request of a payer, with the order that his link opens.
type visit struct {
	pages   *Pages
	w       http.ResponseWriter
	r       *http.Request
	now     time.Time
	t       Texts
	country string
	link    string
	order   payments.Whole
}

// open reads the order. What is no link at all, and what has a wrong secret, is the same «not found».
func (v *visit) open(link string) error {
	whole, err := v.pages.Teller.LoadLink(v.r.Context(), link)
	if err != nil {
		return err
	}
	v.link, v.order = link, whole
	v.t = pickTexts(v.r.URL.Query().Get("lang"), whole.Order.Locale, v.r.Header.Get("Accept-Language"))
	return nil
}

// linkOf is the order's link in the address of a page.
func linkOf(r *http.Request) string {
	if receipt := r.PathValue("receipt"); receipt != "" {
		return parseReceipt(receipt).link
	}
	return r.PathValue("link")
}

// at writes an address of this link.
func (v *visit) at(rest string, query ...string) string {
	return v.address("/p/"+v.link+rest, query...)
}

// address writes one of our addresses. The language that the payer chose himself travels along.
func (v *visit) address(path string, query ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(query); i += 2 {
		q.Set(query[i], query[i+1])
	}
	if _, chosen := textsOf(v.r.URL.Query().Get("lang")); chosen {
		q.Set("lang", v.t.Lang())
	}
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return path
}

// goTo sends the browser on with a GET.
func (v *visit) goTo(address string) error {
	http.Redirect(v.w, v.r, address, http.StatusSeeOther)
	return nil
}

var files = sync.OnceValues(func() (map[string]*template.Template, error) {
	return look.Parse(pageFiles, "page", "choice", "wait", "result", "receipt", "trouble")
})

//go:embed page/*.html
var pageFiles embed.FS

// show answers with a page.
func (v *visit) show(status int, name string, f look.Frame, content any, leadsTo []string) error {
	parsed, err := files()
	if err != nil {
		return fault.Internal(err)
	}
	f.Lang, f.Content = v.t.Lang(), content
	f.Footer, f.Choose, f.Languages = []string{v.t.Secure()}, v.t.Languages(), v.languages()
	if v.order.Order.Mode == ids.Test {
		f.Banner = v.t.TestMode()
	}
	if v.pages.Support != nil && v.link != "" {
		f.Contact = contactOf(v.t.Support(), v.pages.Support(v.r.Context(), v.order.Order))
	}
	return look.Write(v.w, status, parsed[name], f, leadsTo)
}

// languages lists the languages of this page. A page that was the answer to a form is asked for anew by its own address.
func (v *visit) languages() []look.Language {
	var list []look.Language
	for _, t := range catalogue {
		q := v.r.URL.Query()
		for name := range q {
			if name != "prepared" && name != "choose" {
				q.Del(name)
			}
		}
		q.Set("lang", t.Lang())
		list = append(list, look.Language{Tag: t.Lang(), Name: t.Name(), URL: v.r.URL.EscapedPath() + "?" + q.Encode(), Current: t.Lang() == v.t.Lang()})
	}
	return list
}

var phone = regexp.MustCompile(`^\+[0-9]{10,15}$`)

// contactOf makes a contact that can be followed, where the text is an address of a kind that we know.
func contactOf(label, text string) *look.Contact {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil
	}
	c := &look.Contact{Label: label, Text: text}
	if a, err := mail.ParseAddress(text); err == nil && a.Address == text {
		c.URL = template.URL((&url.URL{Scheme: "mailto", Opaque: url.PathEscape(text)}).String())
	} else if phone.MatchString(text) {
		c.URL = template.URL("tel:" + text)
	} else if u, err := url.Parse(text); err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil {
		c.URL = template.URL(u.String())
	}
	return c
}
