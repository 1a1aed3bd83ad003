package tbank

import (
	"net/http"
	"strings"
)

func byPage(r *http.Request) func(*state) string {
	return func(s *state) string { return s.byPage[r.PathValue("page")] }
}

func byQR(r *http.Request) func(*state) string {
	return func(s *state) string { return s.byQR[r.PathValue("qr")] }
}

// formPage shows the form, or where the payment stands when there is nothing to pay any more.
func (b *Bank) formPage(w http.ResponseWriter, r *http.Request) {
	p, ok := b.onPage(w, r, byPage(r), func(x *change, p *Payment) error { return x.show(p) })
	if !ok {
		return
	}
	v := b.newView(r, p, "pay_title")
	switch {
	case p.Status == Checking3DS:
		http.Redirect(w, r, v.Here+"/3ds?"+string(v.Query), http.StatusSeeOther)
	case p.unpaid() && p.QR != "" && p.Failures == 0 && !r.URL.Query().Has("card"):
		// The shop or the payer has chosen SBP already.
		http.Redirect(w, r, v.Here+"/sbp?"+string(v.Query), http.StatusSeeOther)
	case p.unpaid():
		v.Card = r.URL.Query().Get("card")
		if v.Card == "" {
			v.Card = TestCards[0].Pan
		}
		terminal := b.Terminals()[p.Terminal]
		v.SBP = !terminal.NoSBP && !p.TwoStage && p.Amount >= sbpLeast && p.Amount <= sbpMost
		b.show(w, http.StatusOK, "form", v.Lang, v, p)
	default:
		b.show(w, http.StatusOK, "done", v.Lang, v, p)
	}
}

func (b *Bank) payCard(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	month, year, _ := strings.Cut(strings.ReplaceAll(r.PostFormValue("exp"), " ", ""), "/")
	p, ok := b.onPage(w, r, byPage(r), func(x *change, p *Payment) error {
		card, end := readCard(r.PostFormValue("pan"), month, year, r.PostFormValue("cvv"), x.now)
		return x.attempt(p, try{method: "card", outcome: end, card: &card, why: "карта"})
	})
	if ok {
		b.onward(w, r, p)
	}
}

// onward sends the payer to where the attempt has led: the step of 3-D Secure, back to the form, or to the shop.
func (b *Bank) onward(w http.ResponseWriter, r *http.Request, p *Payment) {
	v := b.newView(r, p, "")
	to := v.Here + "?" + string(v.Query)
	if p.Status == Checking3DS {
		to = v.Here + "/3ds?" + string(v.Query)
	} else if !p.unpaid() && v.Back != "" {
		to = v.Back
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (b *Bank) acsPage(w http.ResponseWriter, r *http.Request) {
	p, ok := b.onPage(w, r, byPage(r), nil)
	if !ok {
		return
	}
	if p.Status != Checking3DS {
		b.onward(w, r, p)
		return
	}
	v := b.newView(r, p, "acs_title")
	b.show(w, http.StatusOK, "acs", v.Lang, v, p)
}

func (b *Bank) enterCode(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	code := strings.TrimSpace(r.PostFormValue("code"))
	if r.PostFormValue("step") == "refuse" {
		code = ""
	}
	p, ok := b.onPage(w, r, byPage(r), func(x *change, p *Payment) error {
		if p.Status != Checking3DS {
			return ErrNotAllowed
		}
		return x.enterCode(p, code, false)
	})
	if ok {
		b.onward(w, r, p)
	}
}

// leave is the payer who goes back without paying.
func (b *Bank) leave(w http.ResponseWriter, r *http.Request) {
	p, ok := b.onPage(w, r, byPage(r), func(x *change, p *Payment) error { return x.giveUp(p) })
	if !ok {
		return
	}
	if address := p.back(); address != "" {
		http.Redirect(w, r, address, http.StatusSeeOther)
		return
	}
	v := b.newView(r, p, "state_rejected")
	b.show(w, http.StatusOK, "done", v.Lang, v, p)
}
