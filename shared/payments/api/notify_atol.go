package api

import (
	"net/http"

	"giberno.ru/shared/platform/web"
)

// maxFiscalNotice bounds a notice of the fiscal service, in bytes.
const maxFiscalNotice = 64 << 10

// NotifyATOL serves POST /api/atol/notifications: the fiscal service says that a receipt may be ready. Nobody signs that, so
// it only makes us ask (receipts.md §2.3); what could not be asked now is asked as the due key comes.
func (s *Service) NotifyATOL() web.Endpoint {
	return web.Raw(web.Operation{
		Name: "notify-atol", Method: "POST", Path: "/api/atol/notifications", Caller: web.Nobody,
		Summary: "Take a notification of the fiscal service", MaxBody: maxFiscalNotice,
	}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := web.ReadBody(r)
		if err == nil {
			err = s.Cashier.Notice(r.Context(), raw)
		}
		if err != nil {
			web.Fail(w, r, err)
			return
		}
		w.WriteHeader(http.StatusOK)
	}))
}
