package tbank

import (
	"net/http"
	"strings"
)

// Handler serves everything: the API under /v2 and /cashbox, the pages for payers, the start page, and the control calls
// for scripts. It expects paths without the prefix of BaseURL. A fault that breaks the connection is http.ErrAbortHandler,
// which whatever stands around this handler has to let through.
func (b *Bank) Handler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("/v2/", func(w http.ResponseWriter, r *http.Request) {
		b.serveCall(strings.Trim(strings.TrimPrefix(r.URL.Path, "/v2/"), "/"), w, r)
	})
	closing := func(w http.ResponseWriter, r *http.Request) { b.serveCall("SendClosingReceipt", w, r) }
	m.HandleFunc("/cashbox/SendClosingReceipt", closing)
	m.HandleFunc("/cashbox/SendClosingReceipt/{$}", closing)
	forms := http.NewServeMux()
	forms.HandleFunc("GET /{$}", b.helpPage)
	forms.HandleFunc("GET /style.css", b.style)
	forms.HandleFunc("GET /pay/{page}", b.formPage)
	forms.HandleFunc("POST /pay/{page}/card", b.payCard)
	forms.HandleFunc("GET /pay/{page}/3ds", b.acsPage)
	forms.HandleFunc("POST /pay/{page}/3ds", b.enterCode)
	forms.HandleFunc("POST /pay/{page}/cancel", b.leave)
	forms.HandleFunc("GET /pay/{page}/sbp", b.sbpPage)
	forms.HandleFunc("GET /sbp", b.findApp)
	forms.HandleFunc("GET /sbp/{qr}", b.appPage)
	forms.HandleFunc("POST /sbp/{qr}", b.payApp)
	forms.HandleFunc("GET /receipt", b.receiptPage)
	forms.HandleFunc("GET /receipt/qr.svg", b.receiptQR)
	forms.HandleFunc("/", b.missing)
	for _, c := range controlCalls {
		forms.HandleFunc(c.Pattern, b.serveControl(c))
	}
	// Another site's page may neither pay nor control; a script without a browser's headers may.
	m.Handle("/", http.NewCrossOriginProtection().Handler(forms))
	return m
}

func (b *Bank) style(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, pageFiles, "page/style.css")
}

// helpPage is the start page: terminals, cards, magic amounts and control calls, all from the tables that the code runs on.
func (b *Bank) helpPage(w http.ResponseWriter, r *http.Request) {
	terminals := b.Terminals()
	data := struct {
		view
		Base      string
		Terminals []Terminal
		Magic     []magicAmount
		MagicOn   bool
		Control   []controlCall
		Outcomes  []string
	}{
		view: b.newView(r, nil, "simulator"), Base: b.baseURL(), Magic: magicAmounts, MagicOn: b.magic,
		Control: controlCalls, Outcomes: sortedKeys(outcomes),
	}
	for _, key := range sortedKeys(terminals) {
		data.Terminals = append(data.Terminals, terminals[key])
	}
	b.show(w, http.StatusOK, "help", data.Lang, data, nil)
}
