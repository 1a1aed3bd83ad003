package tbank

import (
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"net/url"
)

// sbpPage shows the QR and asks again by itself.
func (b *Bank) sbpPage(w http.ResponseWriter, r *http.Request) {
	p, ok := b.onPage(w, r, byPage(r), func(x *change, p *Payment) error { return x.openQR(p, x.old.terminals[p.Terminal]) })
	if !ok {
		return
	}
	if !p.unpaid() || p.QR == "" {
		b.onward(w, r, p)
		return
	}
	v := b.newView(r, p, "sbp_title")
	v.Payload, v.Refresh = sbpPayload(p.QR, p.Amount), true
	image, err := drawQR(v.Payload)
	if err != nil {
		b.log.Error("a QR cannot be drawn", "error", err)
	}
	v.QR = template.HTML(image) // drawn by us: numbers only
	b.show(w, http.StatusOK, "sbp", v.Lang, v, p)
}

// findApp opens the app for a payload that somebody scanned or pasted.
func (b *Bank) findApp(w http.ResponseWriter, r *http.Request) {
	address, ok := b.AppURL(r.URL.Query().Get("payload"))
	if !ok {
		b.missing(w, r)
		return
	}
	u, err := url.Parse(address)
	if err != nil {
		b.missing(w, r)
		return
	}
	http.Redirect(w, r, u.EscapedPath(), http.StatusSeeOther)
}

func (b *Bank) appPage(w http.ResponseWriter, r *http.Request) {
	p, ok := b.onPage(w, r, byQR(r), nil)
	if !ok {
		return
	}
	v := b.newView(r, p, "app_title")
	v.Open = p.unpaid()
	b.show(w, http.StatusOK, "app", v.Lang, v, p)
}

func (b *Bank) payApp(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	end := outcomes["sbp_refused"]
	if r.PostFormValue("step") == "confirm" {
		end = outcomes["success"]
	}
	p, ok := b.onPage(w, r, byQR(r), func(x *change, p *Payment) error {
		return x.attempt(p, try{method: "sbp", outcome: end, why: "приложение банка"})
	})
	if ok {
		v := b.newView(r, p, "")
		http.Redirect(w, r, v.Prefix+"/sbp/"+p.QR+"?"+string(v.Query), http.StatusSeeOther)
	}
}

// receiptPage shows a printed receipt.
func (b *Bank) receiptPage(w http.ResponseWriter, r *http.Request) {
	p, f, ok := b.findReceipt(r.URL.Query())
	if !ok {
		b.missing(w, r)
		return
	}
	data := struct {
		view
		F           FiscalReceipt
		Doc         wireReceipt
		Issued, FNS string
	}{view: b.newView(r, p, "receipt_title"), F: f, Issued: f.IssuedAt.In(moscow).Format("02.01.2006 15:04"), FNS: f.fns()}
	image, err := drawQR(data.FNS)
	if err = errors.Join(err, json.Unmarshal(f.Receipt, &data.Doc)); err != nil {
		b.log.Error("a receipt cannot be shown", "error", err)
	}
	data.QR = template.HTML(image) // drawn by us: numbers only
	b.show(w, http.StatusOK, "receipt", data.Lang, data, p)
}

func (b *Bank) receiptQR(w http.ResponseWriter, r *http.Request) {
	_, f, ok := b.findReceipt(r.URL.Query())
	if !ok {
		b.missing(w, r)
		return
	}
	image, err := drawQR(f.fns())
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	_, _ = w.Write([]byte(image))
}
