package pages

import (
	"errors"
	"net/http"
	"net/url"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/payments/pages/look"
	"giberno.ru/shared/platform/web"
)

// errCrossOrigin is a form that was sent from somebody else's page.
var errCrossOrigin = fault.Forbidden("cross_origin", "The form was not sent from our page.")

var errTooLarge = &fault.Fault{Kind: fault.KindTooLarge, Code: "body_too_large", Message: "The form is too large."}

// troublePage says what went wrong, and nothing of its inside.
type troublePage struct {
	T          Texts
	Head, Lead string
	Back       string // to the choice; "": there is none
}

func (v *visit) trouble(err error) {
	f := fault.As(web.Known(err))
	page, status := troublePage{T: v.t}, http.StatusInternalServerError
	switch f.Kind {
	case fault.KindNotFound:
		page.Head, page.Lead, status = v.t.NotFound(), v.t.NotFoundLead(), http.StatusNotFound
	case fault.KindForbidden:
		page.Head, page.Lead, page.Back, status = v.t.Refused(), v.t.RefusedLead(), v.back(), http.StatusForbidden
	case fault.KindTooLarge:
		page.Head, page.Lead, page.Back, status = v.t.Refused(), v.t.RefusedLead(), v.back(), http.StatusRequestEntityTooLarge
	default:
		page.Head, page.Lead, page.Back = v.t.Broken(), v.t.BrokenLead(), v.back()
		if f.Kind == fault.KindUnavailable {
			status = http.StatusServiceUnavailable
		}
		v.pages.Teller.Log.ErrorContext(v.r.Context(), "a page could not be shown", "order", v.order.Order.ID.String(), "code", f.Code, "error", err.Error())
	}
	if err := v.show(status, "trouble", look.Frame{Title: page.Head}, page, nil); err != nil {
		web.Fail(v.w, v.r, fault.Internal(err))
	}
}

func (v *visit) back() string {
	if v.link == "" {
		return ""
	}
	return v.at("")
}

// crossOrigin refuses a form that another page has sent. A browser too old to say where a form comes from, and which
// hides its origin because we ask for no referrer, is let through: it had to know the link, which is the authority.
func (p *Pages) crossOrigin(r *http.Request) error {
	p.once.Do(func() { p.guard = guardOf(p.BaseURL) })
	if r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "null" {
		return nil
	}
	if err := p.guard.Check(r); err != nil {
		return errCrossOrigin.Because(err)
	}
	return nil
}

func tooLarge(err error) bool {
	var limit *http.MaxBytesError
	return errors.As(err, &limit)
}

// guardOf trusts the origin of our own address, for a proxy may have changed the Host by which browsers know us. Of an
// address that is none, nothing is trusted, and the Host decides alone.
func guardOf(base string) *http.CrossOriginProtection {
	guard := http.NewCrossOriginProtection()
	if u, err := url.Parse(base); err == nil && u.Host != "" {
		_ = guard.AddTrustedOrigin(u.Scheme + "://" + u.Host)
	}
	return guard
}
