package api

import (
	"net/http"

	"giberno.ru/shared/platform/web"
)

// maxNotice bounds a notification, in bytes. A receipt of 100 long lines has some 120 KB; as a job it grows by a third, and
// a queue takes 256 KB.
const maxNotice = 160 << 10

// NotifyTBank serves POST /api/a2c/notifications: T-Bank's payment and receipt notifications. The answer is exactly OK
// (tbank.md §6), and only once the effect or the queued message is durable.
func (s *Service) NotifyTBank() web.Endpoint {
	return web.Raw(web.Operation{
		Name: "notify-tbank", Method: "POST", Path: "/api/a2c/notifications", Caller: web.Nobody,
		Summary: "Take a notification of T-Bank", MaxBody: maxNotice,
	}, s.notify("tbank"))
}

func (s *Service) notify(provider string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := web.ReadBody(r)
		if err == nil {
			err = s.Teller.Notice(r.Context(), provider, raw, r.Header)
		}
		if err != nil {
			web.Fail(w, r, err)
			return
		}
		contentType, answer := s.Teller.Answer(provider)
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(answer)
	})
}
