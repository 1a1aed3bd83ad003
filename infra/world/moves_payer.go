package world

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"giberno.ru/infra/simulators/tbank"
)

// page asks for a page of ours as a browser does.
func (w *World) page(method, path, form string) (answer, bool) {
	req := request(method, path, form)
	if form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("Accept-Language", pick(w.dice, []string{"ru", "kk", "en"}))
	got, ok := w.ask(req)
	if ok {
		at := strings.Split(path, "/")
		name := method + " /p/{}"
		if len(at) > 3 {
			name += "/" + at[3]
		}
		name, _, _ = strings.Cut(name, "?")
		w.coverage.answer(name, got)
	}
	return got, ok
}

func openLink(w *World, a *actor) {
	if t, ok := w.recall(); ok {
		a.order = t.id
		w.page(http.MethodGet, t.path, "")
	}
}

// chooseMethod presses one of the buttons. Where the bank's page is ready, the payer is led there.
func chooseMethod(w *World, a *actor) {
	t, ok := w.recall()
	if !ok {
		return
	}
	a.order = t.id
	w.press(t, pick(w.dice, []string{"card", "card", "sbp", "card_foreign"}))
}

func (w *World) press(t *ticket, method string) {
	got, ok := w.page(http.MethodPost, t.path, "method="+method)
	if ok && got.status == http.StatusSeeOther {
		w.learnPage(t, got.header.Get("Location"), method == "sbp")
	}
}

// pressTwice is a payer who presses again because nothing seems to happen, the same button or another one.
func pressTwice(w *World, a *actor) {
	t, ok := w.recall()
	if !ok {
		return
	}
	a.order = t.id
	method := pick(w.dice, []string{"card", "sbp"})
	w.press(t, method)
	w.press(t, pick(w.dice, []string{method, "card", "sbp"}))
}

// learnPage finds the bank's payment behind an address that a payer was led to.
func (w *World) learnPage(t *ticket, address any, sbp bool) {
	text, _ := address.(string)
	if text == "" || strings.HasPrefix(text, "/") {
		return
	}
	for _, p := range w.whole(t).Payments {
		if p.PageURL == text || p.QR == text {
			t.pages = append(t.pages, bankPage{p.BankID, sbp})
			return
		}
	}
	w.fail("PageIsKnown", t.id, "the payer was led to %s, and no attempt has that page", text)
}

// The ends that a payer's attempt at the bank can have, with how often each is drawn.
var (
	cardEnds = []string{"success", "success", "success", "success", "success", "success", "insufficient_funds", "card_expired", "3ds", "authorized"}
	sbpEnds  = []string{"success", "success", "success", "success", "insufficient_funds"}
)

// cardOf3DS is a card whose bank asks for a code.
const cardOf3DS = "4249170392197566"

// payAtBank is a payer on a page of the bank: mostly on the one that he was led to last, sometimes on an older one.
func payAtBank(w *World, a *actor) {
	t, ok := w.ticketWithPages()
	if !ok {
		return
	}
	a.order = t.id
	page := w.payable(t)
	try := tbank.Attempt{Outcome: pick(w.dice, cardEnds), TryAgain: w.dice.oneIn(2)}
	if page.sbp {
		try = tbank.Attempt{Method: "sbp", Outcome: pick(w.dice, sbpEnds), TryAgain: w.dice.oneIn(2)}
	}
	if try.Outcome == "3ds" {
		try.Outcome, try.Code = "", pick(w.dice, []string{"1234", "1234", "0000", ""})
		try.Card = cardOf3DS
	}
	bank := w.banks[t.shop.mode].sim
	_, err := bank.Pay(context.Background(), page.payment, try)
	w.atBankSide(t, "pay "+cmp.Or(try.Method, "card")+" "+cmp.Or(try.Outcome, "3ds"), err)
}

// payable draws a page: mostly one that the bank still takes money on.
func (w *World) payable(t *ticket) bankPage {
	var open []bankPage
	for _, page := range t.pages {
		p, err := w.banks[t.shop.mode].sim.Payment(page.payment)
		if err == nil && (p.Status == tbank.Initial || p.Status == tbank.FormShowed || p.Status == tbank.AuthFail || p.Status == tbank.Checking3DS) {
			open = append(open, page)
		}
	}
	if len(open) == 0 || w.dice.oneIn(6) {
		return pick(w.dice, t.pages)
	}
	return pick(w.dice, open)
}

// ticketWithPages finds an order whose payer stands at the bank.
func (w *World) ticketWithPages() (*ticket, bool) {
	for range 8 {
		if t, ok := w.recall(); ok && len(t.pages) > 0 {
			return t, true
		}
	}
	return nil, false
}

func waitForBank(w *World, a *actor) {
	if t, ok := w.recall(); ok {
		a.order = t.id
		w.page(http.MethodGet, t.path+"/wait"+pick(w.dice, []string{"", "?prepared=1", "?n=3"}), "")
	}
}

func lookAtResult(w *World, a *actor) {
	if t, ok := w.recall(); ok {
		a.order = t.id
		w.page(http.MethodGet, t.path+"/result", "")
	}
}

// guessLink tries a link with a wrong secret, or in the wrong mode: there is nothing.
func guessLink(w *World, a *actor) {
	t, ok := w.recall()
	if !ok {
		return
	}
	a.order = t.id
	wrong := []byte(t.path)
	if last := len(wrong) - 5; wrong[last] == 'a' {
		wrong[last] = 'b'
	} else {
		wrong[last] = 'a'
	}
	if w.dice.oneIn(2) { // the first letter of a link is its mode
		wrong = []byte(t.path)
		wrong[len("/p/")] = "tl"[w.dice.IntN(2)]
		if string(wrong) == t.path {
			return
		}
	}
	if got, ok := w.page(http.MethodGet, string(wrong), ""); ok && got.status < 400 {
		w.fail("LinkIsTheAuthority", t.id, "a guessed link was answered with %d", got.status)
	}
}
