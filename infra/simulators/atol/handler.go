package atol

import "net/http"

// Handler serves everything: the API under /possystem, the pages for people, and the control calls for scripts. It expects
// paths without the prefix of BaseURL. A fault that breaks the connection is http.ErrAbortHandler, which whatever stands
// around this handler has to let through.
func (s *Service) Handler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("/possystem/", s.serveCall)
	forms := http.NewServeMux()
	forms.HandleFunc("GET /{$}", s.helpPage)
	forms.HandleFunc("GET /style.css", s.style)
	forms.HandleFunc("GET /receipt", s.receiptPage)
	forms.HandleFunc("GET /receipt/qr.svg", s.receiptQR)
	forms.HandleFunc("/", s.missing)
	for _, c := range controlCalls {
		forms.HandleFunc(c.Pattern, s.serveControl(c))
	}
	// Another site's page may not control; a script without a browser's headers may.
	m.Handle("/", http.NewCrossOriginProtection().Handler(forms))
	return m
}
